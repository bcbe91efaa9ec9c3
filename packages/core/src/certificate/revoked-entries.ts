import { type EntryExtensions, readEntryExtensions } from "./entry-extensions.ts";
import type { RevocationReason } from "./revocation-reason.ts";
import { contentOf, endOf, timeAt } from "./scan-der.ts";
import { SerialTable, serialFrom, serialTo } from "./serial-table.ts";

/** One entry of a CRL (RFC 5280, 5.1.2.6). */
export interface RevokedEntry {
  /** Lower-case hex without leading zero bytes, as {@link CertificateFacts} has it. */
  readonly serial: string;
  /** When it was revoked, in milliseconds since the epoch. */
  readonly at: number;
  /** `unspecified` when the entry gives none, or one that RFC 5280 does not define. */
  readonly reason: RevocationReason;
  /** When the key is known or suspected to have been lost, in milliseconds since the epoch (5.3.2). */
  readonly invalidSince?: number | undefined;
}

/**
 * The entries of a CRL that its own issuer's certificates have, read from its DER when somebody asks: no object is kept
 * for any. Of entries with the same serial the first counts. Finding one takes the same time in a list of any length.
 */
export interface RevokedEntries extends Iterable<RevokedEntry> {
  /** How many serials there are. */
  readonly size: number;
  /** Entries whose serial stood before them. */
  readonly duplicates: number;
  /** Entries whose serial is encoded as a negative number, which RFC 5280 forbids (4.1.2.2) and ALB can't enforce. */
  readonly negatives: number;
  /** Entries for certificates of other issuers, in an indirect CRL (RFC 5280, 5.3.3). They are left out. */
  readonly foreign: number;
  /** OIDs of critical extensions of entries that are not known here: by such a list nobody may judge (5.3). */
  readonly unknownCritical: readonly string[];
  /** @param serial lower-case hex without leading zero bytes; other spellings are not found */
  has(serial: string): boolean;
  /** @param serial lower-case hex without leading zero bytes; other spellings are not found */
  get(serial: string): RevokedEntry | undefined;
  /** The serials alone, in the order of the list. */
  serials(): Generator<string, undefined>;
  /** Where each entry begins and ends in the DER, in the order of the list. */
  places(): Generator<{ readonly from: number; readonly to: number }, void, undefined>;
}

/**
 * Reads the entries that lie in `der` from `from` to `to`.
 *
 * @param issuer DER of the name of the CRL's issuer
 * @throws RangeError when one is not in the form of RFC 5280
 */
export function readRevokedEntries(
  der: Uint8Array,
  from: number,
  to: number,
  issuer: Uint8Array,
): RevokedEntries {
  const { count, negatives, isIndirect, unknownCritical } = survey(der, from, to);
  const table = new SerialTable(count);
  let own = true;
  let foreign = 0;
  for (let at = from; at < to; at = endOf(der, at, to)) {
    if (isIndirect) own = isOwn(extensionsOf(der, at, to), issuer, own);
    if (own) table.add(der, at);
    else foreign += 1;
  }
  const { size } = table;
  const isWhole = size === count;
  /** Where the first entry at or behind `at` begins that counts. */
  const nextAt = (at: number): number => {
    let here = at;
    while (here < to && !isWhole && table.find(der, der, serialFrom(der, here), serialTo(der, here)) !== here)
      here = endOf(der, here, to);
    return here;
  };
  const find = (serial: string): number => {
    const octets = octetsOf(serial);
    return octets === undefined ? -1 : table.find(der, octets, 0, octets.length);
  };

  return Object.freeze({
    size,
    duplicates: count - size - foreign,
    negatives,
    foreign,
    unknownCritical,
    has: (serial: string) => find(serial) >= 0,
    get: (serial: string) => {
      const at = find(serial);
      return at < 0 ? undefined : entryAt(der, at, to);
    },
    *[Symbol.iterator]() {
      for (let at = nextAt(from); at < to; at = nextAt(endOf(der, at, to))) yield entryAt(der, at, to);
    },
    *serials(): Generator<string, undefined> {
      for (let at = nextAt(from); at < to; at = nextAt(endOf(der, at, to))) yield serialAt(der, at);
    },
    *places() {
      for (let at = nextAt(from); at < to; at = nextAt(endOf(der, at, to)))
        yield { from: at, to: endOf(der, at, to) };
    },
  });
}

interface Survey {
  readonly count: number;
  readonly negatives: number;
  readonly isIndirect: boolean;
  readonly unknownCritical: readonly string[];
}

/** More of them would tell nobody more. */
const mostUnknown = 8;

/** Looks at every entry once, so that whatever is asked for later can be read. */
function survey(der: Uint8Array, from: number, to: number): Survey {
  const unknown = new Set<string>();
  let count = 0;
  let negatives = 0;
  let isIndirect = false;
  for (let at = from; at < to; count += 1) {
    const end = endOf(der, at, to);
    const serial = contentOf(der, at);
    const time = endOf(der, serial, end);
    const content = contentOf(der, serial);
    if (der[at] !== 0x30 || der[serial] !== 0x02 || content === time)
      throw new RangeError("an entry of a CRL has no serial");
    if ((der[content] ?? 0) >= 0x80) negatives += 1;
    const extensions = endOf(der, time, end);
    timeAt(der, time, extensions);
    if (extensions < end) {
      const { issuers, unknown: strange } = readEntryExtensions(der, extensions, end);
      if (issuers !== undefined) isIndirect = true;
      for (const oid of strange) if (unknown.size < mostUnknown) unknown.add(oid);
    }
    at = end;
  }
  return { count, negatives, isIndirect, unknownCritical: [...unknown] };
}

/** An entry without an issuer of its own has that of the entry before (RFC 5280, 5.3.3). */
function isOwn({ issuers }: EntryExtensions, issuer: Uint8Array, before: boolean): boolean {
  return issuers === undefined ? before : issuers.some((name) => Buffer.compare(name, issuer) === 0);
}

function extensionsOf(der: Uint8Array, at: number, limit: number): EntryExtensions {
  const end = endOf(der, at, limit);
  const time = endOf(der, contentOf(der, at), end);
  return readEntryExtensions(der, endOf(der, time, end), end);
}

function entryAt(der: Uint8Array, at: number, limit: number): RevokedEntry {
  const end = endOf(der, at, limit);
  const time = endOf(der, contentOf(der, at), end);
  const extensions = endOf(der, time, end);
  const { reason, invalidSince } = readEntryExtensions(der, extensions, end);
  const entry = { serial: serialAt(der, at), at: timeAt(der, time, extensions), reason };
  return invalidSince === undefined ? entry : { ...entry, invalidSince };
}

function serialAt(der: Uint8Array, at: number): string {
  const from = serialFrom(der, at);
  return Buffer.from(der.buffer, der.byteOffset + from, serialTo(der, at) - from).toString("hex");
}

/** The octets of a serial in the one form; undefined for any other, which no list can hold. */
function octetsOf(serial: string): Uint8Array | undefined {
  if (serial.length % 2 !== 0 || !/^(?:00|(?!00)[0-9a-f]+)$/.test(serial)) return undefined;
  return Buffer.from(serial, "hex");
}
