/**
 * One form for the five spellings of a serial number that providers use (upper or lower case, colons or none, a
 * leading 00 octet or none): lower-case hex without colons and without leading zero bytes.
 *
 * @throws TypeError when the text is not hex
 */
export function normaliseSerial(serial: string): string {
  const hex = serial.trim().replace(/^0x/i, "").replaceAll(/[:\s]/g, "").toLowerCase();
  if (!/^[0-9a-f]+$/.test(hex)) throw new TypeError("normaliseSerial: a serial number is hexadecimal");
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return even.replace(/^(?:00)+(?=..)/, "");
}
