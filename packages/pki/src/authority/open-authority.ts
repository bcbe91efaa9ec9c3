import { type Clock, HandfastError, isIssuedBy, systemClock } from "@handfast/core";
import { isSignedBy } from "@handfast/core/certificates";
import { type CertificateInput, readCertificates } from "../certificate/read-certificates.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import type { Authority } from "./authority.ts";
import { buildAuthority } from "./build-authority.ts";
import type { KeyIdentifierMethod } from "./key-id.ts";
import { drawRandomBytes, type RandomBytes } from "./make-serial.ts";

/** What an authority is opened from. */
export interface OpenAuthorityOptions {
  /** The CA certificate; for an intermediate followed by its issuers up to the root, the nearest first. */
  readonly certificate: CertificateInput;
  readonly key: KeyHandle;
  /**
   * Says that every verifier takes an intermediate for an anchor, as CloudFront does and `openssl verify -partial_chain`:
   * then `certificate` may end below the root, and `trust` is the last one of it.
   *
   * @default false: `certificate` goes up to the root, or verifiers would refuse what the authority issues
   */
  readonly partialChain?: boolean | undefined;
  /** How key identifiers of what it issues are made. @default "rfc5280" */
  readonly keyIdentifiers?: KeyIdentifierMethod | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** @default crypto.randomBytes */
  readonly random?: RandomBytes | undefined;
}

/**
 * Opens an authority that exists: its certificate, and the handle to its key.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`; `CERTIFICATE_UNSUITABLE` when the certificate may not sign
 *   others, was not issued by the one that follows it, or does not go up to a root; `KEY_MISMATCH` when the key is not the certificate's
 * @example
 * ```ts
 * import { type Authority, openAuthority, readKey } from "@handfast/pki";
 *
 * export function open(certificate: string, key: string, passphrase: string): Authority {
 *   return openAuthority({ certificate, key: readKey(key, { passphrase }) });
 * }
 * ```
 */
export function openAuthority(options: OpenAuthorityOptions): Authority {
  const { key, keyIdentifiers = "rfc5280", clock = systemClock, random = drawRandomBytes() } = options;
  const path = readCertificates(options.certificate);
  const [certificate, ...issuers] = path;
  if (certificate === undefined) throw new TypeError("openAuthority: no certificate");
  for (const [index, { facts }] of path.entries()) {
    const above = path[index + 1];
    if (!facts.ca)
      throw unsuitable(
        facts.subject,
        "it may not sign others (basicConstraints or key usage); give the CA's own",
      );
    if (above !== undefined && !isIssuedBy(facts, above.facts))
      throw unsuitable(
        facts.subject,
        `${above.facts.subject}, which follows, did not issue it; mend the order`,
      );
  }
  const top = path.at(-1) ?? certificate;
  if (options.partialChain !== true && !(top.facts.selfIssued && isSignedBy(top.facts, top.facts)))
    throw unsuitable(
      certificate.facts.subject,
      `${top.facts.subject} is no root, so most verifiers would refuse what it issues; append its issuers, up to the root ` +
        "(or say partialChain: true where all verifiers take intermediates as anchors)",
    );
  if (certificate.facts.spki !== key.spki)
    throw new HandfastError(
      "KEY_MISMATCH",
      `open authority failed [subject=${certificate.facts.subject}]: the key belongs to another certificate; ` +
        "give the key that the CA was made with",
      { facts: { certificateSpki: certificate.facts.spki, keySpki: key.spki } },
    );
  return buildAuthority(certificate, issuers, { key, clock, random, keyIdentifiers });
}

function unsuitable(subject: string, reason: string): HandfastError {
  return new HandfastError("CERTIFICATE_UNSUITABLE", `open authority failed [subject=${subject}]: ${reason}`);
}
