/** The text of what may be PEM; undefined for DER. */
export function textOf(input: string | Uint8Array): string | undefined {
  if (typeof input === "string") return input;
  return input[0] === 0x30 ? undefined : Buffer.from(input).toString("utf8");
}
