import { HandfastError } from "@handfast/core";
import { readBlocks, writeBlock } from "@handfast/core/certificates";

/** Labels of RFC 7468 that this package writes. */
export type PemLabel = "CERTIFICATE" | "CERTIFICATE REQUEST" | "X509 CRL";

/**
 * DER as PEM: LF line ends, 64 columns, one newline at the end (RFC 7468, section 3).
 *
 * @param label default `CERTIFICATE`
 */
export function toPem(der: Uint8Array, label: PemLabel = "CERTIFICATE"): string {
  return writeBlock(der, label);
}

/**
 * The DER of the only block of that label in a PEM text.
 *
 * @param label default `CERTIFICATE`
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when the text is damaged or has none or several such blocks
 */
export function toDer(pem: string, label: PemLabel = "CERTIFICATE"): Uint8Array {
  const blocks = readBlocks(pem);
  if ("reason" in blocks) throw unreadable(label, `line ${blocks.line}: ${blocks.reason}`, blocks.line);
  // "NEW CERTIFICATE REQUEST" is what older tools write (RFC 7468, section 7).
  const found = blocks.filter((block) => block.label === label || block.label === `NEW ${label}`);
  const [only] = found;
  if (only?.der === undefined || found.length !== 1)
    throw unreadable(label, `the text holds ${found.length} blocks of it`, only?.line);
  return only.der;
}

function unreadable(label: string, reason: string, line: number | undefined): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNREADABLE",
    `read ${label} failed: ${reason}; give PEM with exactly one ${label} block`,
    { line },
  );
}
