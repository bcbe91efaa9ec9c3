import { HandfastError } from "../errors.ts";
import { sha256 } from "./digest.ts";
import type { CrlFacts } from "./facts.ts";
import { child, children, eachChild, isTime, readTime, readWholeDer } from "./read-der.ts";

/**
 * Reads a CRL from DER (RFC 5280, section 5.1). The signature is not checked here.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function readCrl(der: Uint8Array): CrlFacts {
  try {
    return readFacts(der);
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
