import { createPublicKey, type KeyObject } from "node:crypto";
import { HandfastError } from "@handfast/core";
import { publicKeyBits } from "@handfast/core/certificates";
import { algorithmOf, type KeyAlgorithm } from "../key/key-handle.ts";

/** A public key that a certificate may carry. */
export interface CheckedPublicKey {
  /** SPKI DER. */
  readonly der: Uint8Array;
  /** Content of its BIT STRING. */
  readonly bits: Uint8Array;
  readonly algorithm: KeyAlgorithm;
}

const p256: KeyAlgorithm = Object.freeze({ type: "ec", curve: "P-256" });
/** SPKI of P-256 up to the coordinates of an uncompressed point (RFC 5480, 2). */
const p256Head = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex");
/** The curve y² = x³ - 3x + b over the field of this prime (FIPS 186-4, D.1.2.3). */
const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * Checks a public key before it goes into a certificate: a kind that providers take, strong enough, and sound.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE`
 */
export function checkPublicKey(der: Uint8Array): CheckedPublicKey {
  // node:crypto takes longer to load a P-256 key than to sign with one, and there may be a million.
  if (isP256(der)) return { der, bits: der.subarray(p256Head.length - 1), algorithm: p256 };
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
  } catch (cause) {
    throw unsuitable("it can't be read as SubjectPublicKeyInfo", cause);
  }
  const algorithm = algorithmOf(key);
  if (algorithm === undefined)
    throw unsuitable("it is of a kind that no provider takes; use RSA from 2048 bits, P-256, P-384 or P-521");
  if (algorithm.type === "rsa") {
    if (algorithm.bits < 2048 || algorithm.bits > 8192)
      throw unsuitable(`it has ${algorithm.bits} bits; use RSA from 2048 to 8192 bits, or P-256`);
    const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n;
    // CA/Browser Forum, Baseline Requirements, 6.1.6
    if (exponent < 3n || exponent % 2n === 0n)
      throw unsuitable(`its exponent is ${exponent}; make the key again, with 65537`);
  }
  const bits = publicKeyBits(der);
  if (algorithm.type === "ec" && bits[0] !== 4)
    throw unsuitable("its point is compressed, which not every verifier reads; export it uncompressed");
  const canonical = key.export({ format: "der", type: "spki" });
  if (!canonical.equals(der)) throw unsuitable("its DER has bytes that belong to no key");
  return { der, bits, algorithm };
}

/** Whether the bytes are a point on P-256. */
function isP256(der: Uint8Array): boolean {
  if (der.length !== p256Head.length + 64 || p256Head.compare(der, 0, p256Head.length) !== 0) return false;
  const hex = Buffer.from(der.buffer, der.byteOffset + p256Head.length, 64).toString("hex");
  const x = BigInt(`0x${hex.slice(0, 64)}`);
  const y = BigInt(`0x${hex.slice(64)}`);
  return x < prime && y < prime && (y * y - (x * x * x - 3n * x + b)) % prime === 0n;
}

function unsuitable(reason: string, cause?: unknown): HandfastError {
  return new HandfastError("CERTIFICATE_UNSUITABLE", `check public key failed: ${reason}`, {}, { cause });
}
