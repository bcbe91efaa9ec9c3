import { HandfastError, isHandfastError, isIssuedBy } from "@handfast/core";
import { makeTrustBundle, type TrustBundle } from "../../bundle/make-trust-bundle.ts";
import type { Certificate } from "../../certificate/read-certificates.ts";

/** The CA's bundle, told apart. */
export interface CaBundle {
  readonly bundle: TrustBundle;
  readonly roots: readonly Certificate[];
  /** CA certificates that are no roots. */
  readonly intermediates: readonly Certificate[];
}

/** Which roots it may hold, and when it is looked at. */
export interface BundleLimits {
  /** SHA-256 of the DER, hex with or without colons; any when undefined. */
  readonly roots: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** `bundle=s3://…`, for errors. */
  readonly place: string;
}

/**
 * Judges what lies in the bucket as the bundle: who writes there decides whom every verifier trusts. All of it must be CA
 * certificates, each below a root of the bundle, one root valid now, and no root but those that were named.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`, `CERTIFICATE_UNSUITABLE`
 */
export function readBundle(bytes: Uint8Array, { roots: known, now, place }: BundleLimits): CaBundle {
  const bundle = parse(bytes, place);
  const roots = bundle.certificates.filter((one) => isIssuedBy(one.facts, one.facts));
  const refuse = (reason: string): HandfastError =>
    new HandfastError("CERTIFICATE_UNSUITABLE", `read CA bundle failed [${place}]: ${reason}`);
  const pins = known?.map((digest) => digest.replaceAll(":", "").toLowerCase());
  const stranger = pins && roots.find(({ sha256 }) => !pins.includes(sha256));
  if (stranger !== undefined)
    throw refuse(
      `it holds the root ${stranger.facts.subject} with SHA-256 ${stranger.sha256}, which is none of those named in roots; find out who wrote it before anything trusts it`,
    );
  if (!roots.some(({ facts }) => facts.notBefore <= now && now <= facts.notAfter))
    throw refuse("it holds no root that is valid now; run the CA's Step Function, or renew the CA");
  const intermediates = bundle.certificates.filter((one) => !roots.includes(one));
  const orphan = intermediates.find((one) => !isBelow(one, roots, intermediates));
  if (orphan !== undefined)
    throw refuse(
      `${orphan.facts.subject} was issued by none of its roots; find out who wrote it before anything trusts it`,
    );
  return { bundle, roots, intermediates };
}

function parse(bytes: Uint8Array, place: string): TrustBundle {
  try {
    return makeTrustBundle(bytes);
  } catch (cause) {
    if (!isHandfastError(cause)) throw cause;
    const message = `read CA bundle failed [${place}]: ${cause.message}`;
    throw new HandfastError(cause.code, message, cause.details, { cause });
  }
}

function isBelow(
  certificate: Certificate,
  roots: readonly Certificate[],
  others: readonly Certificate[],
): boolean {
  if (roots.some((root) => isIssuedBy(certificate.facts, root.facts))) return true;
  const left = others.filter((one) => one !== certificate);
  return left.some((one) => isIssuedBy(certificate.facts, one.facts) && isBelow(one, roots, left));
}
