import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { type ErrorDetails, HandfastError, sha256 } from "@handfast/core";

/** Curves that ALB, Cloudflare and OpenSSL's defaults take. */
export type Curve = "P-256" | "P-384" | "P-521";

/** What kind of key it is; bits of an RSA modulus. */
export type KeyAlgorithm =
  | { readonly type: "rsa"; readonly bits: number }
  | { readonly type: "ec"; readonly curve: Curve }
  | { readonly type: "ed25519" }
  /** FIPS 204, where the runtime has it. */
  | { readonly type: "ml-dsa-65" };

/** Hash functions that a signature may use. */
export type SignatureHash = "sha256" | "sha384" | "sha512";

/**
 * A private key as something that signs. The key itself stays where it is: in this process, a vault or an HSM.
 * Write one for your own store; the authority and the request maker need no more than this.
 */
export interface KeyHandle {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo, DER (RFC 5280, 4.1.2.7). */
  readonly publicKey: Uint8Array;
  /** SHA-256 of {@link KeyHandle.publicKey}, lower-case hex: the name of the key in plans. */
  readonly spki: string;
  /**
   * Signs with RSASSA-PKCS1-v1_5, ECDSA, Ed25519 or ML-DSA; the last two have no hash of the caller's choice. What is
   * made here asks P-384 for SHA-384, P-521 for SHA-512 and the others for SHA-256, which is all that AWS KMS can do.
   *
   * @returns the signature; that of ECDSA as a DER ECDSA-Sig-Value (RFC 3279, 2.2.3)
   */
  sign(data: Uint8Array, hash: SignatureHash): Promise<Uint8Array>;
  /**
   * The same without a promise, where the key can: tens of thousands of leaves a second need it. Left out by keys that
   * lie behind a network.
   */
  signSync?(data: Uint8Array, hash: SignatureHash): Uint8Array;
  /** The key as unencrypted PKCS#8 PEM; absent when it can't leave its store. Never log or store what it returns. */
  export?(): string;
}

/** A key that lives in this process, so it can be exported. */
export interface LocalKey extends KeyHandle {
  export(): string;
}

const curves: ReadonlyMap<string, Curve> = new Map([
  ["prime256v1", "P-256"],
  ["secp384r1", "P-384"],
  ["secp521r1", "P-521"],
]);

/**
 * The algorithm of a private or public key, or undefined for one that no certificate here is made with. It says nothing
 * of providers: AWS and Cloudflare refuse Ed25519 and ML-DSA, servers on OpenSSL take them.
 */
export function algorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const details = key.asymmetricKeyDetails ?? {};
  const kind: string | undefined = key.asymmetricKeyType;
  if (kind === "rsa") return { type: "rsa", bits: details.modulusLength ?? 0 };
  if (kind === "ed25519" || kind === "ml-dsa-65") return { type: kind };
  if (kind !== "ec") return undefined;
  const curve = curves.get(details.namedCurve ?? "");
  return curve === undefined ? undefined : { type: "ec", curve };
}

/**
 * A handle around a private key object; the object stays in the closure, out of reach of JSON and inspection.
 *
 * @param where stands in the error, in square brackets
 */
export function localKey(key: KeyObject, where = "key object", details: ErrorDetails = {}): LocalKey {
  const algorithm = algorithmOf(key);
  if (algorithm === undefined)
    throw new HandfastError(
      "KEY_UNREADABLE",
      `read key failed [${where}]: a key of type ${describeKind(key)} is not supported; use RSA, P-256, P-384, P-521, Ed25519 or ML-DSA-65`,
      details,
    );
  const publicKey = new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" }));
  // Ed25519 and ML-DSA hash by themselves (RFC 8032, 5.1.6; FIPS 204, 5.2).
  const isPure = algorithm.type === "ed25519" || algorithm.type === "ml-dsa-65";
  return Object.freeze({
    algorithm: Object.freeze(algorithm),
    publicKey,
    spki: sha256(publicKey),
    sign: (data: Uint8Array, hash: SignatureHash) =>
      new Promise<Uint8Array>((resolve, reject) => {
        sign(isPure ? null : hash, data, key, (error, signature) => {
          if (error) reject(error);
          else resolve(new Uint8Array(signature));
        });
      }),
    signSync: (data: Uint8Array, hash: SignatureHash) => {
      const { buffer, byteOffset, length } = sign(isPure ? null : hash, data, key);
      return new Uint8Array(buffer, byteOffset, length);
    },
    export: () => key.export({ type: "pkcs8", format: "pem" }).toString(),
  });
}

function describeKind({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const kind: string = asymmetricKeyType ?? "unknown";
  const curve = asymmetricKeyDetails?.namedCurve;
  return curve === undefined ? kind : `${kind} ${curve}`;
}
