import { readCertificate, sha256 } from "@handfast/core";
import type { Certificate } from "../certificate/read-certificates.ts";
import { toPem } from "../pem/convert-pem.ts";

/** Something that a request asked for and its leaf has not, since the profile does not allow it. */
export interface DroppedRequest {
  readonly part: "subject" | "names" | "extensions";
  /** e.g. `OU=it`, `email=ann@example.com`, `basicConstraints CA:TRUE`, or the OID of an extension. */
  readonly value: string;
}

/** A certificate that an authority issued, with the intermediates that go with it. */
export interface Leaf extends Certificate {
  /** PEM of the leaf and its intermediates, leaf first, without the root. */
  readonly chain: string;
  /** What the request asked for in vain. */
  readonly dropped: readonly DroppedRequest[];
  /**
   * The identity entry of a spec, exactly.
   *
   * @param secret the name under which the key's resolver was given to `createHandfast({ secrets })`
   */
  identity<const Secret extends string>(
    secret: Secret,
  ): { readonly chain: string; readonly key: { readonly secret: Secret } };
}

/**
 * A leaf from its DER. Its text, digest and facts are made when they are read: they take longer than the signature, and
 * who issues many may want the DER alone.
 *
 * @param above PEM of the intermediates, the nearest first
 */
export function makeLeaf(der: Uint8Array, above: string, dropped: readonly DroppedRequest[]): Leaf {
  return new IssuedLeaf(der, above, dropped);
}

class IssuedLeaf implements Leaf {
  readonly der: Uint8Array;
  readonly dropped: readonly DroppedRequest[];
  readonly #above: string;
  #pem: string | undefined;
  #facts: Certificate["facts"] | undefined;

  constructor(der: Uint8Array, above: string, dropped: readonly DroppedRequest[]) {
    this.der = der;
    this.dropped = dropped;
    this.#above = above;
    Object.freeze(this);
  }

  get pem(): string {
    this.#pem ??= toPem(this.der);
    return this.#pem;
  }

  get sha256(): string {
    return sha256(this.der);
  }

  get facts(): Certificate["facts"] {
    this.#facts ??= readCertificate(this.der);
    return this.#facts;
  }

  get chain(): string {
    return this.pem + this.#above;
  }

  identity<const Secret extends string>(
    secret: Secret,
  ): { readonly chain: string; readonly key: { readonly secret: Secret } } {
    return { chain: this.chain, key: { secret } };
  }
}
