import { HandfastError } from "@handfast/core";
import { readBlocks } from "@handfast/core/certificates";
import { type Certificate, certificateFromDer } from "../certificate/read-certificates.ts";
import { type Crl, readCrl } from "../crl/read-crl.ts";
import { dissectPkcs7 } from "./dissect-pkcs7.ts";

/** What a PKCS#7 message carries. */
export interface Pkcs7 {
  /** In the order of the file, which is any: DER sorts a set. */
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
}

/**
 * Reads the certificates and CRLs of a PKCS#7 or CMS message with signed data (RFC 5652, 5.1): a `.p7b` or `.p7c` file,
 * in DER or BER, or as PEM (`PKCS7`, `CMS`; also `CERTIFICATE`, which Windows' certificate services write above one).
 * Signatures in it are not checked.
 *
 * {@link readCertificates} and all that is built on it take such files too; this is for their CRLs.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when it is none, several, or holds what can't be read
 * @example
 * ```ts
 * import { readPkcs7 } from "@handfast/pki";
 *
 * export function crlsOf(file: Uint8Array): string[] {
 *   return readPkcs7(file).crls.map(({ pem }) => pem);
 * }
 * ```
 */
export function readPkcs7(input: string | Uint8Array): Pkcs7 {
  const { der, line } =
    typeof input !== "string" && input[0] === 0x30
      ? { der: input, line: undefined }
      : onlyBlock(typeof input === "string" ? input : Buffer.from(input).toString("utf8"));
  const { certificates, crls } = dissectPkcs7(der, line);
  return { certificates: certificates.map(certificateFromDer), crls: crls.map((crl) => readCrl(crl)) };
}

function onlyBlock(text: string): { readonly der: Uint8Array; readonly line: number } {
  const blocks = readBlocks(text);
  if ("reason" in blocks) throw unreadable(`line ${blocks.line}: ${blocks.reason}`, blocks.line);
  const [block, second] = blocks;
  if (block === undefined) throw unreadable("the text holds no PEM", undefined);
  if (second !== undefined) throw unreadable(`the text holds ${blocks.length} PEM blocks`, second.line);
  if (!["PKCS7", "CMS", "CERTIFICATE"].includes(block.label) || block.der === undefined)
    throw unreadable(`line ${block.line}: it is a ${block.label}`, block.line);
  return { der: block.der, line: block.line };
}

function unreadable(reason: string, line: number | undefined): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNREADABLE",
    `read PKCS#7 failed: ${reason}; give one PKCS7 block, or the bytes of the file`,
    { line },
  );
}
