import { HandfastError } from "@handfast/core";
import { attributeName, children, eachChild, readOid, readWholeDer } from "@handfast/core/certificates";
import { readCsr } from "../../authority/read-csr.ts";
import { type AlternativeName, readAlternativeNames } from "../../name/alternative-name.ts";
import { toDer, toPem } from "../../pem/convert-pem.ts";

/** One attribute of a name. */
export interface Attribute {
  /** Dotted. */
  readonly type: string;
  readonly value: string;
}

/** What a request wishes for, its signature checked. */
export interface Wish {
  readonly pem: string;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  readonly commonName: string;
  /** The common name among them. */
  readonly subject: readonly Attribute[];
  readonly names: readonly AlternativeName[];
  /** DER of each extension's value, by OID; the names among them. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

const commonNameType = "2.5.4.3";
const alternativeNames = "2.5.29.17";

/**
 * Reads a request for a CA that issues by common name.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` for what is not a request, `CERTIFICATE_UNSUITABLE` when its signature
 *   or key is wrong, or when it has no common name
 */
export function readWish(csr: string): Wish {
  const { subject: name, publicKey, extensions } = readCsr(csr);
  const subject = attributesOf(name);
  const commonName = subject.find(({ type }) => type === commonNameType)?.value ?? "";
  if (commonName === "")
    throw new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      "read request failed: its subject has no common name, and the serverless CA issues by that; make it with one",
    );
  return {
    pem: toPem(toDer(csr, "CERTIFICATE REQUEST"), "CERTIFICATE REQUEST"),
    publicKey: publicKey.der,
    commonName,
    subject,
    names: namesOf(extensions),
    extensions,
  };
}

/** The attributes of a name, in order. */
export function attributesOf(name: Uint8Array): readonly Attribute[] {
  return [...eachChild(readWholeDer(name))].flatMap((relative) =>
    [...eachChild(relative)].flatMap((attribute) => {
      const [type, value] = children(attribute);
      return type === undefined || value === undefined
        ? []
        : [{ type: readOid(type), value: textOf(value.tag, value.value) }];
    }),
  );
}

/**
 * The names in subjectAltName; none when it is missing.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function namesOf(extensions: ReadonlyMap<string, Uint8Array>): readonly AlternativeName[] {
  const value = extensions.get(alternativeNames);
  if (value === undefined) return [];
  try {
    return readAlternativeNames(value);
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      "read alternative names failed: subjectAltName is no list of names; have it made again",
      {},
      { cause },
    );
  }
}

/** For people: `OU=it`. */
export function formatAttribute({ type, value }: Attribute): string {
  return `${attributeName(type)}=${value}`;
}

function textOf(tag: number, bytes: Uint8Array): string {
  if (tag === 0x1e && bytes.length % 2 === 0) return Buffer.from(bytes).swap16().toString("utf16le");
  return Buffer.from(bytes).toString(tag === 0x14 ? "latin1" : "utf8");
}
