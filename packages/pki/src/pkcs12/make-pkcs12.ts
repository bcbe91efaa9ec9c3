import { createCipheriv, createHash, createHmac, createPrivateKey, randomBytes } from "node:crypto";
import { HandfastError } from "@handfast/core";
import type { RandomBytes } from "../authority/make-serial.ts";
import { type CertificateInput, readCertificates } from "../certificate/read-certificates.ts";
import { sequence } from "../der/write-der.ts";
import { deriveKey } from "../key/derive-key.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { deriveKeys, type KeyRequest } from "./derive-key.ts";
import { bmpPassphrase, checkPassphrase } from "./encode-passphrase.ts";
import { type Pkcs12Profile, type Pkcs12Schemes, pkcs12Profiles } from "./profiles.ts";
import {
  certificateBag,
  encryptedContent,
  keyBag,
  openContent,
  type PartEncryption,
  pfx,
} from "./write-pfx.ts";

/** What goes into a PKCS#12 file. */
export interface MakePkcs12Options {
  /** The leaf and its intermediates, `leaf.chain` for one. The certificate of the key comes first in the file. */
  readonly chain: CertificateInput;
  /** The key of the leaf; it must be one that may leave its store. */
  readonly key: KeyHandle;
  /** Any text but the empty one. Programs are given the same text again, so it is not normalised. */
  readonly passphrase: string;
  /** What a person is shown when choosing a certificate. @default none */
  readonly friendlyName?: string | undefined;
  /**
   * - `modern`: AES-256-CBC by PBES2 with PBKDF2-HMAC-SHA-256, MAC HMAC-SHA-256: what OpenSSL 3 writes by default.
   * - `apple-legacy`: triple DES and SHA-1, for keychains of macOS and iOS that answer the right passphrase with "MAC
   *   verification failed" or "wrong password". **Weak**: bring the file over on a way that is safe by itself, and
   *   delete it after the import.
   *
   * @default "modern"
   */
  readonly profile?: Pkcs12Profile | undefined;
  /**
   * Rounds of each of the three key derivations (key, certificates, MAC), from 1,000 (RFC 8018, 4.2) to the 5,000,000
   * that the JDK takes.
   *
   * @default 300,000 in `modern`, 2,048 in `apple-legacy`
   */
  readonly rounds?: number | undefined;
  /** Source of salts and initial vectors. @default crypto.randomBytes */
  readonly random?: RandomBytes | undefined;
}

/**
 * Makes the PKCS#12 file (`.p12`, `.pfx`; RFC 7292) with which people bring a key and its certificates into a browser,
 * a phone or a keystore. Keys are derived off the main thread.
 *
 * @returns the file, DER
 * @throws HandfastError `KEY_UNREADABLE` for a key that can't leave its store, `KEY_MISMATCH` when no certificate of
 *   the chain is the key's, `CERTIFICATE_UNREADABLE` for a chain that can't be read
 * @throws TypeError for a passphrase that is empty, holds a null character or half a surrogate pair; for a number of
 *   rounds that is not allowed; and for a random source that does not give what it is asked for
 * @example
 * ```ts
 * import { createAuthority, createCsr, generateKey, makePkcs12 } from "@handfast/pki";
 *
 * const root = await createAuthority({
 *   subject: "CN=example.com",
 *   key: await generateKey({ type: "ec", curve: "P-256" }),
 * });
 * const key = await generateKey({ type: "ec", curve: "P-256" });
 * const leaf = await root.issue(await createCsr({ subject: "CN=laptop-7.example.com", key }));
 * export const file: Uint8Array = await makePkcs12({
 *   chain: leaf.chain,
 *   key,
 *   passphrase: "correct horse battery staple",
 *   friendlyName: "laptop-7",
 * });
 * ```
 */
export async function makePkcs12(options: MakePkcs12Options): Promise<Uint8Array> {
  const { passphrase, friendlyName } = options;
  checkPassphrase(passphrase, "makePkcs12");
  const schemes = schemesOf(options);
  const random = (size: number): Uint8Array => readRandom(options.random ?? randomBytes, size);
  const certificates = leafFirst(options);
  const plainKey = exportKey(options.key);
  const [leaf] = certificates;
  const names = {
    friendlyName,
    keyId: new Uint8Array(createHash("sha1").update(leaf).digest()),
  };
  const bags = certificates.map((der, index) => certificateBag(der, index === 0 ? names : {}));

  const macSalt = random(schemes.saltSize);
  const mac: KeyRequest = {
    digest: schemes.mac,
    purpose: 3,
    passphrase: bmpPassphrase(passphrase),
    salt: macSalt,
    rounds: schemes.rounds,
    size: schemes.mac === "sha256" ? 32 : 20,
  };
  try {
    const { certificatePart, keyPart, macKey } =
      schemes.encryption === "aes-256-cbc"
        ? await deriveModern(passphrase, schemes, random, mac)
        : await deriveLegacy(schemes, random, mac);
    const content = sequence(
      encryptedContent(encrypt(sequence(...bags), certificatePart), certificatePart),
      openContent(sequence(keyBag(encrypt(plainKey, keyPart), keyPart, names))),
    );
    const value = createHmac(schemes.mac, macKey).update(content).digest();
    return pfx(content, { value, salt: macSalt, schemes });
  } finally {
    plainKey.fill(0);
  }
}

interface DerivedPart extends PartEncryption {
  readonly key: Uint8Array;
}

interface Derived {
  readonly certificatePart: DerivedPart;
  readonly keyPart: DerivedPart;
  readonly macKey: Uint8Array;
}

async function deriveModern(
  passphrase: string,
  schemes: Pkcs12Schemes,
  random: RandomBytes,
  mac: KeyRequest,
): Promise<Derived> {
  const part = async (): Promise<DerivedPart> => {
    const salt = random(schemes.saltSize);
    const iv = random(16);
    const key = await deriveKey(
      { kind: "pbkdf2", salt, rounds: schemes.rounds, hash: "sha256" },
      passphrase,
      32,
    );
    return { schemes, salt, iv, key };
  };
  const [certificatePart, keyPart, [macKey]] = await Promise.all([part(), part(), deriveKeys([mac])]);
  return { certificatePart, keyPart, macKey: macKey ?? new Uint8Array() };
}

async function deriveLegacy(schemes: Pkcs12Schemes, random: RandomBytes, mac: KeyRequest): Promise<Derived> {
  const salts = [random(schemes.saltSize), random(schemes.saltSize)] as const;
  const [macKey, ...derived] = await deriveKeys([
    mac,
    ...salts.flatMap((salt): KeyRequest[] => [
      { ...mac, salt, purpose: 1, size: 24 },
      { ...mac, salt, purpose: 2, size: 8 },
    ]),
  ]);
  const part = (index: 0 | 1): DerivedPart => ({
    schemes,
    salt: salts[index],
    key: derived[index * 2] ?? new Uint8Array(),
    iv: derived[index * 2 + 1] ?? new Uint8Array(),
  });
  return { certificatePart: part(0), keyPart: part(1), macKey: macKey ?? new Uint8Array() };
}

function encrypt(plain: Uint8Array, { schemes, key, iv }: DerivedPart): Uint8Array {
  const cipher = createCipheriv(schemes.encryption, key, iv);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

function schemesOf({ profile = "modern", rounds }: MakePkcs12Options): Pkcs12Schemes {
  const schemes = Object.hasOwn(pkcs12Profiles, profile) ? pkcs12Profiles[profile] : undefined;
  if (schemes === undefined)
    throw new TypeError(`makePkcs12: there is no profile ${String(profile)}; use modern or apple-legacy`);
  if (rounds === undefined) return schemes;
  if (!Number.isInteger(rounds) || rounds < 1_000 || rounds > 5_000_000)
    throw new TypeError(`makePkcs12: ${rounds} rounds; use a whole number from 1,000 to 5,000,000`);
  return { ...schemes, rounds };
}

function readRandom(random: RandomBytes, size: number): Uint8Array {
  const bytes = random(size);
  if (bytes.length !== size) throw new TypeError(`makePkcs12: the random source does not give ${size} bytes`);
  return bytes;
}

/** The DER of each certificate once, that of the key first. */
function leafFirst({ chain, key }: MakePkcs12Options): readonly [Uint8Array, ...Uint8Array[]] {
  const certificates = [...new Map(readCertificates(chain).map((one) => [one.sha256, one])).values()];
  const leaf = certificates.find(({ facts }) => facts.spki === key.spki);
  if (leaf === undefined)
    throw new HandfastError(
      "KEY_MISMATCH",
      `make PKCS#12 failed [subject=${certificates[0]?.facts.subject ?? ""}]: the key belongs to no certificate of ` +
        "the chain; give the key that the leaf's request was made with",
      { facts: { certificateSpki: certificates[0]?.facts.spki ?? "", keySpki: key.spki } },
    );
  return [leaf.der, ...certificates.filter((one) => one !== leaf).map(({ der }) => der)];
}

/** PKCS#8 DER; whoever gets it wipes it. */
function exportKey(key: KeyHandle): Buffer {
  const pem = key.export?.();
  if (pem === undefined)
    throw unreadable(key, "the key can't leave its store; make the file there, or use a key that may leave");
  try {
    return createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  } catch (cause) {
    throw unreadable(key, "what the key's export gives is no private key in PEM; mend the handle", cause);
  }
}

function unreadable(key: KeyHandle, reason: string, cause?: unknown): HandfastError {
  return new HandfastError(
    "KEY_UNREADABLE",
    `make PKCS#12 failed [spki=${key.spki}]: ${reason}`,
    {},
    { cause },
  );
}
