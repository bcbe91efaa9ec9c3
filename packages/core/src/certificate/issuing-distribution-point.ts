import { eachChild, readDer, readWholeDer } from "./read-der.ts";
import type { RevocationReason } from "./revocation-reason.ts";

/** Of what a CRL speaks when it does not speak of all that its issuer revoked (RFC 5280, 5.2.5). */
export interface IssuingDistributionPoint {
  /** Where it is published; empty when it gives no URL. */
  readonly urls: readonly string[];
  /** The only kind of certificates that it lists; undefined when it lists all. */
  readonly only?: "user" | "ca" | "attribute" | undefined;
  /** The only reasons that it lists; undefined when it lists all. */
  readonly reasons?: readonly RevocationReason[] | undefined;
  /** Whether it lists certificates of other issuers too. */
  readonly indirect: boolean;
}

/** Bits of ReasonFlags (RFC 5280, 4.2.1.13). */
const reasonBits: readonly (RevocationReason | undefined)[] = [
  undefined,
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  "privilegeWithdrawn",
  "aACompromise",
];

/** Reads the value of the extension 2.5.29.28. Throws a RangeError when it is not in the form of RFC 5280. */
export function readDistributionPoint(der: Uint8Array): IssuingDistributionPoint {
  let urls: readonly string[] = [];
  let only: IssuingDistributionPoint["only"];
  let reasons: IssuingDistributionPoint["reasons"];
  let indirect = false;
  for (const { tag, value } of eachChild(readWholeDer(der))) {
    const isTrue = value.length === 1 && value[0] !== 0;
    if (tag === 0xa0) urls = readUrls(value);
    else if (tag === 0x81) only = isTrue ? "user" : only;
    else if (tag === 0x82) only = isTrue ? "ca" : only;
    else if (tag === 0x83) reasons = readReasons(value);
    else if (tag === 0x84) indirect = isTrue;
    else if (tag === 0x85) only = isTrue ? "attribute" : only;
    else throw new RangeError("an issuing distribution point has a field that is not known");
  }
  return {
    urls,
    ...(only === undefined ? {} : { only }),
    ...(reasons === undefined ? {} : { reasons }),
    indirect,
  };
}

/** The URLs among the full name of a point; a name relative to the issuer has none. */
function readUrls(point: Uint8Array): readonly string[] {
  const name = readDer(point);
  if (name.tag !== 0xa0) return [];
  const urls: string[] = [];
  for (const { tag, value } of eachChild(name))
    if (tag === 0x86) urls.push(Buffer.from(value).toString("latin1"));
  return urls;
}

function readReasons(bits: Uint8Array): readonly RevocationReason[] {
  return reasonBits.filter(
    (reason, bit) => reason !== undefined && ((bits[1 + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1,
  ) as RevocationReason[];
}
