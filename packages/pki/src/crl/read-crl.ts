import { type CrlFacts, readCrl as readFacts } from "@handfast/core";
import { type CrlParts, crlPartsOf, readCrlInPlace } from "@handfast/core/certificates";
import { pemChunks } from "./crl-chunks.ts";
import { decodeAlone, decodeList, decodeLists } from "./decode-list.ts";

/** A certificate revocation list in every form that somebody asks for; each is made when it is. */
export interface Crl {
  /** One CRL, LF line ends, one newline at the end: ALB takes PEM only, and one CRL in a file. */
  readonly pem: string;
  readonly der: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly facts: CrlFacts;
  /**
   * Number, issuing distribution point, and the entries with dates and reasons. Not enumerable: a number may be a
   * bigint, which JSON has not.
   */
  readonly parts: CrlParts;
}

/**
 * Reads one CRL (RFC 5280, section 5), version 1 or 2, from PEM, or from its DER. The signature is not checked here: see
 * {@link verifyCrl}. One of half a million entries is an index over its bytes: 8 MB beside them, and no object for any.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when it is none, or more than one
 * @example
 * ```ts
 * import { normaliseSerial, readCrl } from "@handfast/pki";
 *
 * export function reasonFor(crl: string, serial: string): string | undefined {
 *   return readCrl(crl).parts.entries.get(normaliseSerial(serial))?.reason;
 * }
 * ```
 */
export function readCrl(input: string | Uint8Array): Crl {
  const facts =
    typeof input !== "string" && input[0] === 0x30 ? readFacts(input) : readCrlInPlace(decodeList(input));
  return crlOf(facts.der, facts);
}

/**
 * Reads every CRL of a PEM text, in its order, or the one that some DER is: nginx (`ssl_crl`), HAProxy and Apache want
 * those of all CAs of a chain in one file. What else stands in the text is passed over, as {@link readCrl} does.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when there is none, or one can't be read, naming its line
 * @example
 * ```ts
 * import { readCrls } from "@handfast/pki";
 *
 * export function oldest(file: Uint8Array): number {
 *   return Math.min(...readCrls(file).map(({ facts }) => facts.thisUpdate));
 * }
 * ```
 */
export function readCrls(input: string | Uint8Array): readonly Crl[] {
  if (typeof input !== "string" && input[0] === 0x30) return [readCrl(input)];
  const alone = decodeAlone(input);
  if (alone !== undefined) return [readCrl(alone)];
  return decodeLists(input).map((der) => readCrl(der));
}

/** A list around its DER, which nobody may change any more. */
export function crlOf(der: Uint8Array, known?: CrlFacts): Crl {
  let facts = known;
  let pem: string | undefined;
  const read = (): CrlFacts => {
    facts ??= readCrlInPlace(der);
    return facts;
  };
  const crl = {
    get pem() {
      pem ??= Buffer.concat([...pemChunks(der)]).toString("latin1");
      return pem;
    },
    der,
    get sha256() {
      return read().sha256;
    },
    get facts() {
      return read();
    },
    get parts() {
      return crlPartsOf(read());
    },
  };
  Object.defineProperty(crl, "parts", { enumerable: false });
  return Object.freeze(crl);
}
