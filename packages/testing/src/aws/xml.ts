/** What {@link renderXml} writes: a list becomes repeated elements; what is undefined is left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text as the content of an element. Characters that XML 1.0 has no place for become `?`. */
export function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML forbids
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "?")
      .replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
      .replaceAll("\r", "&#13;")
  );
}

/**
 * An element with everything in it.
 *
 * @param lists `member` wraps the items of a list in `<member>`, as AWS's Query protocol does; `flat` repeats the
 *   element itself, as S3 does.
 */
export function renderXml(name: string, value: XmlValue, lists: "member" | "flat"): string {
  if (value === undefined) return "";
  if (isList(value)) {
    if (lists === "flat") return value.map((item) => renderXml(name, item, lists)).join("");
    return wrap(name, value.map((item) => renderXml("member", item, lists)).join(""));
  }
  if (typeof value !== "object") return wrap(name, escapeXml(String(value)));
  return wrap(
    name,
    Object.entries(value)
      .map(([key, item]) => renderXml(key, item, lists))
      .join(""),
  );
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

function wrap(name: string, content: string): string {
  return content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`;
}
