import { digestOf, HandfastError } from "@handfast/core";
import {
  type Certificate,
  type CertificateInput,
  type LocatedCertificate,
  readCertificates,
} from "../certificate/read-certificates.ts";

/** A set of CA certificates to trust, in the one form that every provider takes. */
export interface TrustBundle {
  /** LF line ends, no blank line, no comment, exactly one newline at the end (AWS, "Mutual authentication with TLS in Application Load Balancer"). */
  readonly pem: string;
  /** Digest of the set: of the sorted SHA-256 of each DER. Text, order and duplicates do not count. */
  readonly digest: string;
  /** Each once, sorted by SHA-256 of the DER. */
  readonly certificates: readonly Certificate[];
  /** The trust entry of a spec, exactly. */
  readonly trust: { readonly anchors: string };
}

/**
 * Makes the normalised bundle of CA certificates from whatever texts and DER they come in.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` for rubbish or nothing at all, `CERTIFICATE_UNSUITABLE` for a
 *   certificate that may not sign others; both name the certificate, counted from 1 over all inputs, and the line
 * @example
 * ```ts
 * import { makeTrustBundle } from "@handfast/pki";
 *
 * export function join(oldRoot: string, newRoot: string): { anchors: string } {
 *   return makeTrustBundle([oldRoot, newRoot]).trust;
 * }
 * ```
 */
export function makeTrustBundle(input: CertificateInput | readonly CertificateInput[]): TrustBundle {
  const inputs = typeof input === "string" || input instanceof Uint8Array ? [input] : input;
  if (inputs.length === 0)
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      "make trust bundle failed: there is no certificate; a bundle that trusts nobody refuses every client",
    );
  return bundleOf(inputs.flatMap((one) => readCertificates(one)));
}

/** The bundle of certificates that were read. */
export function bundleOf(found: readonly LocatedCertificate[]): TrustBundle {
  const unique = new Map<string, Certificate>();
  for (const [index, certificate] of found.entries()) {
    if (!certificate.facts.ca) throw refuseLeaf(certificate, index + 1);
    const { pem, der, sha256, facts } = certificate;
    unique.set(sha256, { pem, der, sha256, facts });
  }
  const certificates = [...unique.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const pem = certificates.map((certificate) => certificate.pem).join("");
  return {
    pem,
    digest: digestOf(certificates.map(({ sha256 }) => sha256)),
    certificates,
    trust: { anchors: pem },
  };
}

function refuseLeaf({ facts, line }: LocatedCertificate, number: number): HandfastError {
  const place = line === undefined ? `certificate=${number}` : `certificate=${number}, line=${line}`;
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `make trust bundle failed [${place}, subject=${facts.subject}]: it may not sign others, so nobody would be ` +
      "trusted through it; give the CA certificate that issued it",
    { line, facts: { certificate: number, sha256: facts.sha256 } },
  );
}
