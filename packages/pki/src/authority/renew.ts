import { HandfastError } from "@handfast/core";
import { dissectCertificate, isSignedBy, listExtensions } from "@handfast/core/certificates";
import type { Certificate } from "../certificate/read-certificates.ts";
import { authorityKeyId, encodeExtension } from "../certificate/write-extensions.ts";
import type { RenewOptions } from "./authority.ts";
import type { Issuing } from "./issuing.ts";
import { authorityValidity } from "./validity.ts";
import { writeAuthority } from "./write-authority.ts";

/** The certificate of the same authority anew, and those above it. */
export interface Renewed {
  readonly certificate: Certificate;
  readonly issuers: readonly Certificate[];
}

/** Renews a root by itself, an intermediate by its issuer. */
export async function renew(issuing: Issuing, { by, ...options }: RenewOptions): Promise<Renewed> {
  const { certificate, subject } = issuing;
  const { der, facts } = certificate;
  if (by === undefined) {
    if (!facts.selfIssued)
      throw unsuitable(facts.subject, `${facts.issuer} issued it; pass that authority as { by }`);
    const renewed = await writeAuthority(
      {
        issuer: subject,
        subject,
        publicKey: issuing.key.publicKey,
        validity: authorityValidity(options, issuing.clock.now()),
        // An authorityKeyIdentifier that names issuer and serial means the old certificate (RFC 5280, 4.2.1.1).
        extensions: listExtensions(der).map((extension) =>
          extension.oid === "2.5.29.35" ? authorityKeyId(issuing.keyId) : encodeExtension(extension),
        ),
      },
      { ...issuing, constrained: [] },
    );
    return { certificate: renewed, issuers: [] };
  }
  const { issuer } = dissectCertificate(der);
  if (Buffer.compare(issuer, dissectCertificate(by.certificate.der).subject) !== 0)
    throw unsuitable(
      facts.subject,
      `${facts.issuer} issued it, and { by } is ${by.certificate.facts.subject}; use crossSign for another issuer`,
    );
  if (!isSignedBy(certificate.facts, by.certificate.facts))
    throw unsuitable(
      facts.subject,
      `{ by } has the issuer's name, and its key did not sign the present certificate; use crossSign for another issuer`,
    );
  const renewed = await by.crossSign(der, options);
  return { certificate: renewed, issuers: [by.certificate, ...by.issuers] };
}

function unsuitable(subject: string, reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `renew authority failed [subject=${subject}]: ${reason}`,
  );
}
