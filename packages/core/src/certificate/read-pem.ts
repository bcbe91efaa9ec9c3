import { HandfastError } from "../errors.ts";

/** The label of a PEM block that core reads (RFC 7468). */
export type PemLabel = "CERTIFICATE" | "X509 CRL";

const block = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;

/**
 * Reads all PEM blocks of a label, as DER, in order. Text around the blocks is ignored, other labels are refused.
 *
 * @param where stands in the error, e.g. `trust.edge.anchors`
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when there is no such block, or one of another label
 */
export function readPem(text: string, label: PemLabel, where: string): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (const [, found, body] of text.matchAll(block)) {
    if (found !== label) throw refuse(`a ${found} block stands where ${label} is due`, where);
    const clean = (body ?? "").replace(/\s+/g, "");
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(clean)) throw refuse("a block is not base64", where);
    blocks.push(new Uint8Array(Buffer.from(clean, "base64")));
  }
  if (blocks.length === 0) throw refuse(`no ${label} block in the text`, where);
  return blocks;
}

/** One PEM block: lines of 64 characters, LF, one newline at the end. */
export function toPem(der: Uint8Array, label: PemLabel): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function refuse(reason: string, where: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNREADABLE",
    `read PEM failed [${where}]: ${reason}; give PEM with ${where.includes("crl") ? "CRLs" : "certificates"} only`,
  );
}
