import { readEntryExtensions } from "./entry-extensions.ts";
import { normaliseSerial } from "./normalise-serial.ts";
import type { RevocationReason } from "./revocation-reason.ts";
import { checkTimeAt, contentOf, endOf, timeAt } from "./scan-der.ts";
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

/** Where an entry begins and ends in the DER of its list. */
export interface EntryPlace {
  readonly from: number;
  readonly to: number;
}

/**
 * The entries of a CRL that its own issuer's certificates have, read from its DER when somebody asks: no object is kept
 * for any. Of entries with the same serial the first counts. Finding one takes the same time in a list of any length.
 */
export class RevokedEntries implements Iterable<RevokedEntry> {
  readonly #der: Uint8Array;
  readonly #from: number;
  readonly #to: number;
  readonly #table: SerialTable;
  /** Whether every entry counts. */
  readonly #isWhole: boolean;
  /** Entries whose serial stood before them. */
  readonly duplicates: number;
  /** Entries whose serial is encoded as a negative number, which RFC 5280 forbids (4.1.2.2) and ALB can't enforce. */
  readonly negatives: number;
  /** Entries for certificates of other issuers, in an indirect CRL (RFC 5280, 5.3.3). They are left out. */
  readonly foreign: number;
  /** OIDs of critical extensions of entries that are not known here: by such a list nobody may judge (5.3). */
  readonly unknownCritical: readonly string[];

  /**
   * Reads the entries that lie in `der` from `from` to `to`.
   *
   * @param issuer DER of the name of the CRL's issuer
   * @throws RangeError when one is not in the form of RFC 5280
   */
  constructor(der: Uint8Array, from: number, to: number, issuer: Uint8Array) {
    this.#der = der;
    this.#from = from;
    this.#to = to;
    const table = new SerialTable((to - from) / usualOctets);
    const { count, negatives, foreign, unknown } = index(table, der, from, to, issuer);
    this.#table = table;
    this.#isWhole = table.size === count;
    this.duplicates = count - table.size - foreign;
    this.negatives = negatives;
    this.foreign = foreign;
    this.unknownCritical = unknown;
  }

  /** How many serials there are. */
  get size(): number {
    return this.#table.size;
  }

  /**
   * @param serial hex, in any of the spellings that `normaliseSerial` takes
   * @throws TypeError when it is not hex: of what is no serial nobody can say that it is not revoked
   */
  has(serial: string): boolean {
    const octets = octetsOf(serial);
    return this.#table.find(this.#der, octets, 0, octets.length) >= 0;
  }

  /**
   * @param serial hex, in any of the spellings that `normaliseSerial` takes
   * @throws TypeError when it is not hex
   */
  get(serial: string): RevokedEntry | undefined {
    const place = this.find(octetsOf(serial));
    return place === undefined ? undefined : this.at(place);
  }

  /** Where the entry of a serial lies, by its octets without leading zeros. */
  find(octets: Uint8Array): EntryPlace | undefined {
    const from = this.#table.find(this.#der, octets, 0, octets.length);
    return from < 0 ? undefined : { from, to: endOf(this.#der, from, this.#to) };
  }

  /** The octets of the serial at a place, without leading zeros; a view. */
  octets({ from }: EntryPlace): Uint8Array {
    return this.#der.subarray(serialFrom(this.#der, from), serialTo(this.#der, from));
  }

  /** The entry at a place that {@link RevokedEntries.find} or {@link RevokedEntries.places} gave. */
  at({ from, to }: EntryPlace): RevokedEntry {
    return entryAt(this.#der, from, to);
  }

  *[Symbol.iterator](): Generator<RevokedEntry, undefined> {
    for (const place of this.places()) yield this.at(place);
  }

  /** The serials alone, in the order of the list. */
  *serials(): Generator<string, undefined> {
    for (const { from } of this.places()) yield serialAt(this.#der, from);
  }

  /** The places of all entries, in the order of the list. */
  *places(): Generator<EntryPlace, undefined> {
    const der = this.#der;
    for (let from = this.#from; from < this.#to; ) {
      const to = endOf(der, from, this.#to);
      if (this.#isWhole || this.#table.find(der, der, serialFrom(der, from), serialTo(der, from)) === from)
        yield { from, to };
      from = to;
    }
  }
}

/** What was found while the serials of all entries went into a table. */
interface Found {
  readonly count: number;
  readonly negatives: number;
  readonly foreign: number;
  readonly unknown: readonly string[];
}

/** Holds every entry to its form and puts those of the list's own issuer into a table. Throws a RangeError. */
function index(table: SerialTable, der: Uint8Array, start: number, to: number, issuer: Uint8Array): Found {
  const unknown = new Set<string>();
  const ours = new Uint32Array(atOnce);
  let count = 0;
  let filled = 0;
  let negatives = 0;
  let foreign = 0;
  // an entry without an issuer of its own has that of the entry before (RFC 5280, 5.3.3)
  let isOurs = true;
  for (let at = start; at < to; count += 1) {
    const end = endOf(der, at, to);
    const serial = contentOf(der, at);
    const time = endOf(der, serial, end);
    const content = contentOf(der, serial);
    if (der[at] !== 0x30 || der[serial] !== 0x02 || content === time)
      throw new RangeError("an entry of a CRL has no serial");
    if ((der[content] as number) >= 0x80) negatives += 1;
    const extensions = endOf(der, time, end);
    checkTimeAt(der, time, extensions);
    if (extensions < end) {
      const said = readEntryExtensions(der, extensions, end);
      if (said.issuers !== undefined)
        isOurs = said.issuers.some((name) => Buffer.compare(name, issuer) === 0);
      if (said.unknown.length > 0)
        for (const oid of said.unknown) if (unknown.size < mostUnknown) unknown.add(oid);
    }
    if (isOurs) ours[filled++] = at;
    else foreign += 1;
    if (filled === atOnce) {
      table.addAll(der, ours, filled);
      filled = 0;
    }
    at = end;
  }
  table.addAll(der, ours, filled);
  return { count, negatives, foreign, unknown: [...unknown] };
}

/** So many serials go into the table together. */
const atOnce = 256;
/** Of an entry with a serial of 16 octets and a reason; how many there are is only guessed by it. */
const usualOctets = 49;
/** OIDs that are named; more would tell nobody more. */
const mostUnknown = 8;

function entryAt(der: Uint8Array, at: number, end: number): RevokedEntry {
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

/** The octets of a serial without leading zeros. The form that facts have is read at once; others are normalised first. */
function octetsOf(serial: string): Uint8Array {
  if (typeof serial !== "string") throw new TypeError("a serial number is given as hexadecimal text");
  return plainOctets(serial) ?? Buffer.from(normaliseSerial(serial), "hex");
}

/** The octets of whole bytes of hex without leading zeros; undefined for anything else. */
function plainOctets(serial: string): Uint8Array | undefined {
  const { length } = serial;
  if (length === 0 || length % 2 !== 0) return undefined;
  const octets = new Uint8Array(length / 2);
  for (let index = 0; index < length; index += 2) {
    const high = digitOf(serial.charCodeAt(index));
    const low = digitOf(serial.charCodeAt(index + 1));
    if (high < 0 || low < 0) return undefined;
    octets[index >> 1] = (high << 4) | low;
  }
  return octets[0] === 0 && length > 2 ? undefined : octets;
}

/** The value of a hexadecimal digit; -1 for anything else. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
