import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  bitString,
  element,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  text,
  time,
} from "../../src/der/write-der.ts";

/** All of the matrix is judged at this moment. */
export const now = Date.UTC(2026, 10, 20);
export const day = 86_400_000;

/** A key of the pool: making keys is slow, and nothing here hangs on their being different beyond the few. */
export interface PoolKey {
  readonly kind: "ec" | "rsa" | "ed25519";
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
  /** SHA-1 of the SPKI: what goes into key identifiers here. */
  readonly id: Uint8Array;
}

function poolKey(
  kind: PoolKey["kind"],
  { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject },
) {
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { kind, privateKey, spki, id: new Uint8Array(createHash("sha1").update(spki).digest()) };
}

const ec = (namedCurve: string, more: object = {}): PoolKey =>
  poolKey("ec", generateKeyPairSync("ec", { namedCurve, ...more }));
const rsa = (modulusLength: number): PoolKey => poolKey("rsa", generateKeyPairSync("rsa", { modulusLength }));

/** Eight P-256 keys, taken in turn. */
export const p256: readonly PoolKey[] = Array.from({ length: 8 }, () => ec("P-256"));
/** Keys of other kinds and strengths. */
export const otherKeys = {
  rsa1024: rsa(1024),
  rsa2048: rsa(2048),
  rsa3072: rsa(3072),
  p384: ec("P-384"),
  explicit: ec("P-256", { paramEncoding: "explicit" }),
  ed25519: poolKey("ed25519", generateKeyPairSync("ed25519")),
};

const attributes = { CN: "2.5.4.3", O: "2.5.4.10", C: "2.5.4.6", E: "1.2.840.113549.1.9.1" } as const;

/** Attributes of a name, one RDN each; a string type other than UTF-8 is given behind the value. */
export type NameSpec = readonly (readonly [keyof typeof attributes, string | Uint8Array, tag?: number])[];

export function encodeName(name: NameSpec): Uint8Array {
  return sequence(
    ...name.map(([type, value, tag = type === "E" ? 0x16 : 0x0c]) =>
      setOf(
        sequence(oid(attributes[type]), typeof value === "string" ? text(tag, value) : element(tag, value)),
      ),
    ),
  );
}

/** An extension as it stands in a certificate. */
export function extension(type: string, value: Uint8Array, critical: "critical" | "" = ""): Uint8Array {
  const flag = critical === "critical" ? [Uint8Array.of(1, 1, 0xff)] : [];
  return sequence(oid(type), ...flag, octetString(value));
}

const usageBits = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
] as const;
export type Usage = (typeof usageBits)[number];

export function encodeUsage(usages: readonly Usage[]): Uint8Array {
  const octet = usages.reduce((sum, usage) => sum | (0x80 >> usageBits.indexOf(usage)), 0);
  if (octet === 0) return element(0x03, Uint8Array.of(0));
  return element(0x03, Uint8Array.of(31 - Math.clz32(octet & -octet), octet));
}

export const purposes = {
  client: "1.3.6.1.5.5.7.3.2",
  server: "1.3.6.1.5.5.7.3.1",
  email: "1.3.6.1.5.5.7.3.4",
  ocsp: "1.3.6.1.5.5.7.3.9",
  any: "2.5.29.37.0",
  unknown: "1.2.3.4.5",
} as const;
export type Purpose = keyof typeof purposes;

export type Hash = "sha1" | "sha224" | "sha256" | "sha384" | "sha512" | "md5";

const algorithms: Readonly<Record<string, string>> = {
  "ec sha1": "1.2.840.10045.4.1",
  "ec sha224": "1.2.840.10045.4.3.1",
  "ec sha256": "1.2.840.10045.4.3.2",
  "ec sha384": "1.2.840.10045.4.3.3",
  "ec sha512": "1.2.840.10045.4.3.4",
  "rsa md5": "1.2.840.113549.1.1.4",
  "rsa sha1": "1.2.840.113549.1.1.5",
  "rsa sha224": "1.2.840.113549.1.1.14",
  "rsa sha256": "1.2.840.113549.1.1.11",
  "rsa sha384": "1.2.840.113549.1.1.12",
  "rsa sha512": "1.2.840.113549.1.1.13",
};

export function algorithmOf(key: PoolKey, hash: Hash): Uint8Array {
  if (key.kind === "ed25519") return sequence(oid("1.3.101.112"));
  const name = oid(algorithms[`${key.kind} ${hash}`] ?? "");
  return key.kind === "rsa" ? sequence(name, Uint8Array.of(5, 0)) : sequence(name);
}

/** Content, algorithm and signature, as certificates and lists are put together. */
export function signed(
  content: Uint8Array,
  key: PoolKey,
  hash: Hash,
  damage: "flipped" | "other algorithm outside" | "" = "",
): Uint8Array {
  const signature = new Uint8Array(sign(key.kind === "ed25519" ? null : hash, content, key.privateKey));
  if (damage === "flipped") signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
  const outer = damage === "other algorithm outside" ? (hash === "sha256" ? "sha384" : "sha256") : hash;
  return sequence(content, algorithmOf(key, outer), bitString(signature));
}

/** What a certificate says, field by field. */
export interface CertificateSpec {
  readonly subject: NameSpec;
  readonly issuer: NameSpec;
  readonly key: PoolKey;
  readonly signer: PoolKey;
  readonly serial: number;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly version: 1 | 3;
  readonly extensions: readonly Uint8Array[];
  readonly hash: Hash;
  readonly damage?: Parameters<typeof signed>[3];
}

export function encodeCertificate(spec: CertificateSpec): Uint8Array {
  const content = sequence(
    ...(spec.version === 1 ? [] : [explicit(0, integer(Uint8Array.of(2)))]),
    encodeSerial(spec.serial),
    algorithmOf(spec.signer, spec.hash),
    encodeName(spec.issuer),
    sequence(time(spec.notBefore), time(spec.notAfter)),
    encodeName(spec.subject),
    spec.key.spki,
    ...(spec.extensions.length === 0 ? [] : [explicit(3, sequence(...spec.extensions))]),
  );
  return signed(content, spec.signer, spec.hash, spec.damage);
}

export function encodeSerial(serial: number): Uint8Array {
  const hex = serial.toString(16);
  return integer(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}

export function pem(der: Uint8Array, label = "CERTIFICATE"): string {
  const rows =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${rows.join("\n")}\n-----END ${label}-----\n`;
}
