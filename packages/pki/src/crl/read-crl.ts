import { type CrlFacts, HandfastError, sha256 } from "@handfast/core";
import { child, children, eachChild, isTime, readTime, readWholeDer } from "../der/read-der.ts";
import { toDer, toPem } from "../pem/convert-pem.ts";

/** A certificate revocation list in every form that somebody asks for. */
export interface Crl {
  /** One CRL, LF line ends, one newline at the end: ALB takes PEM only, and one CRL in a file. */
  readonly pem: string;
  readonly der: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly facts: CrlFacts;
}

/**
 * Reads one CRL (RFC 5280, section 5) from PEM, or from its DER.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when it is none, or more than one
 * @example
 * ```ts
 * import { readCrl } from "@handfast/pki";
 *
 * export function isRevoked(crl: string, serial: string): boolean {
 *   return readCrl(crl).facts.revoked.has(serial);
 * }
 * ```
 */
export function readCrl(input: string | Uint8Array): Crl {
  const bytes =
    typeof input === "string"
      ? toDer(input, "X509 CRL")
      : input[0] === 0x30
        ? input
        : toDer(Buffer.from(input).toString("utf8"), "X509 CRL");
  const der = new Uint8Array(bytes);
  try {
    return { pem: toPem(der, "X509 CRL"), der, sha256: sha256(der), facts: readFacts(der) };
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      `read CRL failed [bytes=${der.length}]: the bytes are not one CRL in DER; export it again`,
      {},
      { cause },
    );
  }
}

function readFacts(der: Uint8Array): CrlFacts {
  const fields = children(child(children(readWholeDer(der)), 0));
  const at = fields[0]?.tag === 0x02 ? 1 : 0;
  const next = fields[at + 3];
  const nextUpdate = isTime(next) ? readTime(next) : undefined;
  const list = fields[at + (nextUpdate === undefined ? 3 : 4)];
  const revoked = new Set<string>();
  if (list?.tag === 0x30)
    for (const entry of eachChild(list)) {
      const serial = Buffer.from(child(children(entry), 0).value).toString("hex");
      revoked.add(serial.replace(/^(?:00)+(?=..)/, ""));
    }
  return {
    sha256: sha256(der),
    issuer: Buffer.from(child(fields, at + 1).whole).toString("hex"),
    thisUpdate: readTime(child(fields, at + 2)),
    nextUpdate,
    revoked,
    der,
  };
}
