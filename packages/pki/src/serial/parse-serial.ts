import { HandfastError, normaliseSerial } from "@handfast/core";

/**
 * Reads a serial number in any of the spellings that {@link formatSerial} knows, and as openssl writes it (`serial=…`
 * without the name, `0x…`): hex in upper or lower case, with colons or spaces or without, with the sign byte of DER or
 * without.
 *
 * A text of digits alone is hex as well, since that is what the same source writes next to `03A5B1`. Decimal is never
 * guessed: where a source writes it, as Cloudflare's API does (`serial_number`), say so.
 *
 * @returns lower-case hex in whole bytes, without leading zero bytes: the form of `facts.serial` and of CRLs here
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when the text is no serial number, when it is longer than 64 bytes (RFC
 *   5280, 4.1.2.2 has at most 20), or has more digits and no letter than 20 bytes of hex can have, so is most likely decimal
 * @example
 * ```ts
 * import { parseSerial } from "@handfast/pki";
 *
 * export const same: boolean = parseSerial("00:B1:43:0A") === parseSerial("b1430a");
 * export const fromCloudflare: string = parseSerial("6743787633689793699141714808227354901", {
 *   written: "decimal",
 * });
 * ```
 */
export function parseSerial(
  text: string,
  options: { readonly written?: "hex" | "decimal" | undefined } = {},
): string {
  const { written = "hex" } = options;
  if (text.length > 400) throw refusal(text, "it is too long; give the serial number alone");
  if (written === "decimal") {
    const digits = text.trim();
    if (!/^[0-9]{1,155}$/.test(digits))
      throw refusal(text, "it is not decimal; leave `written` out when it is hexadecimal");
    return normaliseSerial(BigInt(digits).toString(16));
  }
  let serial: string;
  try {
    serial = normaliseSerial(text);
  } catch {
    throw refusal(text, "it is not hexadecimal; give the serial number alone");
  }
  if (serial.length > 40 && /^[0-9]+$/.test(serial))
    throw refusal(text, 'as hex it is longer than 20 bytes; if it is decimal, pass { written: "decimal" }');
  if (serial.length > 128) throw refusal(text, "it is longer than 64 bytes; give the serial number alone");
  return serial;
}

function refusal(text: string, reason: string): HandfastError {
  return new HandfastError("CERTIFICATE_UNREADABLE", `read serial number failed [${show(text)}]: ${reason}`);
}

/** The beginning of the text, unless it is PEM or a line of it: that may be of a key. */
function show(text: string): string {
  const isLine = /[a-z0-9+/]{33}/i.test(text) && !/^[0-9a-f]*$/i.test(text);
  if (isLine || /[\r\n]|-----|PRIVATE KEY/.test(text)) return `${text.length} characters`;
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
