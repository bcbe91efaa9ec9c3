import type { Leaf } from "../authority/leaf.ts";

/** What is asked of an issuer with a request. What is left out the issuer decides. */
export interface IssueRequest {
  /** Whole days of validity. An issuer may give less. */
  readonly days?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whoever issues certificates for a spec: an authority of your own, or one that a team has already. What it gives are
 * entries of a spec, so that nothing else of a pipeline knows which it is.
 *
 * @example
 * ```ts
 * import { createCsr, type Issuer, type KeyHandle } from "@handfast/pki";
 *
 * export async function entriesOf(issuer: Issuer, key: KeyHandle) {
 *   const leaf = await issuer.issue(await createCsr({ subject: "CN=edge.example.com", key }));
 *   return { trust: { edge: await issuer.trust() }, identities: { edge: leaf.identity("edge-key") } };
 * }
 * ```
 */
export interface Issuer {
  /**
   * Has a request (PKCS#10, RFC 2986, PEM) certified. The key stays where it is.
   *
   * @throws HandfastError `CERTIFICATE_UNREADABLE` or `CERTIFICATE_UNSUITABLE` saying what is wrong with the request or
   *   with what came back, and what the issuer itself throws
   */
  issue(csr: string, request?: IssueRequest): Promise<Leaf>;
  /** The trust entry of a spec, exactly: PEM of the CA certificates by which its leaves are known. */
  trust(signal?: AbortSignal): Promise<{ readonly anchors: string }>;
}
