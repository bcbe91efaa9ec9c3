import { HandfastError } from "@handfast/core";
import { attributeType } from "@handfast/core/certificates";
import { oid, sequence, sequenceOf, setOfAll, text } from "../der/write-der.ts";
import { attributeTag, checkAttribute } from "./check-attribute.ts";
import { quoteText } from "./quote-text.ts";

/** DER of the types that most names are made of. */
const encodedTypes: ReadonlyMap<string, Uint8Array> = new Map(
  ["2.5.4.3", "2.5.4.6", "2.5.4.10", "2.5.4.11"].map((type) => [type, oid(type)]),
);

/**
 * A distinguished name from text after RFC 4514 (`CN=edge,O=Example,C=DE`; spaces after a comma do no harm) as
 * DER, the last RDN of the text first, so that formatting the DER gives the same text again. Values are held to the
 * string types and lengths of RFC 5280, appendix A.1, and to one line.
 *
 * @param types gets the OIDs of the attributes
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when the text is not such a name
 */
export function encodeName(name: string, types?: Set<string>): Uint8Array {
  const rdns: Uint8Array[] = [];
  let attributes: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const head = /^\s*([A-Za-z][A-Za-z0-9-]*|[0-2](?:\.\d+)+)\s*=/.exec(name.slice(at));
    const type = head?.[1] === undefined ? undefined : attributeType(head[1]);
    if (head === null || type === undefined)
      throw refuse(name, `no known attribute type at character ${at + 1}`);
    at += head[0].length;
    const { value, end } = readValue(name, at);
    types?.add(type);
    attributes.push(encodeAttribute(name, type, value));
    at = end + 1;
    if (name[end] === "+") continue;
    rdns.unshift(setOfAll(attributes));
    attributes = [];
    if (end >= name.length) return sequenceOf(rdns);
  }
}

/** Reads an attribute value up to an unescaped comma or plus. */
function readValue(name: string, start: number): { value: string; end: number } {
  const plain = /[^"#+,;<>\\]*/y;
  plain.lastIndex = start;
  const [whole = ""] = plain.exec(name) ?? [];
  const after = name[start + whole.length];
  const bare = whole.replace(/^ +| +$/g, "");
  if (bare !== "" && (after === undefined || after === "," || after === "+"))
    return { value: bare, end: start + whole.length };
  const octets: Buffer[] = [];
  let at = start;
  let keep = 0;
  while (name[at] === " ") at += 1;
  for (; at < name.length && name[at] !== "," && name[at] !== "+"; at += 1) {
    const char = String.fromCodePoint(name.codePointAt(at) ?? 0);
    if (char === "\\") {
      const hex = /^[0-9A-Fa-f]{2}/.exec(name.slice(at + 1))?.[0];
      const escaped = name[at + 1];
      if (hex === undefined && (escaped === undefined || !/[ "#+,;<=>\\]/.test(escaped)))
        throw refuse(name, `a backslash at character ${at + 1} escapes nothing`);
      octets.push(hex === undefined ? Buffer.from(escaped ?? "") : Buffer.from(hex, "hex"));
      at += hex === undefined ? 1 : 2;
      keep = octets.length;
    } else {
      if (/["#;<>]/.test(char) && (char !== "#" || octets.length === 0))
        throw refuse(name, `${char} at character ${at + 1} needs a backslash before it`);
      octets.push(Buffer.from(char));
      at += char.length - 1;
      if (char !== " ") keep = octets.length;
    }
  }
  if (keep === 0) throw refuse(name, `the value at character ${start + 1} is empty`);
  return { value: Buffer.concat(octets.slice(0, keep)).toString("utf8"), end: at };
}

function encodeAttribute(name: string, type: string, value: string): Uint8Array {
  const reason = checkAttribute(type, value);
  if (reason !== undefined) throw refuse(name, reason);
  return sequence(encodedTypes.get(type) ?? oid(type), text(attributeTag(type), value));
}

function refuse(name: string, reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `encode subject failed [subject=${quoteText(name)}]: ${reason}; write it like "CN=edge.example.com,O=Example,C=DE"`,
  );
}
