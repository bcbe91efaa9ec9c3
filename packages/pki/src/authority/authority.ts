import type { KeyObject } from "node:crypto";
import type { Certificate, CertificateInput } from "../certificate/read-certificates.ts";
import type { CreateCrlOptions } from "../crl/crl-options.ts";
import type { Crl } from "../crl/read-crl.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import type { NameConstraints } from "../name/name-constraints.ts";
import type { Leaf } from "./leaf.ts";
import type { Profile } from "./profile.ts";
import type { ProfileName } from "./profiles.ts";

/** From when and how long a certificate is valid. */
export interface ValidityOptions {
  /**
   * Cut without a word to the validity of the issuer and of those above it: read `facts.notAfter` of what was issued.
   *
   * @default the profile's for a leaf, 1826 for an authority
   */
  readonly days?: number | undefined;
  /**
   * Milliseconds since the epoch.
   *
   * @default five minutes ago by the authority's clock, or a tenth of the days where that is less, since the clocks of
   *   those who check it may be behind
   */
  readonly notBefore?: number | undefined;
}

/** What all leaves of one kind have in common. */
export interface LeafOptions extends ValidityOptions {
  /** What it is for. @default "edge-client" */
  readonly profile?: ProfileName | Profile | undefined;
}

/** How a leaf is issued from a request. */
export interface IssueOptions extends LeafOptions {
  /**
   * DNS names, IP addresses, email addresses and URIs for subjectAltName, in place of those that the request asks for.
   * Each must be of a kind that the profile allows.
   *
   * @default those of the request that the profile allows
   */
  readonly names?: readonly string[] | undefined;
  /** RFC 4514, in place of the request's. @default the request's, with the attributes that the profile allows */
  readonly subject?: string | undefined;
}

/** A public key: SPKI as DER or PEM, or Node's own. DER is the fastest: the others are turned into it. */
export type PublicKeyInput = Uint8Array | string | KeyObject;

/** A leaf to be issued for a public key whose owner is known. */
export interface LeafRequest {
  readonly publicKey: PublicKeyInput;
  /** RFC 4514. @default empty; then subjectAltName is critical (RFC 5280, 4.2.1.6) */
  readonly subject?: string | undefined;
  /** DNS names, IP addresses, email addresses and URIs, of kinds that the profile allows; at most 1,000. @default none */
  readonly names?: readonly string[] | undefined;
}

/** How a further authority is issued. */
export interface IssueAuthorityOptions extends ValidityOptions {
  /** RFC 4514. */
  readonly subject: string;
  readonly key: KeyHandle;
  /** How many authorities may follow below it. @default 0 */
  readonly pathLength?: number | undefined;
  /** Names that it and those below it may certify. @default no limit of its own */
  readonly nameConstraints?: NameConstraints | undefined;
}

/** How another authority's certificate is signed. */
export interface CrossSignOptions extends ValidityOptions {
  /** @default that of the certificate, or 0 for a request; never more than that, or than this authority has room for */
  readonly pathLength?: number | undefined;
  /** Narrows those of the certificate: what both permit is permitted, what either excludes excluded. @default those */
  readonly nameConstraints?: NameConstraints | undefined;
}

/** How an authority gets a new certificate. */
export interface RenewOptions extends ValidityOptions {
  /** Who signs it: the issuer of an intermediate. @default the authority itself, which must be a root */
  readonly by?: Authority | undefined;
}

/** A certificate authority: a CA certificate and the handle to its key. It keeps no record of what it issued. */
export interface Authority {
  readonly certificate: Certificate;
  /** Certificates from this one's issuer up to the root; empty for a root. */
  readonly issuers: readonly Certificate[];
  /** The trust entry of a spec, exactly: PEM of the root above this authority. */
  readonly trust: { readonly anchors: string };
  /**
   * Signs a request, PEM or DER, after its signature was checked. The profile decides all extensions, and what of the
   * subject and the names may stay; `dropped` of the leaf says what did not.
   *
   * @throws HandfastError `CERTIFICATE_UNREADABLE` or `CERTIFICATE_UNSUITABLE` saying what is wrong with the
   *   request, or that the authority's own validity is over
   */
  issue(csr: string | Uint8Array, options?: IssueOptions): Promise<Leaf>;
  /**
   * Issues a leaf for a public key. Nobody proved to hold the private key; that is the caller's to know.
   *
   * @throws HandfastError `CERTIFICATE_UNSUITABLE` when key, subject, names or days are nothing to sign
   */
  issueFor(request: LeafRequest, options?: LeafOptions): Promise<Leaf>;
  /**
   * Issues many leaves of one kind, in the order given: as fast as the key signs, without a promise for each where it
   * has `signSync` (the event loop gets its turn every 10 ms), else 8 at a time. Stops with the error of the first
   * request that can't be signed; those before it were given out.
   *
   * @throws HandfastError as `issueFor`
   */
  issueMany(
    requests: Iterable<LeafRequest> | AsyncIterable<LeafRequest>,
    options?: LeafOptions,
  ): AsyncGenerator<Leaf, void, undefined>;
  /** Issues an intermediate authority. */
  issueAuthority(options: IssueAuthorityOptions): Promise<Authority>;
  /**
   * The same authority under a new certificate: same key, same subject, same key identifiers, new validity and serial.
   * What was issued under the old certificate verifies under the new one too, unless its authorityKeyIdentifier names the
   * old one's serial, as OpenSSL writes it with `authorityKeyIdentifier=issuer:always` (easy-rsa): such leaves stay bound
   * to the old certificate, so keep both as anchors until the last of them is over.
   *
   * @throws HandfastError `CERTIFICATE_UNSUITABLE` when an intermediate is not renewed `by` its issuer: the authority
   *   whose key signed the present certificate
   */
  renew(options?: RenewOptions): Promise<Authority>;
  /**
   * Signs another authority's certificate, or request: same key and subject, this issuer. Who trusts this authority's
   * root then reaches what the other one issued. What its certificate says of its own issuer (key identifier, CRL, OCSP,
   * policies) is left out.
   *
   * @throws HandfastError `CERTIFICATE_UNSUITABLE` when it is no CA, it is over, a self-issued one is not signed with its own
   *   key, or path length or name constraints leave nothing
   */
  crossSign(other: CertificateInput, options?: CrossSignOptions): Promise<Certificate>;
  /**
   * Signs a list of revoked certificates (RFC 5280, section 5), complete: a CRL replaces the one before.
   *
   * @throws HandfastError `CERTIFICATE_UNSUITABLE` when the list would forget an entry, an entry can't be written, or
   *   this authority's own validity is over
   */
  createCrl(options: CreateCrlOptions): Promise<Crl>;
}
