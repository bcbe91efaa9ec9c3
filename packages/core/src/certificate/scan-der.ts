/**
 * DER by offsets, for lists of half a million elements: {@link readDer} makes three objects for each. The same rules
 * hold: single-octet tags and definite lengths, written as short as can be.
 */

/** Where the content of the element at `at` begins. */
export function contentOf(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] ?? 0;
  return first < 0x80 ? at + 2 : at + 2 + (first & 0x7f);
}

/**
 * Where the element at `at` ends.
 *
 * @throws RangeError when it does not end at `limit` or before, or is not DER
 */
export function endOf(bytes: Uint8Array, at: number, limit: number): number {
  const first = bytes[at + 1];
  if (first === undefined || at + 2 > limit) throw new RangeError("DER ends too early");
  if (((bytes[at] ?? 0) & 0x1f) === 0x1f) throw new RangeError("DER tag has more than one octet");
  if (first < 0x80) {
    if (at + 2 + first > limit) throw new RangeError("DER ends too early");
    return at + 2 + first;
  }
  const body = contentOf(bytes, at);
  if (first === 0x80 || body > at + 6 || body > limit) throw new RangeError("DER length is not definite");
  let length = 0;
  for (let octet = at + 2; octet < body; octet += 1) length = length * 256 + (bytes[octet] ?? 0);
  if (length < 0x80 || bytes[at + 2] === 0) throw new RangeError("DER length is not minimal");
  if (body + length > limit) throw new RangeError("DER ends too early");
  return body + length;
}

/**
 * The UTCTime or GeneralizedTime at `at` (RFC 5280, 4.1.2.5), in milliseconds since the epoch.
 *
 * @throws RangeError when it is none, or does not exist
 */
export function timeAt(bytes: Uint8Array, at: number, end: number): number {
  const tag = bytes[at];
  const digits = end - at - 3;
  if (bytes[end - 1] !== 0x5a || !((tag === 0x17 && digits === 12) || (tag === 0x18 && digits === 14)))
    throw new RangeError("a time is not in the form of RFC 5280, 4.1.2.5");
  const from = end - 11;
  const short = pair(bytes, from - 2);
  const year = tag === 0x18 ? pair(bytes, from - 4) * 100 + short : short < 50 ? 2000 + short : 1900 + short;
  const month = pair(bytes, from);
  const day = pair(bytes, from + 2);
  const hour = pair(bytes, from + 4);
  const minute = pair(bytes, from + 6);
  const second = pair(bytes, from + 8);
  const exists =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysOf(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!exists) throw new RangeError("a time does not exist");
  // Date.UTC takes a year below 100 for one of the last century
  return Date.UTC(year + 400, month - 1, day, hour, minute, second) - fourCenturies;
}

/** Every 400 years the calendar is the same again. */
const fourCenturies = 146_097 * 86_400_000;

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Two decimal digits. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30;
  const ones = (bytes[at + 1] ?? 0) - 0x30;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw new RangeError("a time is not made of digits");
  return tens * 10 + ones;
}
