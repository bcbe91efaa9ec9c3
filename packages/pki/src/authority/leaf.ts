import type { Certificate } from "../certificate/read-certificates.ts";

/** A certificate that an authority issued, with the intermediates that go with it. */
export interface Leaf extends Certificate {
  /** PEM of the leaf and its intermediates, leaf first, without the root. */
  readonly chain: string;
  /**
   * The identity entry of a spec, exactly.
   *
   * @param secret the name under which the key's resolver was given to `createHandfast({ secrets })`
   */
  identity<const Secret extends string>(
    secret: Secret,
  ): { readonly chain: string; readonly key: { readonly secret: Secret } };
}

/** A leaf with its chain of intermediates, the nearest first. */
export function makeLeaf(certificate: Certificate, intermediates: readonly Certificate[]): Leaf {
  const chain = [certificate, ...intermediates].map(({ pem }) => pem).join("");
  return Object.freeze({
    ...certificate,
    chain,
    identity: <const Secret extends string>(secret: Secret) => ({ chain, key: { secret } }),
  });
}
