import type { Authority, IssueOptions } from "../authority/authority.ts";
import type { Issuer } from "./issuer.ts";

/**
 * An {@link Issuer} around an authority of your own: what a pipeline takes where it should not know where certificates
 * come from.
 *
 * @param options how each leaf is issued, unless the request says otherwise
 * @example
 * ```ts
 * import { createAuthority, createCsr, generateKey, localIssuer } from "@handfast/pki";
 *
 * const root = await createAuthority({
 *   subject: "CN=Edge Root,O=Example",
 *   key: await generateKey({ type: "ec", curve: "P-256" }),
 * });
 * const issuer = localIssuer(root, { days: 90 });
 * const key = await generateKey({ type: "ec", curve: "P-256" });
 * const leaf = await issuer.issue(await createCsr({ subject: "CN=shop.example.com", key }));
 *
 * export const trust = { edge: await issuer.trust() };
 * export const identities = { edge: leaf.identity("edge-key") };
 * ```
 */
export function localIssuer(authority: Authority, options: IssueOptions = {}): Issuer {
  return {
    issue: async (csr, { days = options.days, signal } = {}) => {
      signal?.throwIfAborted();
      return authority.issue(csr, { ...options, days });
    },
    trust: async () => authority.trust,
  };
}
