import fc from "fast-check";

/** An attribute of a distinguished name: its short name, its type as DER contents in hex, its string type. */
interface Attribute {
  readonly name: string;
  readonly type: string;
  readonly tag: number;
  readonly value: string;
}

/** A name as a list of single-valued RDNs, first one first. */
export type Name = readonly Attribute[];

const types = [
  ["CN", "550403"],
  ["O", "55040a"],
  ["OU", "55040b"],
  ["L", "550407"],
  ["emailAddress", "2a864886f70d010901"],
  ["1.3.6.1.4.1.99999.1", "2b06010401868d1f01"],
] as const;

const anyCharacter = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(..."abcXYZ019 ") },
  { weight: 2, arbitrary: fc.constantFrom(...",+\"\\<>;=#/.-_@&'") },
  { weight: 1, arbitrary: fc.constantFrom(..."éÜßαЖ名漢") },
);

/** Names as CAs have them, with all that a spelling has to escape. */
export const names: fc.Arbitrary<Name> = fc.array(
  fc
    .record({
      type: fc.constantFrom(...types),
      value: fc.array(anyCharacter, { minLength: 1, maxLength: 12 }).map((all) => all.join("").trim() || "x"),
      tag: fc.constantFrom(0x0c, 0x0c, 0x1e, 0x13),
    })
    .map(({ type: [name, type], value, tag }) => ({
      name,
      type,
      value,
      tag: tag === 0x13 && !/^[ -~]*$/.test(value) ? 0x0c : tag,
    })),
  { minLength: 1, maxLength: 4 },
);

/** A name of one attribute, or two. */
export function nameOf(commonName: string, organization?: string): Name {
  const organized =
    organization === undefined ? [] : [{ name: "O", type: "55040a", tag: 0x0c, value: organization }];
  return [...organized, { name: "CN", type: "550403", tag: 0x0c, value: commonName }];
}

/** DER of a name, in hex. */
export function toDer(name: Name): string {
  return element(
    0x30,
    name.map(({ type, tag, value }) =>
      element(0x31, [element(0x30, [element(0x06, [type]), element(tag, [encode(tag, value)])])]),
    ),
  );
}

function encode(tag: number, value: string): string {
  return tag === 0x1e
    ? Buffer.from(value, "utf16le").swap16().toString("hex")
    : Buffer.from(value, "utf8").toString("hex");
}

/** One element of DER, in hex. */
export function element(tag: number, contents: readonly string[]): string {
  const content = contents.join("");
  const length = content.length / 2;
  const octets =
    length < 0x80
      ? byte(length)
      : length < 0x100
        ? `81${byte(length)}`
        : `82${byte(length >> 8)}${byte(length & 0xff)}`;
  return byte(tag) + octets + content;
}

function byte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** Ways in which programs write a name down. */
export const spellings: Readonly<Record<string, (name: Name) => string>> = {
  "RFC 4514": (name) => joined([...name].reverse(), ",", escape4514),
  "RFC 2253 of OpenSSL, in hex pairs": (name) => joined([...name].reverse(), ",", hexPairs),
  "as encoded, spaces between": (name) => joined(name, ", ", escape4514),
  "spaces around the sign": (name) => name.map((one) => `${one.name} = ${escape4514(one.value)}`).join(", "),
  "one to a line": (name) => joined(name, "\n", escape4514),
  "upper case": (name) =>
    joined([...name].reverse(), ",", (value) =>
      escape4514(value.replace(/[a-z]/g, (letter) => letter.toUpperCase())),
    ),
  "in quotes (RFC 1779)": (name) =>
    joined([...name].reverse(), ", ", (value) => `"${value.replaceAll(/[\\"]/g, "\\$&")}"`),
  "DER for every value": (name) =>
    [...name]
      .reverse()
      .map((one) => `${one.name}=#${element(one.tag, [encode(one.tag, one.value)])}`)
      .join(","),
  "other attribute names": (name) => name.map(({ value }) => `OID.2.5.4.3=${escape4514(value)}`).join(";"),
};

function joined(name: Name, separator: string, write: (value: string) => string): string {
  return name.map((one) => `${one.name}=${write(one.value)}`).join(separator);
}

function escape4514(value: string): string {
  return value
    .replace(/[\\"+,;<>]/g, "\\$&")
    .replace(/^[ #]/, "\\$&")
    .replace(/ $/, "\\ ");
}

function hexPairs(value: string): string {
  return escape4514(value).replace(/[^ -~]+/gu, (text) =>
    [...Buffer.from(text)].map((octet) => `\\${byte(octet).toUpperCase()}`).join(""),
  );
}
