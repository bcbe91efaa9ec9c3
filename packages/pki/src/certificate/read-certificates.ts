import { type CertificateFacts, HandfastError, isHandfastError, readCertificate } from "@handfast/core";
import { readBlocks } from "@handfast/core/certificates";
import { toPem } from "../pem/convert-pem.ts";
import { dissectPkcs7, isPkcs7 } from "../pkcs7/dissect-pkcs7.ts";

/** One certificate in every form that somebody asks for. */
export interface Certificate {
  /** LF line ends, one newline at the end. */
  readonly pem: string;
  readonly der: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly facts: CertificateFacts;
}

/** A certificate and the line of the text on which it began; undefined when it was given as DER. */
export interface LocatedCertificate extends Certificate {
  readonly line: number | undefined;
}

/** PEM text, or bytes: DER of one certificate, a PKCS#7 file (.p7b), or PEM in ASCII. */
export type CertificateInput = string | Uint8Array;

/** A certificate from its DER. */
export function certificateFromDer(der: Uint8Array): Certificate {
  const facts = readCertificate(der);
  return { pem: toPem(facts.der), der: facts.der, sha256: facts.sha256, facts };
}

/**
 * Reads every certificate of a text or of DER bytes, in the order given. Comments and dumps between PEM blocks
 * are skipped, PKCS#7 is opened; anything else that is not a certificate is refused.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` naming the certificate, counted from 1, and the line
 * @example
 * ```ts
 * import { readCertificates } from "@handfast/pki";
 *
 * export function subjects(pem: string): string[] {
 *   return readCertificates(pem).map((certificate) => certificate.facts.subject);
 * }
 * ```
 */
export function readCertificates(input: CertificateInput): readonly LocatedCertificate[] {
  if (typeof input !== "string") {
    if (isPkcs7(input)) return fromPkcs7(input, undefined, undefined);
    if (input[0] === 0x30) return [{ ...certificateFromDer(input), line: undefined }];
    return readCertificates(Buffer.from(input).toString("utf8"));
  }
  const blocks = readBlocks(input);
  if ("reason" in blocks) throw unreadable(undefined, blocks.line, `${blocks.reason}; mend the PEM`);
  if (blocks.length === 0)
    throw unreadable(undefined, undefined, "it holds no certificate; give PEM with BEGIN CERTIFICATE marks");
  return blocks.flatMap(({ label, line, der }, index) => {
    const number = index + 1;
    // Windows' certificate services write CERTIFICATE above a PKCS#7 message.
    if (["PKCS7", "CMS"].includes(label) || (label === "CERTIFICATE" && der !== undefined && isPkcs7(der)))
      return fromPkcs7(der ?? new Uint8Array(), number, line);
    if (label.endsWith("PRIVATE KEY"))
      throw unreadable(number, line, "it is a private key; take it out and keep it secret");
    if (label !== "CERTIFICATE" && label !== "X509 CERTIFICATE")
      throw unreadable(number, line, `it is a ${label}; take it out`);
    if (der === undefined) throw unreadable(number, line, "it has header lines; take them out");
    try {
      return { ...certificateFromDer(der), line };
    } catch (cause) {
      if (!isHandfastError(cause)) throw cause;
      throw unreadable(number, line, "the block is not an X.509 certificate; export it again", cause);
    }
  });
}

function fromPkcs7(
  der: Uint8Array,
  number: number | undefined,
  line: number | undefined,
): readonly LocatedCertificate[] {
  const { certificates } = dissectPkcs7(der, line);
  if (certificates.length === 0)
    throw unreadable(number, line, "the PKCS#7 message holds no certificate; give one that does");
  return certificates.map((one) => ({ ...certificateFromDer(one), line }));
}

function unreadable(
  number: number | undefined,
  line: number | undefined,
  reason: string,
  cause?: unknown,
): HandfastError {
  const place = [
    number === undefined ? [] : [`certificate=${number}`],
    line === undefined ? [] : [`line=${line}`],
  ].flat();
  return new HandfastError(
    "CERTIFICATE_UNREADABLE",
    `read certificates failed${place.length === 0 ? "" : ` [${place.join(", ")}]`}: ${reason}`,
    { line, facts: number === undefined ? undefined : { certificate: number } },
    { cause },
  );
}
