/** One block of PEM: lines of 64 characters, LF, one newline at the end (RFC 7468, section 3). */
export function writeBlock(der: Uint8Array, label: string): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
