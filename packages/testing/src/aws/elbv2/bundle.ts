import { type BundleRules, readCaBundle } from "../ca-bundle.ts";
import { refuse } from "./refusals.ts";

/** Limits of a bundle (Quotas for your Application Load Balancers). */
export type BundleLimits = Pick<BundleRules, "certificates" | "certificateBytes" | "subjectBytes">;

/**
 * Reads a CA bundle as strictly as the service does (Mutual authentication with TLS in Application Load Balancer,
 * "Requirements for certificates").
 *
 * @returns the PEM of each certificate, with nothing around it
 * @throws AwsRefused InvalidCaCertificatesBundle
 */
export function readBundle(bytes: Uint8Array, limits: BundleLimits): readonly string[] {
  const read = readCaBundle(bytes, {
    ...limits,
    bundleBytes: Number.POSITIVE_INFINITY,
    isRsaSize: (bits) => bits >= 2048 && bits <= 8192,
    curves: ["prime256v1", "secp384r1", "secp521r1"],
  });
  if ("invalid" in read) {
    throw refuse("InvalidCaCertificatesBundle", `The CA certificates bundle is not valid: ${read.invalid}`);
  }
  return read.certificates;
}
