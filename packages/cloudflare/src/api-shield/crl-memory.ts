import { type CrlFacts, type Digest, readCrl, readPem } from "@handfast/core";

/**
 * CRLs that rules were made from. Cloudflare has no place for them: it keeps serial numbers alone, from which no list can
 * be made again.
 */
export class CrlMemory {
  readonly #known = new Map<Digest, CrlFacts>();

  /** @param pems those that were given beforehand; throws `CERTIFICATE_UNREADABLE` or the like for what is none */
  constructor(pems: readonly string[]) {
    for (const pem of pems) for (const der of readPem(pem, "X509 CRL", "crls")) this.learn(der);
  }

  learn(der: Uint8Array): void {
    const facts = readCrl(der);
    this.#known.set(facts.sha256, facts);
  }

  get(digest: Digest): CrlFacts | undefined {
    return this.#known.get(digest);
  }
}
