import type { Certificate } from "../certificate/read-certificates.ts";
import type { CreateCrlOptions } from "../crl/create-crl.ts";
import type { Crl } from "../crl/read-crl.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import type { Leaf } from "./leaf.ts";

/** How a leaf is issued. */
export interface IssueOptions {
  /** @default 730, cut to the issuer's validity */
  readonly days?: number | undefined;
  /** Milliseconds since the epoch. @default now, by the authority's clock */
  readonly notBefore?: number | undefined;
  /** What it is for: extended key usage clientAuth or serverAuth. @default "client" */
  readonly profile?: "client" | "server" | undefined;
  /**
   * DNS names and IP addresses for subjectAltName.
   *
   * @default those that the request asks for in a server certificate, none in a client certificate
   */
  readonly dnsNames?: readonly string[] | undefined;
}

/** How a further authority is issued. */
export interface IssueAuthorityOptions {
  /** RFC 4514. */
  readonly subject: string;
  readonly key: KeyHandle;
  /** @default 1826, cut to the issuer's validity */
  readonly days?: number | undefined;
  /** Milliseconds since the epoch. @default now, by the authority's clock */
  readonly notBefore?: number | undefined;
  /** How many authorities may follow below it. @default 0 */
  readonly pathLength?: number | undefined;
}

/** A certificate authority: a CA certificate and the handle to its key. It keeps no record of what it issued. */
export interface Authority {
  readonly certificate: Certificate;
  /** Certificates from this one's issuer up to the root; empty for a root. */
  readonly issuers: readonly Certificate[];
  /** The trust entry of a spec, exactly: PEM of the root above this authority. */
  readonly trust: { readonly anchors: string };
  /**
   * Signs a request. Takes subject and key from it, checks its signature, and decides all extensions itself:
   * basicConstraints CA:FALSE, key usage, extended key usage by profile.
   *
   * @throws HandfastError `CERTIFICATE_UNREADABLE` or `CERTIFICATE_UNSUITABLE` saying what is wrong with the
   *   request, or that the authority's own validity is over
   */
  issue(csr: string, options?: IssueOptions): Promise<Leaf>;
  /** Issues an intermediate authority. */
  issueAuthority(options: IssueAuthorityOptions): Promise<Authority>;
  /** Signs a list of revoked certificates (RFC 5280, section 5), complete: a CRL replaces the one before. */
  createCrl(options: CreateCrlOptions): Promise<Crl>;
}
