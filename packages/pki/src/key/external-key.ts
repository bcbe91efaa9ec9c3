import { constants, createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { HandfastError, isHandfastError, sha256 } from "@handfast/core";
import { algorithmOf, type KeyAlgorithm, type KeyHandle, type SignatureHash } from "./key-handle.ts";

/** Keys that sign a digest: Ed25519 and ML-DSA sign the data itself. */
export type DigestAlgorithm = Extract<KeyAlgorithm, { type: "rsa" | "ec" }>;

/** What an {@link ExternalSigner} is to sign. */
export interface DigestToSign {
  /** The hash of what is signed: 32, 48 or 64 bytes. */
  readonly digest: Uint8Array;
  /** What it was hashed with: `sha256`; for what this package makes with P-384 `sha384`, with P-521 `sha512`. */
  readonly hash: SignatureHash;
  /** Of the key: `rsa` wants RSASSA-PKCS1-v1_5 (RFC 8017, 8.2), no PSS; `ec` wants ECDSA. */
  readonly algorithm: DigestAlgorithm;
}

/** A key in a store that signs digests and never gives the key away: a KMS, an HSM, a smart card. */
export interface ExternalSigner {
  /** Which key it is, for errors: `KMS key alias/root`. */
  describe(): string;
  /** Asked once. SubjectPublicKeyInfo, DER (RFC 5280, 4.1.2.7). */
  publicKey(): Promise<Uint8Array | undefined>;
  /** The signature; that of ECDSA as a DER ECDSA-Sig-Value (RFC 3279, 2.2.3). */
  sign(request: DigestToSign): Promise<Uint8Array | undefined>;
}

/**
 * A key that stays in its store, as a handle that authorities and requests can be made with. Every signature is checked
 * against the public key before it gets into a certificate.
 *
 * @throws HandfastError `KEY_UNREADABLE` when the public key is none, or of a kind that doesn't sign digests;
 *   `REMOTE_REJECTED`, at once or when it signs, with the name of what the store threw; `REMOTE_UNEXPECTED` for a
 *   signature that doesn't fit
 * @example
 * A key of AWS KMS, of usage `SIGN_VERIFY` (AWS KMS API Reference, "Sign" and "GetPublicKey"); the class `KMS` of
 * `@aws-sdk/client-kms` has these two methods.
 *
 * ```ts
 * import { externalKey, type KeyHandle } from "@handfast/pki";
 *
 * interface Kms {
 *   getPublicKey(input: { KeyId: string }): Promise<{ PublicKey?: Uint8Array | undefined }>;
 *   sign(input: {
 *     KeyId: string;
 *     Message: Uint8Array;
 *     MessageType: "DIGEST";
 *     SigningAlgorithm: `${"RSASSA_PKCS1_V1_5" | "ECDSA"}_SHA_${256 | 384 | 512}`;
 *   }): Promise<{ Signature?: Uint8Array | undefined }>;
 * }
 * const sizes = { sha256: 256, sha384: 384, sha512: 512 } as const;
 *
 * export const kmsKey = (kms: Kms, KeyId: string): Promise<KeyHandle> =>
 *   externalKey({
 *     describe: () => `KMS key ${KeyId}`,
 *     publicKey: async () => (await kms.getPublicKey({ KeyId })).PublicKey,
 *     sign: async ({ digest, hash, algorithm }) => {
 *       const scheme = algorithm.type === "rsa" ? "RSASSA_PKCS1_V1_5" : "ECDSA";
 *       const SigningAlgorithm = `${scheme}_SHA_${sizes[hash]}` as const;
 *       return (await kms.sign({ KeyId, Message: digest, MessageType: "DIGEST", SigningAlgorithm })).Signature;
 *     },
 *   });
 * ```
 */
export async function externalKey(signer: ExternalSigner): Promise<KeyHandle> {
  const where = signer.describe();
  const publicKey = await ask(where, "read public key", () => signer.publicKey());
  const { key, algorithm } = readPublicKey(publicKey, where);
  return Object.freeze({
    algorithm: Object.freeze(algorithm),
    publicKey,
    spki: sha256(publicKey),
    sign: async (data: Uint8Array, hash: SignatureHash) => {
      const digest = new Uint8Array(createHash(hash).update(data).digest());
      const signature = await ask(where, "sign", () => signer.sign({ digest, hash, algorithm }));
      if (!verify(hash, data, key, signature))
        throw new HandfastError(
          "REMOTE_UNEXPECTED",
          `sign failed [${where}]: the signature does not fit the public key: ${guess(key, algorithm, { data, hash, signature })}`,
          { facts: { hash, bytes: signature.length } },
        );
      return signature;
    },
  });
}

function readPublicKey(
  publicKey: Uint8Array,
  where: string,
): { readonly key: KeyObject; readonly algorithm: DigestAlgorithm } {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  } catch (cause) {
    throw new HandfastError(
      "KEY_UNREADABLE",
      `read public key failed [${where}]: it is no SubjectPublicKeyInfo in DER; give what the store exports as SPKI`,
      {},
      { cause },
    );
  }
  const algorithm = algorithmOf(key);
  if (algorithm?.type !== "rsa" && algorithm?.type !== "ec")
    throw new HandfastError(
      "KEY_UNREADABLE",
      `read public key failed [${where}]: a key of type ${key.asymmetricKeyType ?? "unknown"} does not sign digests here; use RSA, P-256, P-384 or P-521, or write a KeyHandle, whose sign gets the data`,
    );
  return { key, algorithm };
}

/** What a signer most often gets wrong. */
function guess(
  key: KeyObject,
  { type }: DigestAlgorithm,
  { data, hash, signature }: { data: Uint8Array; hash: SignatureHash; signature: Uint8Array },
): string {
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_AUTO: saltLength } = constants;
  if (type === "ec" && verify(hash, data, { key, dsaEncoding: "ieee-p1363" }, signature))
    return "it is r and s side by side; give an ECDSA-Sig-Value in DER";
  if (type === "rsa" && verify(hash, data, { key, padding, saltLength }, signature))
    return "it is RSASSA-PSS; sign with RSASSA-PKCS1-v1_5";
  return "another key signed, or the digest was hashed again; sign the digest as it is (AWS KMS: MessageType DIGEST)";
}

/** What a store throws may hold anything: its name and code go through, its text doesn't. */
async function ask(
  where: string,
  operation: string,
  call: () => Promise<Uint8Array | undefined>,
): Promise<Uint8Array> {
  let answer: Uint8Array | undefined;
  try {
    answer = await call();
  } catch (cause) {
    if (isHandfastError(cause)) throw cause;
    const name = cause instanceof Error ? cause.name : "unknown";
    throw new HandfastError(
      "REMOTE_REJECTED",
      `${operation} failed [${where}]: the store refused (${name}); look at the key's state and at who may use it`,
      { operation, provider: { code: name } },
      { cause },
    );
  }
  if (answer === undefined)
    throw new HandfastError(
      "REMOTE_UNEXPECTED",
      `${operation} failed [${where}]: the store gave nothing; see what the signer returns`,
      { operation },
    );
  return new Uint8Array(answer);
}
