import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { child, children, readWholeDer } from "@handfast/core/certificates";
import { bits, element, extension, identifier, integer, sequence, time } from "./write-der.ts";

/** A key of KMS, by the name that KMS has for its kind. */
export type KeySpec =
  | "ECC_NIST_P256"
  | "ECC_NIST_P384"
  | "ECC_NIST_P521"
  | "RSA_2048"
  | "RSA_3072"
  | "RSA_4096";

/** By what a key signs, as the CA chooses. */
const signatures: Readonly<Record<KeySpec, { readonly oid: string; readonly hash: string }>> = {
  ECC_NIST_P256: { oid: "1.2.840.10045.4.3.2", hash: "sha256" },
  ECC_NIST_P384: { oid: "1.2.840.10045.4.3.3", hash: "sha384" },
  ECC_NIST_P521: { oid: "1.2.840.10045.4.3.4", hash: "sha512" },
  RSA_2048: { oid: "1.2.840.113549.1.1.11", hash: "sha256" },
  RSA_3072: { oid: "1.2.840.113549.1.1.11", hash: "sha256" },
  RSA_4096: { oid: "1.2.840.113549.1.1.11", hash: "sha256" },
};

/** An authority: its key never leaves it. */
export interface CertificateAuthority {
  /** DER of its subject. */
  readonly name: Buffer;
  /** SPKI DER. */
  readonly publicKey: Buffer;
  /** DER of a signed structure around what is to be signed. */
  sign(content: (algorithm: Buffer) => Buffer): Buffer;
}

/** An authority with a new key. */
export function certificateAuthority(name: Buffer, spec: KeySpec): CertificateAuthority {
  const { privateKey, publicKey } = makeKey(spec);
  const { oid, hash } = signatures[spec];
  const parameters = spec.startsWith("RSA") ? [element(0x05)] : [];
  const algorithm = sequence(identifier(oid), ...parameters);
  return {
    name,
    publicKey: publicKey.export({ format: "der", type: "spki" }),
    sign: (content) => {
      const tbs = content(algorithm);
      return sequence(tbs, algorithm, bits(sign(hash, tbs, privateKey)));
    },
  };
}

function makeKey(spec: KeySpec): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const [, size = ""] = /(\d+)$/.exec(spec) ?? [];
  return spec.startsWith("RSA")
    ? generateKeyPairSync("rsa", { modulusLength: Number(size) })
    : generateKeyPairSync("ec", { namedCurve: `P-${size}` });
}

/** What is to be certified. */
export interface Certified {
  readonly subject: Buffer;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Buffer[];
}

/** A certificate by an authority, with a serial number as Python's `x509.random_serial_number` makes it. */
export function certify(issuer: CertificateAuthority, certified: Certified): Buffer {
  const { subject, publicKey, notBefore, notAfter, extensions } = certified;
  const serial = BigInt(`0x${randomBytes(20).toString("hex")}`) >> 1n;
  return issuer.sign((algorithm) =>
    sequence(
      element(0xa0, integer(2n)),
      integer(serial),
      algorithm,
      issuer.name,
      sequence(time(notBefore), time(notAfter)),
      subject,
      publicKey,
      element(0xa3, sequence(...extensions)),
    ),
  );
}

/** SHA-1 of a public key's bits, RFC 5280, 4.2.1.2 (1). */
function keyIdentifier(publicKey: Uint8Array): Buffer {
  const key = child(children(readWholeDer(publicKey)), 1);
  return createHash("sha1").update(key.value.subarray(1)).digest();
}

/** Subject key identifier. */
export const ownKey = (publicKey: Uint8Array): Buffer =>
  extension("2.5.29.14", element(0x04, keyIdentifier(publicKey)));

/** Authority key identifier. */
export const issuerKey = (publicKey: Uint8Array): Buffer =>
  extension("2.5.29.35", sequence(element(0x80, keyIdentifier(publicKey))));

/** Extensions of both CA certificates: they may sign certificates and CRLs. */
export const caExtensions = (): readonly Buffer[] => [
  extension("2.5.29.15", bits(Buffer.of(0x86), 1), true),
  extension("2.5.29.19", sequence(element(0x01, Buffer.of(0xff))), true),
];

/** PEM, with LF and one newline at the end, as Python writes it. */
export function toPem(der: Uint8Array, label: string): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** SPKI DER of any public key, in the form in which two are compared. */
export function canonicalKey(publicKey: Uint8Array): string {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  return key.export({ format: "der", type: "spki" }).toString("hex");
}
