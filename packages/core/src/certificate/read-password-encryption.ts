import { firstChildren } from "./label-der.ts";
import { child, type DerNode, readOid, readWholeDer } from "./read-der.ts";

/** How a key is made of a passphrase: PBKDF2 (RFC 8018, A.2) or scrypt (RFC 7914, section 7). */
export type KeyDerivation =
  | {
      readonly kind: "pbkdf2";
      readonly salt: Uint8Array;
      readonly rounds: number;
      /** Of the HMAC. */
      readonly hash: "sha1" | "sha224" | "sha256" | "sha384" | "sha512";
    }
  | {
      readonly kind: "scrypt";
      readonly salt: Uint8Array;
      /** N: a power of two. */
      readonly cost: number;
      /** r. */
      readonly blockSize: number;
      /** p. */
      readonly parallelization: number;
    };

/** How something is encrypted by a passphrase: what stands in the AlgorithmIdentifier before it. */
export type PasswordEncryption =
  | {
      readonly kind: "pbes2";
      readonly derivation: KeyDerivation;
      /** As node:crypto names it. */
      readonly cipher: "aes-128-cbc" | "aes-192-cbc" | "aes-256-cbc" | "des-ede3-cbc";
      /** How many bytes of key the cipher takes. */
      readonly keyBytes: number;
      readonly iv: Uint8Array;
    }
  /** PBES1 and the schemes of PKCS#12. */
  | { readonly kind: "older"; readonly oid: string; readonly rounds: number };

/** What a file may ask for, before it counts as an attack: each about three seconds of one core. */
export const derivationLimits = {
  /** Of PBKDF2. */
  rounds: 10_000_000,
  /** Of scrypt, in bytes: 128 · r · (N + p). */
  memory: 268_435_456,
  /** Of scrypt, in bytes that are gone over: 128 · r · N · p. */
  work: 1_073_741_824,
} as const;

const ciphers: ReadonlyMap<
  string,
  readonly [Extract<PasswordEncryption, { kind: "pbes2" }>["cipher"], keyBytes: number, ivBytes: number]
> = new Map([
  ["2.16.840.1.101.3.4.1.2", ["aes-128-cbc", 16, 16]],
  ["2.16.840.1.101.3.4.1.22", ["aes-192-cbc", 24, 16]],
  ["2.16.840.1.101.3.4.1.42", ["aes-256-cbc", 32, 16]],
  ["1.2.840.113549.3.7", ["des-ede3-cbc", 24, 8]],
]);

const hashes: ReadonlyMap<string, "sha1" | "sha224" | "sha256" | "sha384" | "sha512"> = new Map([
  ["1.2.840.113549.2.7", "sha1"],
  ["1.2.840.113549.2.8", "sha224"],
  ["1.2.840.113549.2.9", "sha256"],
  ["1.2.840.113549.2.10", "sha384"],
  ["1.2.840.113549.2.11", "sha512"],
]);

/**
 * Reads an EncryptedPrivateKeyInfo (RFC 5958, section 3): how it is encrypted, and what.
 *
 * @throws RangeError when the bytes are not one, or it is encrypted in a way that is not known or asks for too much
 *   work ({@link derivationLimits}); the callers turn it into a coded error with coordinates
 */
export function readEncryptedKey(der: Uint8Array): {
  readonly encryption: PasswordEncryption;
  readonly data: Uint8Array;
} {
  const parts = firstChildren(readWholeDer(der), 3);
  const data = child(parts, 1);
  if (data.tag !== 0x04 || parts.length !== 2) throw new RangeError("it is no encrypted PKCS#8");
  return { encryption: readPasswordEncryption(child(parts, 0)), data: data.value };
}

/**
 * Reads an AlgorithmIdentifier of password-based encryption: PBES2 (RFC 8018, A.4), PBES1 or PKCS#12 (RFC 7292,
 * appendix C). Nothing is derived yet.
 *
 * @throws RangeError as {@link readEncryptedKey} does
 */
export function readPasswordEncryption(algorithm: DerNode): PasswordEncryption {
  const [scheme, parameters] = splitAlgorithm(algorithm);
  if (scheme !== "1.2.840.113549.1.5.13") {
    if (!/^1\.2\.840\.113549\.1\.(5\.(1|3|4|6|10|11)|12\.1\.[1-6])$/.test(scheme))
      throw new RangeError(`its encryption ${scheme} is not known`);
    const rounds = readNumber(child(firstChildren(need(parameters), 2), 1));
    checkRounds(rounds);
    return { kind: "older", oid: scheme, rounds };
  }
  const [kdf, encryption] = firstChildren(need(parameters), 5);
  const [cipherOid, iv] = splitAlgorithm(need(encryption));
  const [cipher, keyBytes, ivBytes] = ciphers.get(cipherOid) ?? [];
  if (cipher === undefined || keyBytes === undefined)
    throw new RangeError(`its cipher ${cipherOid} is not known; AES in CBC mode is`);
  if (iv?.tag !== 0x04 || iv.value.length !== ivBytes) throw new RangeError("its cipher has no proper IV");
  const derivation = readDerivation(need(kdf), keyBytes);
  return { kind: "pbes2", derivation, cipher, keyBytes, iv: iv.value };
}

function readDerivation(kdf: DerNode, keyBytes: number): KeyDerivation {
  const [oid, parameters] = splitAlgorithm(kdf);
  const [salt, ...rest] = firstChildren(need(parameters), 5);
  if (salt?.tag !== 0x04) throw new RangeError("its key derivation has no salt");
  let derivation: KeyDerivation;
  let length: DerNode | undefined;
  if (oid === "1.2.840.113549.1.5.12") {
    const [rounds, ...options] = rest;
    const prf = options.find(({ tag }) => tag === 0x30);
    length = options.find(({ tag }) => tag === 0x02);
    // HMAC with SHA-1 is what is meant where nothing is said (RFC 8018, A.2).
    const prfOid = prf === undefined ? "1.2.840.113549.2.7" : splitAlgorithm(prf)[0];
    const hash = hashes.get(prfOid);
    if (hash === undefined) throw new RangeError(`its PBKDF2 with ${prfOid} is not known`);
    derivation = { kind: "pbkdf2", salt: salt.value, rounds: readNumber(need(rounds)), hash };
  } else if (oid === "1.3.6.1.4.1.11591.4.11") {
    const [cost, blockSize, parallelization] = rest.slice(0, 3).map(readNumber);
    length = rest[3];
    if (cost === undefined || blockSize === undefined || parallelization === undefined)
      throw new RangeError("its scrypt lacks a parameter");
    derivation = { kind: "scrypt", salt: salt.value, cost, blockSize, parallelization };
  } else {
    throw new RangeError(`its key derivation ${oid} is not known`);
  }
  if (length !== undefined && readNumber(length) !== keyBytes)
    throw new RangeError("its key derivation is of another length than its cipher's key");
  checkDerivation(derivation);
  return derivation;
}

/**
 * Whether a derivation can be done, and in a time that nobody has to wait for in vain.
 *
 * @throws RangeError when not
 */
export function checkDerivation(derivation: KeyDerivation): void {
  if (derivation.kind === "pbkdf2") {
    checkRounds(derivation.rounds);
    return;
  }
  const { cost, blockSize, parallelization } = derivation;
  const named = `scrypt with N=${cost}, r=${blockSize}, p=${parallelization}`;
  if (![cost, blockSize, parallelization].every((value) => value >= 1 && !Number.isNaN(value)))
    throw new RangeError(`${named} is not possible`);
  const memory = 128 * blockSize * (cost + parallelization);
  if (memory > derivationLimits.memory)
    throw new RangeError(`${named} takes ${memory} bytes, more than ${derivationLimits.memory}`);
  const work = 128 * blockSize * cost * parallelization;
  if (work > derivationLimits.work)
    throw new RangeError(`${named} goes over ${work} bytes, more than ${derivationLimits.work}`);
  if (cost < 2 || !Number.isInteger(Math.log2(cost)))
    throw new RangeError(`${named} is not possible: N is a power of two`);
}

function checkRounds(rounds: number): void {
  if (!(rounds >= 1)) throw new RangeError(`${rounds} rounds are not possible`);
  if (rounds > derivationLimits.rounds)
    throw new RangeError(`it asks for ${rounds} rounds, more than ${derivationLimits.rounds}`);
}

function splitAlgorithm(node: DerNode): readonly [oid: string, parameters: DerNode | undefined] {
  const [oid, parameters] = firstChildren(node, 2);
  return [readOid(need(oid)), parameters];
}

function need(node: DerNode | undefined): DerNode {
  if (node === undefined) throw new RangeError("a DER element is missing");
  return node;
}

/** A non-negative INTEGER; what is beyond 48 bits counts as infinite. */
function readNumber(node: DerNode): number {
  const [first = 0x80] = node.value;
  if (node.tag !== 0x02 || first >= 0x80) throw new RangeError("a number is missing");
  return node.value.length > 6
    ? Number.POSITIVE_INFINITY
    : Number.parseInt(Buffer.from(node.value).toString("hex"), 16);
}
