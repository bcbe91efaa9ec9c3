/** Bits of key usage (RFC 5280, 4.2.1.3), in their order. */
export const keyUsages = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

/** What a key may be used for (RFC 5280, 4.2.1.3). */
export type KeyUsage = (typeof keyUsages)[number];
