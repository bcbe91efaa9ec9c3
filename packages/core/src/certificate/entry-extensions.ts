import { readCrlExtensions } from "./dissect-crl.ts";
import { child, eachChild, readDer, readTime, readWholeDer } from "./read-der.ts";
import { type RevocationReason, reasonOfCode } from "./revocation-reason.ts";

/** What the extensions of one entry of a CRL say (RFC 5280, 5.3). */
export interface EntryExtensions {
  readonly reason: RevocationReason;
  /** When the key is known or suspected to have been lost, in milliseconds since the epoch (5.3.2). */
  readonly invalidSince: number | undefined;
  /** DER of the names of whoever issued the certificate, in an indirect CRL (5.3.3). */
  readonly issuers: readonly Uint8Array[] | undefined;
  /** OIDs of critical extensions that are not known here: by such a list nobody may judge. */
  readonly unknown: readonly string[];
}

const none: EntryExtensions = {
  reason: "unspecified",
  invalidSince: undefined,
  issuers: undefined,
  unknown: [],
};

/** One object for each reason: half a million entries have nothing else to say. */
const plain: readonly EntryExtensions[] = Array.from({ length: 256 }, (_, code) => ({
  ...none,
  reason: reasonOfCode(code),
}));

/** A list of extensions that holds a reason and nothing else, up to the octet that is the reason. */
const reasonAlone = [0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01];

/** Reads the extensions that lie in `bytes` from `from` to `to`; none when there are none. Throws a RangeError. */
export function readEntryExtensions(bytes: Uint8Array, from: number, to: number): EntryExtensions {
  if (from === to) return none;
  if (to - from === 14 && isReasonAlone(bytes, from)) return plain[bytes[from + 13] ?? 0] ?? none;
  const found = readCrlExtensions(readWholeDer(bytes.subarray(from, to)));
  const reason = found.get("2.5.29.21");
  const since = found.get("2.5.29.24");
  const issuer = found.get("2.5.29.29");
  return {
    reason: reason === undefined ? "unspecified" : readReason(reason.value),
    invalidSince: since === undefined ? undefined : readTime(readWholeDer(since.value)),
    issuers: issuer === undefined ? undefined : readDirectoryNames(issuer.value),
    unknown: [...found].filter(([oid, { critical }]) => critical && !known.has(oid)).map(([oid]) => oid),
  };
}

/** Reason, hold instruction (which says nothing any more), invalidity date, certificate issuer. */
const known: ReadonlySet<string> = new Set(["2.5.29.21", "2.5.29.23", "2.5.29.24", "2.5.29.29"]);

function isReasonAlone(bytes: Uint8Array, from: number): boolean {
  for (let index = 0; index < 13; index += 1) if (bytes[from + index] !== reasonAlone[index]) return false;
  return true;
}

function readReason(der: Uint8Array): RevocationReason {
  const { tag, value } = readWholeDer(der);
  if (tag !== 0x0a || value.length === 0) throw new RangeError("the reason of an entry is no ENUMERATED");
  return value.length === 1 ? reasonOfCode(value[0] ?? 0) : "unspecified";
}

/** DER of the directory names among GeneralNames. */
function readDirectoryNames(der: Uint8Array): readonly Uint8Array[] {
  const names: Uint8Array[] = [];
  for (const name of eachChild(readWholeDer(der)))
    if (name.tag === 0xa4) names.push(child([readDer(name.value)], 0).whole);
  return names;
}
