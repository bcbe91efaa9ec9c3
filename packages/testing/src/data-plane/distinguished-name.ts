import { contentHex, type DerElement, readElements } from "./der.ts";

/** Short names of attribute types, by the hex of their object identifier (RFC 4519; emailAddress: RFC 2985). */
const shortNames: Readonly<Record<string, string>> = {
  "550403": "CN",
  "550404": "SN",
  "550405": "serialNumber",
  "550406": "C",
  "550407": "L",
  "550408": "ST",
  "550409": "street",
  "55040a": "O",
  "55040b": "OU",
  "55040c": "title",
  "55042a": "GN",
  "2a864886f70d010901": "emailAddress",
  "0992268993f22c640101": "UID",
  "0992268993f22c640119": "DC",
};

/** UTF8String, NumericString, PrintableString, T61String, IA5String, VisibleString, BMPString. */
const stringTags = new Set([0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a, 0x1e]);

/**
 * A Name as the string of RFC 2253: last part first, `,` between parts, `+` inside a part with several values.
 * Bytes outside printable ASCII are written `\XX`, as `openssl x509 -nameopt RFC2253` does.
 */
export function renderName(der: Buffer, name: DerElement): string {
  return renderParts(der, name).reverse().join(",");
}

/** A Name in the order of its encoding, `, ` between parts; each part as in RFC 2253. */
export function renderNameAsEncoded(der: Buffer, name: DerElement): string {
  return renderParts(der, name).join(", ");
}

function renderParts(der: Buffer, name: DerElement): string[] {
  return readElements(der, name).map((part) =>
    readElements(der, part)
      .map((attribute) => renderAttribute(der, attribute))
      .join("+"),
  );
}

function renderAttribute(der: Buffer, attribute: DerElement): string {
  const [type, value] = readElements(der, attribute);
  if (type === undefined || value === undefined)
    throw new RangeError("DER name has an attribute without a value");
  const name = shortNames[contentHex(der, type)];
  if (name === undefined || !stringTags.has(value.tag)) {
    const known = name ?? dotted(der.subarray(type.content, type.end));
    return `${known}=#${der.toString("hex", value.start, value.end).toUpperCase()}`;
  }
  return `${name}=${escapeValue(utf8(der, value))}`;
}

function utf8(der: Buffer, value: DerElement): Buffer {
  const bytes = der.subarray(value.content, value.end);
  if (value.tag === 0x1e) return Buffer.from(Buffer.from(bytes).swap16().toString("utf16le"));
  if (value.tag === 0x14) return Buffer.from(bytes.toString("latin1"));
  return bytes;
}

function escapeValue(bytes: Buffer): string {
  let text = "";
  bytes.forEach((byte, index) => {
    const character = String.fromCharCode(byte);
    const edge = index === 0 ? "# " : index === bytes.length - 1 ? " " : "";
    if (byte < 0x20 || byte > 0x7e) text += `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    else if (',+"\\<>;'.includes(character) || edge.includes(character)) text += `\\${character}`;
    else text += character;
  });
  return text;
}

function dotted(bytes: Buffer): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of bytes) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(value);
    value = 0;
  }
  const first = arcs[0] ?? 0;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...arcs.slice(1)].join(".");
}
