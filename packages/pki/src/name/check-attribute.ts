/** What one attribute of a distinguished name may hold, and the string type that it is written in. */
interface AttributeRule {
  /** Most characters (RFC 5280, appendix A.1; RFC 4524). */
  readonly most: number;
  /** @default 0x0c, UTF8String */
  readonly tag?: number;
}

const rules: ReadonlyMap<string, AttributeRule> = new Map([
  ["2.5.4.3", { most: 64 }],
  ["2.5.4.4", { most: 32_768 }],
  ["2.5.4.42", { most: 32_768 }],
  ["2.5.4.5", { most: 64, tag: 0x13 }],
  ["2.5.4.6", { most: 2, tag: 0x13 }],
  ["2.5.4.7", { most: 128 }],
  ["2.5.4.8", { most: 128 }],
  ["2.5.4.9", { most: 128 }],
  ["2.5.4.10", { most: 64 }],
  ["2.5.4.11", { most: 64 }],
  ["2.5.4.12", { most: 64 }],
  ["0.9.2342.19200300.100.1.1", { most: 256 }],
  ["0.9.2342.19200300.100.1.25", { most: 63, tag: 0x16 }],
  ["1.2.840.113549.1.9.1", { most: 255, tag: 0x16 }],
]);

/** The string type of an attribute: 0x0c UTF8String, 0x13 PrintableString, 0x16 IA5String. */
export function attributeTag(type: string): number {
  return rules.get(type)?.tag ?? 0x0c;
}

/** Why an attribute can't have this value, or undefined. */
export function checkAttribute(type: string, value: string): string | undefined {
  if (value === "") return "a value is empty";
  if (/\p{Cc}/u.test(value)) return "a value holds a line end or another control character";
  if (!value.isWellFormed() || value.includes("\ufffd")) return "a value is not valid text";
  if (type === "2.5.4.6" && !/^[A-Za-z]{2}$/.test(value)) return "C is a country code of two letters";
  const { most = 32_768, tag = 0x0c } = rules.get(type) ?? {};
  if (value.length > most && [...value].length > most)
    return `a value of ${[...value].length} characters is longer than the ${most} that its attribute may have`;
  // X.680, 41.4
  if (tag === 0x13 && !/^[A-Za-z0-9 '()+,./:=?-]*$/.test(value))
    return "a value holds characters that PrintableString has not";
  if (tag === 0x16 && !/^[\x20-\x7e]*$/.test(value)) return "a value holds characters beyond ASCII";
  return undefined;
}
