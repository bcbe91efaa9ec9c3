/** Short names of attribute types: RFC 4514, section 3, and the others that certificates carry in practice. */
const shortNames: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.6", "C"],
  ["2.5.4.9", "STREET"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  ["2.5.4.5", "serialNumber"],
  ["2.5.4.4", "SN"],
  ["2.5.4.42", "GN"],
  ["2.5.4.12", "title"],
  ["2.5.4.97", "organizationIdentifier"],
  ["1.2.840.113549.1.9.1", "emailAddress"],
]);

const types: ReadonlyMap<string, string> = new Map(
  [...shortNames].map(([type, name]) => [name.toLowerCase(), type]),
);

/** The short name of an attribute type, or its dotted form. */
export function attributeName(type: string): string {
  return shortNames.get(type) ?? type;
}

/** The dotted form of an attribute type, from a short name in any case or from the dotted form itself. */
export function attributeType(name: string): string | undefined {
  return /^[0-2](\.\d+)+$/.test(name) ? name : types.get(name.toLowerCase());
}
