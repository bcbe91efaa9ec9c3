import { type Digest, HandfastError, type PemLabel, readPem, sha256, toPem } from "@handfast/core";

/**
 * PEM text of some DER, the same for the same set: sorted by digest, each once, no blank line, one newline at the end
 * (what the user guide page "Mutual authentication with TLS in Application Load Balancer" allows).
 */
export function composePem(ders: readonly Uint8Array[], label: PemLabel): string {
  const byDigest = new Map(ders.map((der) => [sha256(der), der]));
  return [...byDigest]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, der]) => toPem(der, label))
    .join("");
}

/**
 * The DER of every block of what a service handed out, by digest.
 *
 * @param where what was read, for the error
 * @throws HandfastError `REMOTE_UNEXPECTED` when there is no such block: a store's content always has one
 */
export function dissectPem(text: string, label: PemLabel, where: string): ReadonlyMap<Digest, Uint8Array> {
  try {
    return new Map(readPem(text, label, where).map((der) => [sha256(der), der]));
  } catch (cause) {
    throw new HandfastError(
      "REMOTE_UNEXPECTED",
      `read ${where} failed: what the service handed out is not PEM of ${label} alone; look at it in the console`,
      { object: where },
      { cause },
    );
  }
}
