/**
 * DER by offsets, for lists of half a million elements: {@link readDer} makes three objects for each. The same rules
 * hold: single-octet tags and definite lengths, written as short as can be.
 */

/** Where the content of the element at `at` begins. */
export function contentOf(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] as number;
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
  checkTimeAt(bytes, at, end);
  const from = end - 11;
  const year = yearAt(bytes, at, from);
  const [month, day, hour] = [pair(bytes, from), pair(bytes, from + 2), pair(bytes, from + 4)];
  // Date.UTC takes a year below 100 for one of the last century
  const later = Date.UTC(year + 400, month - 1, day, hour, pair(bytes, from + 6), pair(bytes, from + 8));
  return later - fourCenturies;
}

/**
 * Holds a time to its form, without the cost of reckoning it.
 *
 * @throws RangeError when it is none, or does not exist
 */
export function checkTimeAt(bytes: Uint8Array, at: number, end: number): void {
  const tag = bytes[at];
  const digits = end - at - 3;
  if (bytes[end - 1] !== 0x5a || !((tag === 0x17 && digits === 12) || (tag === 0x18 && digits === 14)))
    throw new RangeError("a time is not in the form of RFC 5280, 4.1.2.5");
  const from = end - 11;
  const century = tag === 0x17 ? 0 : digitsAt(bytes, from - 4);
  const year = digitsAt(bytes, from - 2);
  const month = digitsAt(bytes, from);
  const day = digitsAt(bytes, from + 2);
  const hour = digitsAt(bytes, from + 4);
  const minute = digitsAt(bytes, from + 6);
  const second = digitsAt(bytes, from + 8);
  if ((century | year | month | day | hour | minute | second) >= noDigits)
    throw new RangeError("a time is not made of digits");
  // only the 29th to 31st need to know the month
  const isDay = day >= 1 && (day <= 28 || day <= daysOf(yearAt(bytes, at, from), month));
  if (hour > 23 || minute > 59 || second > 59 || !isDay || month < 1 || month > 12)
    throw new RangeError("a time does not exist");
}

const noDigits = 128;

/** Two decimal digits; {@link noDigits} when they are none. */
function digitsAt(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 0x30;
  const ones = (bytes[at + 1] as number) - 0x30;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? noDigits : tens * 10 + ones;
}

/** The year of a time, the month of which stands at `from`. */
function yearAt(bytes: Uint8Array, at: number, from: number): number {
  const short = pair(bytes, from - 2);
  if (bytes[at] === 0x18) return pair(bytes, from - 4) * 100 + short;
  return short < 50 ? 2000 + short : 1900 + short;
}

/** Every 400 years the calendar is the same again. */
const fourCenturies = 146_097 * 86_400_000;

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Two decimal digits. */
function pair(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 10 + (bytes[at + 1] as number) - 0x210;
}
