import { HandfastError } from "@handfast/core";
import { revocationReasons, SerialTable } from "@handfast/core/certificates";
import { element, octetString, oid, sequence, time } from "../der/write-der.ts";
import { checkMoment, type RevokedCertificate, reasonCode } from "./revoked-certificate.ts";

/**
 * The entries of a CRL, encoded one behind the other in one array that grows, with an index by serial. Of half a million
 * with a reason each it takes 25 MB, up to twice that while it grows, and 8 MB of index; no object is kept for any.
 */
export interface EntryBuffer {
  /** How many there are. */
  readonly count: number;
  /** Adds an entry, unless its serial is there. `entry` counts from 1 and stands in errors. */
  add(revoked: RevokedCertificate, octets: Uint8Array, entry: number): void;
  /** Adds an entry as it stands in the DER of another list, unless its serial is there. */
  copy(der: Uint8Array, from: number, to: number): void;
  /** Puts bytes before all that is there, into the room that was kept for them. */
  prepend(bytes: Uint8Array): void;
  append(bytes: Uint8Array): void;
  /** Octets of all that is there. */
  readonly length: number;
  /** All that is there: a view that holds until something is added. */
  view(): Uint8Array;
  /** All that is there, at the end. */
  take(): Uint8Array;
}

/** Octets up to which a copy costs nothing that matters. */
const worthCopying = 2 ** 20;
/** Longer lists nobody could load. */
const mostOctets = 2 ** 30;

/** @param room how many octets will be put before the entries at most */
export function makeEntryBuffer(room: number): EntryBuffer {
  let bytes = new Uint8Array(room + 1_024);
  let start = room;
  let end = room;
  const table = new SerialTable();
  const times = makeTimes();

  const reserve = (length: number): void => {
    if (end + length <= bytes.length) return;
    if (end + length > mostOctets)
      throw new HandfastError(
        "CERTIFICATE_UNSUITABLE",
        "create CRL failed: it would be longer than 1 GiB; split it by issuing distribution points",
      );
    const larger = new Uint8Array(Math.max(bytes.length * 2, end + length));
    larger.set(bytes.subarray(start, end), start);
    bytes = larger;
  };
  const append = (part: Uint8Array): void => {
    reserve(part.length);
    bytes.set(part, end);
    end += part.length;
  };
  /** Keeps what was written behind `at` when its serial is new. */
  const keepFrom = (at: number): void => {
    if (!table.add(bytes, at)) end = at;
  };

  return {
    get count() {
      return table.size;
    },
    get length() {
      return end - start;
    },
    add: (revoked, octets, entry) => {
      const when = times(revoked.at, entry);
      const extensions = encodeExtensions(revoked, entry);
      const sign = (octets[0] ?? 0) >= 0x80 ? 1 : 0;
      const length = 2 + sign + octets.length + when.length + extensions.length;
      reserve(length + 3);
      const out = bytes;
      const at = end;
      let here = at;
      out[here++] = 0x30;
      if (length >= 0x80) out[here++] = 0x81;
      out[here++] = length;
      out[here++] = 0x02;
      out[here++] = sign + octets.length;
      if (sign === 1) out[here++] = 0;
      // element by element: for so few a call of set takes longer
      for (let index = 0; index < octets.length; index += 1) out[here++] = octets[index] as number;
      for (let index = 0; index < when.length; index += 1) out[here++] = when[index] as number;
      for (let index = 0; index < extensions.length; index += 1) out[here++] = extensions[index] as number;
      end = here;
      keepFrom(at);
    },
    copy: (der, from, to) => {
      const at = end;
      append(der.subarray(from, to));
      keepFrom(at);
    },
    prepend: (part) => {
      start -= part.length;
      if (start < 0) throw new TypeError("makeEntryBuffer: too little room was kept");
      bytes.set(part, start);
    },
    append,
    view: () => bytes.subarray(start, end),
    // a short list does not lie in the corner of an array of some kilobytes
    take: () => (end - start < worthCopying ? bytes.slice(start, end) : bytes.subarray(start, end)),
  };
}

/** The DER of times; that of the last one is kept, since many certificates are revoked at once. */
function makeTimes(): (ms: number, entry: number) => Uint8Array {
  let last = Number.NaN;
  let der = new Uint8Array();
  return (ms, entry) => {
    if (ms !== last) {
      checkMoment(ms, "at", entry);
      der = Uint8Array.from(time(ms));
      last = ms;
    }
    return der;
  };
}

const none = new Uint8Array();

/** Extensions of an entry that has a reason only. */
const reasonsAlone: ReadonlyMap<string | undefined, Uint8Array> = new Map(
  Object.entries(revocationReasons)
    .filter(([reason]) => reason !== "unspecified" && reason !== "removeFromCRL")
    .map(([reason, code]) => [reason, sequence(encodeReason(code))]),
);

function encodeExtensions({ reason, invalidSince }: RevokedCertificate, entry: number): Uint8Array {
  if (invalidSince === undefined) {
    const known = reasonsAlone.get(reason);
    if (known !== undefined) return known;
  }
  const code = reason === undefined ? 0 : reasonCode(reason, entry);
  if (invalidSince === undefined) return none;
  checkMoment(invalidSince, "invalidSince", entry);
  const since = sequence(oid("2.5.29.24"), octetString(generalizedTime(invalidSince)));
  return code === 0 ? sequence(since) : sequence(encodeReason(code), since);
}

function encodeReason(code: number): Uint8Array {
  return sequence(oid("2.5.29.21"), octetString(element(0x0a, Uint8Array.of(code))));
}

/** GeneralizedTime whatever the year, which an invalidity date is (RFC 5280, 5.3.2). */
function generalizedTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "");
  return element(0x18, Buffer.from(`${digits}Z`, "latin1"));
}
