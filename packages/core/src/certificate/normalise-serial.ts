/**
 * The one form in which serial numbers are compared, whoever wrote them: lower-case hex in whole bytes, without leading
 * zero bytes. Takes upper and lower case, colons or spaces between the bytes or none, `0x` before them, zeros that are
 * missing or too many: of a byte between colons, of the first byte, the sign byte of DER.
 *
 * @throws TypeError when the text is not hex
 */
export function normaliseSerial(hex: string): string {
  const digits = hex
    .trim()
    .replace(/^0x/i, "")
    .replaceAll(/(?<=^|[:\s])[0-9a-f](?=[:\s]|$)/gi, "0$&")
    .replaceAll(/[:\s]/g, "")
    .toLowerCase()
    .replace(/^0+(?=.)/, "");
  if (!/^[0-9a-f]+$/.test(digits)) throw new TypeError("normaliseSerial: a serial number is hexadecimal");
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}
