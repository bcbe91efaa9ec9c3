import { fromBER, GeneralizedTime, Integer, Sequence, UTCTime } from "asn1js";
import { HandfastError } from "../errors.ts";
import { sha256 } from "./digest.ts";
import type { CertificateFacts, CrlFacts } from "./facts.ts";
import { normaliseSerial } from "./read-certificate.ts";

/**
 * Reads a CRL from DER (RFC 5280, section 5.1). The signature is not checked here.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function readCrl(der: Uint8Array): CrlFacts {
  const list = sequenceOf(parse(der, "CRL"));
  const body = sequenceOf(list[0]);
  // version is optional, then: signature, issuer, thisUpdate, nextUpdate?, revokedCertificates?, [0] extensions?
  const at = body[0] instanceof Integer ? 2 : 1;
  const issuer = body[at];
  const thisUpdate = timeOf(body[at + 1]);
  if (issuer === undefined || thisUpdate === undefined) throw unreadable("CRL");
  const nextUpdate = timeOf(body[at + 2]);
  const entries = body[nextUpdate === undefined ? at + 2 : at + 3];
  const revoked = new Set<string>();
  if (entries instanceof Sequence) {
    for (const entry of entries.valueBlock.value) {
      const serial = sequenceOf(entry)[0];
      if (!(serial instanceof Integer)) throw unreadable("CRL");
      revoked.add(normaliseSerial(hexOf(serial.valueBlock.valueHexView)));
    }
  }
  return {
    sha256: sha256(der),
    issuer: hexOf(issuer.valueBeforeDecodeView),
    thisUpdate,
    nextUpdate,
    revoked,
    der,
  };
}

/** DER of a certificate's subject as lower-case hex: what a CRL's issuer is compared with. */
export function subjectDer(certificate: CertificateFacts): string {
  const known = subjects.get(certificate);
  if (known !== undefined) return known;
  const body = sequenceOf(sequenceOf(parse(certificate.der, "certificate"))[0]);
  // [0] version is absent in v1; then serialNumber, signature, issuer, validity, subject
  const subject = body[body[0] instanceof Integer ? 4 : 5];
  if (subject === undefined) throw unreadable("certificate");
  const hex = hexOf(subject.valueBeforeDecodeView);
  subjects.set(certificate, hex);
  return hex;
}

const subjects = new WeakMap<CertificateFacts, string>();

type Parsed = ReturnType<typeof fromBER>["result"];

function parse(der: Uint8Array, what: string): Parsed {
  // every node takes two bytes at least, so this bound refuses nothing that is well formed
  const limits = { maxNodes: der.byteLength, maxContentLength: der.byteLength };
  let parsed: ReturnType<typeof fromBER>;
  try {
    parsed = fromBER(der, limits);
  } catch (cause) {
    // the reader throws where a time is no time
    throw unreadable(what, cause);
  }
  if (parsed.offset !== der.byteLength) throw unreadable(what);
  return parsed.result;
}

function sequenceOf(node: Parsed | undefined): Parsed[] {
  if (!(node instanceof Sequence)) throw unreadable("CRL or certificate");
  return node.valueBlock.value as Parsed[];
}

function timeOf(node: Parsed | undefined): number | undefined {
  return node instanceof UTCTime || node instanceof GeneralizedTime ? node.toDate().getTime() : undefined;
}

function hexOf(bytes: Uint8Array | ArrayBuffer): string {
  return Buffer.from(bytes as Uint8Array).toString("hex");
}

function unreadable(what: string, cause?: unknown): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNREADABLE",
    `read ${what} failed: the bytes are not the DER of one; give PEM or DER of a single ${what}`,
    {},
    { cause },
  );
}
