import { HandfastError, type Secret, type WriteContext } from "@handfast/core";
import { readPemBundle, toCertificatePem } from "./read-pem-bundle.ts";
import type { Bundle } from "./state.ts";

/**
 * What is uploaded of a certificate: PEM of the leaf and its chain.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when it has expired: Cloudflare would take it, and no origin would
 */
export async function readUploadPem(
  adapter: string,
  { certificate, chain }: Bundle,
  context: WriteContext,
): Promise<string> {
  const ders = await Promise.all([certificate, ...chain].map((digest) => context.bytes(digest)));
  const pem = toCertificatePem(ders);
  const leaf = readPemBundle(pem);
  if (leaf !== undefined && leaf.notAfter > context.clock.now()) return pem;
  throw new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `upload certificate failed [certificate=${certificate.slice(0, 12)}]: it has expired; issue a new leaf and plan again`,
    { adapter },
  );
}

/** PEM of the key, with LF line ends. It is asked for at the moment of the call, and never kept. */
export async function readSecretPem(secret: Secret, context: WriteContext): Promise<string> {
  const pem = await context.secret(secret);
  return `${pem.replaceAll("\r", "").trim()}\n`;
}
