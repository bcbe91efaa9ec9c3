import { HandfastError } from "../errors.ts";
import { sha256 } from "./digest.ts";
import { type CrlExtension, type CrlFields, dissectCrl, readCrlNumber } from "./dissect-crl.ts";
import type { CrlFacts } from "./facts.ts";
import { type IssuingDistributionPoint, readDistributionPoint } from "./issuing-distribution-point.ts";
import { eachChild, readWholeDer } from "./read-der.ts";
import { RevokedEntries } from "./revoked-entries.ts";
import { RevokedSerials } from "./revoked-serials.ts";
import { signatureAlgorithm } from "./signature-algorithm.ts";

/** What a CRL says beside its {@link CrlFacts}. */
export interface CrlParts {
  readonly version: 1 | 2;
  /** CRL number (RFC 5280, 5.2.3). */
  readonly number?: bigint | undefined;
  /** Of the CRL on which a delta CRL stands (5.2.4); undefined for a complete one. */
  readonly baseNumber?: bigint | undefined;
  /** Key identifier of the issuer, lower-case hex. */
  readonly aki?: string | undefined;
  readonly issuingDistributionPoint?: IssuingDistributionPoint | undefined;
  /** The algorithm that it is signed with, e.g. `ecdsa-with-SHA256`; the OID of one that is not known here. */
  readonly signature: string;
  /** `sha256`, `sha1` …; `none` where the scheme has its own; undefined when the OID is not known. */
  readonly signatureHash?: string | undefined;
  readonly entries: RevokedEntries;
  /** All extensions of the CRL by OID. */
  readonly extensions: ReadonlyMap<string, CrlExtension>;
  /** OIDs of critical extensions, of the CRL or of entries, that are not known here: by such a list nobody may judge. */
  readonly unknownCritical: readonly string[];
}

/**
 * Reads a CRL from DER (RFC 5280, section 5.1), version 1 or 2. The signature is not checked here: see
 * `checkCrlSignature` of `@handfast/core/certificates`. The serials are a view into the bytes, which are copied once;
 * beside them a list of half a million takes 8 MB.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function readCrl(der: Uint8Array): CrlFacts {
  return readCrlInPlace(new Uint8Array(der));
}

/**
 * The same without a copy, for bytes that nobody changes afterwards: the serials are a view into them.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { readCrlInPlace } from "@handfast/core/certificates";
 *
 * export const countRevoked = (file: string): number => readCrlInPlace(readFileSync(file)).revoked.size;
 * ```
 */
export function readCrlInPlace(der: Uint8Array): CrlFacts {
  try {
    return readFacts(new Uint8Array(der.buffer, der.byteOffset, der.length));
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      `read CRL failed [bytes=${der.length}]: the bytes are not one CRL in DER; export it again`,
      {},
      { cause },
    );
  }
}

/**
 * What a CRL says beside its facts: number, issuing distribution point, entries with dates and reasons.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when the facts were made by hand, of bytes that are no CRL
 * @example
 * ```ts
 * import { readCrl } from "@handfast/core";
 * import { crlPartsOf } from "@handfast/core/certificates";
 *
 * export function reasonFor(crl: Uint8Array, serial: string): string | undefined {
 *   return crlPartsOf(readCrl(crl)).entries.get(serial)?.reason;
 * }
 * ```
 */
export function crlPartsOf(facts: CrlFacts): CrlParts {
  const known = parts.get(facts) ?? parts.get(readCrl(facts.der));
  if (known === undefined) throw new TypeError("crlPartsOf: the facts are not of a CRL");
  parts.set(facts, known);
  return known;
}

const parts = new WeakMap<CrlFacts, CrlParts>();

function readFacts(der: Uint8Array): CrlFacts {
  const fields = dissectCrl(der);
  const { issuer, thisUpdate, nextUpdate } = fields;
  const entries = new RevokedEntries(der, fields.entries.from, fields.entries.to, issuer);
  let digest: string | undefined;
  const facts: CrlFacts = {
    // when somebody asks: it takes as long as a tenth of all the rest
    get sha256() {
      digest ??= sha256(der);
      return digest;
    },
    issuer: Buffer.from(issuer).toString("hex"),
    thisUpdate,
    nextUpdate,
    revoked: new RevokedSerials(entries),
    der,
  };
  parts.set(facts, readParts(fields, entries));
  return facts;
}

const known: ReadonlySet<string> = new Set(["2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.35"]);

function readParts({ version, signature, extensions }: CrlFields, entries: RevokedEntries): CrlParts {
  const value = <T>(oid: string, read: (der: Uint8Array) => T): T | undefined => {
    const extension = extensions.get(oid);
    return extension === undefined ? undefined : read(extension.value);
  };
  const strange = [...extensions].filter(([oid, { critical }]) => critical && !known.has(oid));
  const { name, hash } = signatureAlgorithm(signature);
  return {
    version,
    number: value("2.5.29.20", readCrlNumber),
    baseNumber: value("2.5.29.27", readCrlNumber),
    aki: value("2.5.29.35", readKeyId),
    issuingDistributionPoint: value("2.5.29.28", readDistributionPoint),
    signature: name,
    signatureHash: hash,
    entries,
    extensions,
    unknownCritical: [...new Set([...strange.map(([oid]) => oid), ...entries.unknownCritical])],
  };
}

function readKeyId(der: Uint8Array): string | undefined {
  for (const { tag, value } of eachChild(readWholeDer(der)))
    if (tag === 0x80) return Buffer.from(value).toString("hex");
  return undefined;
}
