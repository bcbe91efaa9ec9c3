import { HandfastError } from "@handfast/core";
import {
  canonicalName,
  child,
  children,
  dissectCertificate,
  isSignedBy,
  listExtensions,
  publicKeyBits,
  readWholeDer,
} from "@handfast/core/certificates";
import {
  type Certificate,
  type CertificateInput,
  readCertificates,
} from "../certificate/read-certificates.ts";
import {
  authorityKeyId,
  basicConstraints,
  encodeExtension,
  subjectKeyId,
} from "../certificate/write-extensions.ts";
import { filterName } from "../name/filter-name.ts";
import { intersectConstraints } from "../name/intersect-constraints.ts";
import { nameConstraintsValue, wrapNameConstraints } from "../name/name-constraints.ts";
import type { CrossSignOptions } from "./authority.ts";
import type { Issuing } from "./issuing.ts";
import { keyId } from "./key-id.ts";
import { readCsr } from "./read-csr.ts";
import { authorityValidity } from "./validity.ts";
import { authorityExtensions, checkPathLength, writeAuthority } from "./write-authority.ts";

/** Extensions that speak of a certificate's issuer, not of its subject (RFC 5280, 4.2.1 and 4.2.2). */
const ofTheIssuer: ReadonlySet<string> = new Set([
  "2.5.29.35",
  "2.5.29.18",
  "2.5.29.31",
  "2.5.29.46",
  "2.5.29.32",
  "2.5.29.33",
  "2.5.29.36",
  "2.5.29.54",
  "1.3.6.1.5.5.7.1.1",
]);

/** Another authority, as its certificate or request shows it. */
interface OtherAuthority {
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

/** Signs another authority's certificate or request: same key and subject, this issuer. */
export async function crossSign(
  other: CertificateInput,
  options: CrossSignOptions,
  issuing: Issuing,
): Promise<Certificate> {
  const validity = authorityValidity(options, issuing.clock.now(), issuing.limits.validity);
  checkPathLength(options.pathLength);
  const ours = authorityKeyId(issuing.keyId);
  const { subject, publicKey, extensions } = isRequest(other)
    ? fromRequest(other, options, issuing)
    : fromCertificate(other, options, issuing);
  return writeAuthority(
    { issuer: issuing.subject, subject, publicKey, validity, extensions: [...extensions, ours] },
    issuing,
  );
}

function isRequest(input: CertificateInput): boolean {
  if (typeof input === "string") return /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/.test(input);
  if (input[0] !== 0x30) return isRequest(Buffer.from(input).toString("latin1"));
  try {
    // A request begins with its version, a certificate with its own in a tag, or with a serial and no name.
    const info = children(child(children(readWholeDer(input)), 0));
    return info[0]?.tag === 0x02 && info[3]?.tag !== 0x30;
  } catch {
    return false;
  }
}

function fromRequest(input: CertificateInput, options: CrossSignOptions, issuing: Issuing): OtherAuthority {
  const { subject, publicKey } = readCsr(input);
  // Read for its faults only: a CA's name must stay as it is.
  if (filterName(subject, () => true).types.size === 0)
    throw unsuitable(issuing, "the request has no subject, and a CA needs one; make it again");
  const limits = {
    subjectKeyId: keyId(publicKey.bits, issuing.keyIdentifiers),
    authorityKeyId: issuing.keyId,
    pathLength: within(options.pathLength ?? 0, subject, issuing),
    nameConstraints: options.nameConstraints,
  };
  return { subject, publicKey: publicKey.der, extensions: authorityExtensions(limits).slice(0, -1) };
}

function fromCertificate(
  input: CertificateInput,
  options: CrossSignOptions,
  issuing: Issuing,
): OtherAuthority {
  const [certificate, more] = readCertificates(input);
  if (certificate === undefined || more !== undefined)
    throw unsuitable(issuing, "the text holds more than one certificate; give the one to be signed");
  const { facts, der } = certificate;
  if (!facts.ca)
    throw unsuitable(issuing, `${facts.subject} may not sign others, so it is no CA; give the CA's own`);
  const { subject, publicKey, issuer } = dissectCertificate(der);
  const renewed =
    Buffer.compare(issuer, issuing.subject) === 0 && isSignedBy(certificate.facts, issuing.certificate.facts);
  // A changed name would make a root look like an intermediate; its key identifiers still say whose key signed it.
  const claimsOwnKey = facts.selfIssued || (facts.aki !== undefined && facts.aki === facts.ski);
  if (claimsOwnKey && !renewed && !isSignedBy(certificate.facts, certificate.facts))
    throw unsuitable(
      issuing,
      `${facts.subject} names itself or its key as issuer, and that key did not make the signature: the certificate was changed, or is not the root's own`,
    );
  if (!renewed && facts.notAfter <= issuing.clock.now())
    throw unsuitable(
      issuing,
      `${facts.subject} was valid until ${new Date(facts.notAfter).toISOString()}; ask for its current certificate`,
    );
  const pathLength = within(narrower(options.pathLength, facts.pathLength), subject, issuing);
  const extensionsOf = listExtensions(der);
  const left = new Map(
    extensionsOf
      .filter(({ oid }) => oid !== "2.5.29.35" && (renewed || !ofTheIssuer.has(oid)))
      .map((extension) => [extension.oid, encodeExtension(extension)]),
  );
  left.set("2.5.29.19", basicConstraints(true, pathLength));
  if (options.nameConstraints !== undefined) {
    const asked = nameConstraintsValue(options.nameConstraints);
    const own = extensionsOf.find(({ oid }) => oid === "2.5.29.30")?.value;
    left.set("2.5.29.30", wrapNameConstraints(own === undefined ? asked : intersectConstraints(own, asked)));
  }
  if (!left.has("2.5.29.14"))
    left.set("2.5.29.14", subjectKeyId(keyId(publicKeyBits(publicKey), issuing.keyIdentifiers)));
  return { subject, publicKey, extensions: [...left.values()] };
}

function narrower(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/**
 * A path length that this authority and those above it have room for: what they leave, less one for the other itself,
 * unless it has this authority's name (RFC 5280, 4.2.1.9: what is self-issued does not count).
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when they may have no authority below them
 */
function within(
  pathLength: number | undefined,
  subject: Uint8Array,
  { certificate, subject: issuer, limits: { room } }: Issuing,
): number | undefined {
  if (room === undefined) return pathLength;
  const most = canonicalName(subject) === canonicalName(issuer) ? room : room - 1;
  if (most < 0)
    throw unsuitable(
      { certificate },
      "its path length, or that of a CA above it, has no room for an authority below it",
    );
  return Math.min(pathLength ?? most, most);
}

function unsuitable({ certificate }: Pick<Issuing, "certificate">, reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `cross-sign failed [issuer=${certificate.facts.subject}]: ${reason}`,
  );
}
