import {
  createECDH,
  createPublicKey,
  type KeyObject,
  constants as openssl,
  privateEncrypt,
  randomBytes,
} from "node:crypto";
import type { DigestToSign, ExternalSigner } from "@handfast/pki";
import { element, integerFromHex, octetString, oid, sequence } from "../../src/der/write-der.ts";

/** OIDs for a DigestInfo (RFC 8017, appendix B.1). */
const hashes = {
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
};

/** Order of the group, and OpenSSL's name of the curve (SEC 2, 2.4.2, 2.5.1 and 2.6.1). */
const curves = {
  "P-256": ["prime256v1", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"],
  "P-384": [
    "secp384r1",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
  ],
  "P-521": [
    "secp521r1",
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
  ],
} as const;

/**
 * A store that signs digests, as AWS KMS does with `MessageType: "DIGEST"`: it never sees what was hashed. Node
 * signs no digest with ECDSA, so the arithmetic is done here; not for keys that matter, since its time tells of them.
 */
export function digestSigner(key: KeyObject): ExternalSigner & { readonly asked: DigestToSign[] } {
  const asked: DigestToSign[] = [];
  return {
    asked,
    describe: () => "vault key test",
    publicKey: async () => new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" })),
    sign: async (request) => {
      asked.push(request);
      return request.algorithm.type === "rsa"
        ? signRsa(key, request)
        : signEc(key, request.digest, request.algorithm.curve);
    },
  };
}

/** RSASSA-PKCS1-v1_5 of a digest (RFC 8017, 9.2). */
function signRsa(key: KeyObject, { digest, hash }: DigestToSign): Uint8Array {
  const info = sequence(sequence(oid(hashes[hash]), element(0x05)), octetString(digest));
  return privateEncrypt({ key, padding: openssl.RSA_PKCS1_PADDING }, info);
}

/** ECDSA of a digest (FIPS 186-5, 6.4.1); the point k·G is what ECDH makes of the private key k. */
function signEc(key: KeyObject, digest: Uint8Array, curve: keyof typeof curves): Uint8Array {
  const [name, order] = curves[curve];
  const n = BigInt(`0x${order}`);
  const bytes = order.length / 2;
  const d = BigInt(`0x${Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url").toString("hex")}`);
  const z = BigInt(`0x${Buffer.from(digest.subarray(0, bytes)).toString("hex")}`);
  for (;;) {
    const k = (BigInt(`0x${randomBytes(bytes + 8).toString("hex")}`) % (n - 1n)) + 1n;
    const ecdh = createECDH(name);
    ecdh.setPrivateKey(Buffer.from(k.toString(16).padStart(bytes * 2, "0"), "hex"));
    const point = ecdh.getPublicKey();
    const r = BigInt(`0x${point.subarray(1, 1 + (point.length - 1) / 2).toString("hex")}`) % n;
    const s = (power(k, n - 2n, n) * (z + r * d)) % n;
    if (r > 0n && s > 0n) return sequence(integerFromHex(r.toString(16)), integerFromHex(s.toString(16)));
  }
}

/** base^exponent mod modulus; with a prime modulus, exponent modulus - 2 gives the inverse. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = base % modulus, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
