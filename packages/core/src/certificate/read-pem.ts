import { HandfastError } from "../errors.ts";
import { readBlocks } from "./read-blocks.ts";
import { writeBlock } from "./write-block.ts";

/** The label of a PEM block that core reads (RFC 7468). */
export type PemLabel = "CERTIFICATE" | "X509 CRL";

/**
 * Reads all PEM blocks of a label, as DER, in order. Text around the blocks is ignored; other labels are refused, and
 * damaged blocks, which would be lost without a word.
 *
 * @param where stands in the error, e.g. `trust.edge.anchors`
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when there is no such block, a damaged one, or one of another label
 */
export function readPem(text: string, label: PemLabel, where: string): Uint8Array[] {
  const found = readBlocks(text);
  if ("reason" in found) throw refuse(`line ${found.line}: ${found.reason}`, where);
  const blocks = found.map(({ label: other, line, der }) => {
    if (other !== label) throw refuse(`a ${other} block stands where ${label} is due (line ${line})`, where);
    if (der === undefined) throw refuse(`the block on line ${line} has header lines`, where);
    return der;
  });
  if (blocks.length === 0) throw refuse(`no ${label} block in the text`, where);
  return blocks;
}

/** One PEM block: lines of 64 characters, LF, one newline at the end. */
export function toPem(der: Uint8Array, label: PemLabel): string {
  return writeBlock(der, label);
}

function refuse(reason: string, where: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNREADABLE",
    `read PEM failed [${where}]: ${reason}; give PEM with ${where.includes("crl") ? "CRLs" : "certificates"} only`,
  );
}
