import { isHandfastError, readCertificate, readPem, toPem } from "@handfast/core";
import type { Bundle } from "./state.ts";

/** A certificate as a store gives it back, read. */
export interface ReadBundle extends Bundle {
  /** DER of the leaf and its chain, in order. */
  readonly ders: readonly Uint8Array[];
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/**
 * Reads leaf and chain from PEM; undefined when it holds no certificate. Line ends and what stands around the
 * blocks do not count: Cloudflare's text differs from what was sent.
 */
export function readPemBundle(pem: string | undefined): ReadBundle | undefined {
  try {
    const found = readPem(pem ?? "", "CERTIFICATE", "certificate").map(readCertificate);
    const [leaf, ...chain] = found;
    if (leaf === undefined) return undefined;
    return {
      certificate: leaf.sha256,
      chain: chain.map(({ sha256 }) => sha256),
      ders: found.map(({ der }) => der),
      subject: leaf.subject,
      notAfter: leaf.notAfter,
    };
  } catch (error) {
    if (isHandfastError(error)) return undefined;
    throw error;
  }
}

/** Certificates as one PEM text: LF line ends, one newline at the end. */
export function toCertificatePem(ders: readonly Uint8Array[]): string {
  return ders.map((der) => toPem(der, "CERTIFICATE")).join("");
}
