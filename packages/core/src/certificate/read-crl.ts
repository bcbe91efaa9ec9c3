import { HandfastError } from "../errors.ts";
import { sha256 } from "./digest.ts";
import { dissectCrl } from "./dissect-crl.ts";
import type { CrlFacts } from "./facts.ts";
import { readDer } from "./read-der.ts";

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
  const { issuer, thisUpdate, nextUpdate, entries } = dissectCrl(der);
  const revoked = new Set<string>();
  let at = entries.from;
  while (at < entries.to) {
    const entry = readDer(der, at);
    const serial = Buffer.from(readDer(entry.value).value).toString("hex");
    revoked.add(serial.replace(/^(?:00)+(?=..)/, ""));
    at += entry.whole.length;
  }
  return {
    sha256: sha256(der),
    issuer: Buffer.from(issuer).toString("hex"),
    thisUpdate,
    nextUpdate,
    revoked,
    der,
  };
}
