import {
  element,
  explicit,
  integer,
  integerOf,
  octetString,
  oid,
  sequence,
  setOf,
} from "../der/write-der.ts";
import { writePbes2 } from "../key/write-pbes2.ts";
import { bmpText } from "./encode-passphrase.ts";
import type { Pkcs12Schemes } from "./profiles.ts";

/** What encrypts one part of the file. */
export interface PartEncryption {
  readonly schemes: Pkcs12Schemes;
  readonly salt: Uint8Array;
  /** Written down by PBES2; derived from the passphrase in the legacy profile. */
  readonly iv: Uint8Array;
}

const data = oid("1.2.840.113549.1.7.1");
const nothing = element(0x05);

/** AlgorithmIdentifier of a password-based encryption: RFC 8018, appendix A.4, or RFC 7292, appendix C. */
function encryptionAlgorithm({ schemes, salt, iv }: PartEncryption): Uint8Array {
  if (schemes.encryption === "aes-256-cbc")
    return writePbes2({ kind: "pbkdf2", salt, rounds: schemes.rounds, hash: "sha256" }, iv);
  return sequence(oid("1.2.840.113549.1.12.1.3"), sequence(octetString(salt), integerOf(schemes.rounds)));
}

/** What a bag says of itself beside its value. */
export interface BagNames {
  /** Ties the key to its certificate (PKCS#9, localKeyId). */
  readonly keyId?: Uint8Array | undefined;
  /** What a person sees. */
  readonly friendlyName?: string | undefined;
}

function bag(type: string, value: Uint8Array, { keyId, friendlyName }: BagNames): Uint8Array {
  const attributes = [
    ...(friendlyName === undefined
      ? []
      : [sequence(oid("1.2.840.113549.1.9.20"), setOf(element(0x1e, bmpText(friendlyName))))]),
    ...(keyId === undefined ? [] : [sequence(oid("1.2.840.113549.1.9.21"), setOf(octetString(keyId)))]),
  ];
  return sequence(oid(type), explicit(0, value), ...(attributes.length === 0 ? [] : [setOf(...attributes)]));
}

/** SafeBag of a certificate (RFC 7292, 4.2.3). */
export function certificateBag(der: Uint8Array, names: BagNames): Uint8Array {
  const value = sequence(oid("1.2.840.113549.1.9.22.1"), explicit(0, octetString(der)));
  return bag("1.2.840.113549.1.12.10.1.3", value, names);
}

/** SafeBag of an encrypted private key (RFC 7292, 4.2.2). */
export function keyBag(encrypted: Uint8Array, encryption: PartEncryption, names: BagNames): Uint8Array {
  const value = sequence(encryptionAlgorithm(encryption), octetString(encrypted));
  return bag("1.2.840.113549.1.12.10.1.2", value, names);
}

/** ContentInfo with data that lie open (RFC 2315, section 8). */
export function openContent(content: Uint8Array): Uint8Array {
  return sequence(data, explicit(0, octetString(content)));
}

/** ContentInfo with encrypted data (RFC 2315, section 13). */
export function encryptedContent(encrypted: Uint8Array, encryption: PartEncryption): Uint8Array {
  return sequence(
    oid("1.2.840.113549.1.7.6"),
    explicit(
      0,
      sequence(
        integer(Uint8Array.of(0)),
        sequence(data, encryptionAlgorithm(encryption), element(0x80, encrypted)),
      ),
    ),
  );
}

const digests = { sha1: "1.3.14.3.2.26", sha256: "2.16.840.1.101.3.4.2.1" } as const;

/** The whole file: PFX (RFC 7292, section 4) around the content and its MAC. */
export function pfx(
  content: Uint8Array,
  mac: { readonly value: Uint8Array; readonly salt: Uint8Array; readonly schemes: Pkcs12Schemes },
): Uint8Array {
  return sequence(
    integer(Uint8Array.of(3)),
    openContent(content),
    sequence(
      sequence(sequence(oid(digests[mac.schemes.mac]), nothing), octetString(mac.value)),
      octetString(mac.salt),
      integerOf(mac.schemes.rounds),
    ),
  );
}
