import { HandfastError } from "@handfast/core";
import { type Certificate, certificateFromDer } from "../certificate/read-certificates.ts";
import { authorityKeyId, basicConstraints, keyUsage, subjectKeyId } from "../certificate/write-extensions.ts";
import { encodeNameConstraints, type NameConstraints } from "../name/name-constraints.ts";
import { checkConstraints } from "./check-constraints.ts";
import { checkPublicKey } from "./check-public-key.ts";
import type { Issuing } from "./issuing.ts";
import { makeSerial } from "./make-serial.ts";
import { signDer } from "./sign-der.ts";
import type { Validity } from "./validity.ts";
import { writeCertificate } from "./write-certificate.ts";

/** What goes into a CA certificate. */
export interface AuthorityContent {
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** SPKI DER of the new authority. */
  readonly publicKey: Uint8Array;
  readonly validity: Validity;
  /** DER. */
  readonly extensions: readonly Uint8Array[];
}

/** Signs a CA certificate with the issuer's key. */
export async function writeAuthority(
  content: AuthorityContent,
  issuer: Pick<Issuing, "key" | "random" | "constrained">,
): Promise<Certificate> {
  checkPublicKey(content.publicKey);
  const serial = makeSerial(issuer.random);
  const unsigned = writeCertificate({ ...content, serial }, issuer.key);
  checkConstraints(unsigned, "authority", issuer);
  return certificateFromDer(await signDer(unsigned, issuer.key));
}

/** What the extensions of a new authority say. */
export interface AuthorityLimits {
  readonly subjectKeyId: Uint8Array;
  readonly authorityKeyId: Uint8Array;
  readonly pathLength: number | undefined;
  readonly nameConstraints: NameConstraints | undefined;
}

/** The extensions of a CA (RFC 5280, 4.2.1): what it may do is critical. */
export function authorityExtensions(limits: AuthorityLimits): readonly Uint8Array[] {
  const { pathLength, nameConstraints } = limits;
  checkPathLength(pathLength);
  return [
    basicConstraints(true, pathLength),
    keyUsage(["keyCertSign", "cRLSign"]),
    ...(nameConstraints === undefined ? [] : [encodeNameConstraints(nameConstraints)]),
    subjectKeyId(limits.subjectKeyId),
    authorityKeyId(limits.authorityKeyId),
  ];
}

/** @throws HandfastError `CERTIFICATE_UNSUITABLE` when it is no small whole number */
export function checkPathLength(pathLength: number | undefined): void {
  if (pathLength !== undefined && !(Number.isInteger(pathLength) && pathLength >= 0 && pathLength < 128))
    throw new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      `issue authority failed [pathLength=${pathLength}]: it is no number of authorities; give 0 to 127, or leave it out`,
    );
}
