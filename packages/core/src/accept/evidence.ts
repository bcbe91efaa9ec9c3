import type { Digest, Facts } from "../adapter/contract.ts";
import type { CertificateFacts, CrlFacts } from "../certificate/facts.ts";
import { readCertificate } from "../certificate/read-certificate.ts";
import { readCrl } from "../certificate/read-crl.ts";
import { HandfastError } from "../errors.ts";

/** Bytes up to this size travel in the plan itself; larger ones lie in the blob store only. */
const inlineLimit = 64 * 1024;

/** All certificates and CRLs that one plan speaks of, by the SHA-256 of their DER. Each is parsed once. */
export class Evidence implements Facts {
  readonly bytes: ReadonlyMap<Digest, Uint8Array>;
  readonly #certificates = new Map<Digest, CertificateFacts>();
  readonly #crls = new Map<Digest, CrlFacts>();

  constructor(bytes: ReadonlyMap<Digest, Uint8Array>) {
    this.bytes = bytes;
  }

  certificate(digest: Digest): CertificateFacts {
    return this.#read(this.#certificates, digest, readCertificate);
  }

  crl(digest: Digest): CrlFacts {
    return this.#read(this.#crls, digest, readCrl);
  }

  /** What a plan carries of it: base64 of what is small enough to travel, the size of what is not. */
  toPlan(): Record<Digest, string | { readonly size: number }> {
    return Object.fromEntries(
      [...this.bytes].map(([digest, bytes]) => {
        const { byteLength: size } = bytes;
        return [digest, size <= inlineLimit ? Buffer.from(bytes).toString("base64") : { size }];
      }),
    );
  }

  #read<T>(cache: Map<Digest, T>, digest: Digest, read: (der: Uint8Array) => T): T {
    const known = cache.get(digest);
    if (known !== undefined) return known;
    const bytes = this.bytes.get(digest);
    if (bytes === undefined) {
      throw new HandfastError(
        "BLOB_MISSING",
        `read certificate ${digest.slice(0, 12)} failed: its bytes are neither in the plan nor in the blob store; apply the plan with the journal that it was made with`,
        { facts: { sha256: digest } },
      );
    }
    const value = read(bytes);
    cache.set(digest, value);
    return value;
  }
}
