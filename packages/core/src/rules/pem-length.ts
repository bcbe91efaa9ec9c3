/** How many bytes some DER takes as a PEM block, LF line ends. */
export function pemLength(der: Uint8Array, label = "CERTIFICATE"): number {
  const base64 = Math.ceil(der.byteLength / 3) * 4;
  const marks = `-----BEGIN ${label}-----\n-----END ${label}-----\n`.length;
  return base64 + Math.ceil(base64 / 64) + marks;
}
