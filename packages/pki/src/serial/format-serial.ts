import { parseSerial } from "./parse-serial.ts";

/** Who writes or wants serial numbers, each in a way of its own. */
export type SerialSpelling =
  /** `03A5B1`: the header and the connection logs (AWS, "Mutual authentication with TLS in Application Load Balancer"). */
  | "alb"
  /**
   * `00:b1:43`: header, functions and connection logs, with the sign byte of DER (Amazon CloudFront Developer Guide,
   * "Viewer mTLS headers for cache policies and forwarded to origin").
   */
  | "cloudfront"
  /**
   * `B143`: the keys of AWS's sample store of revoked serials ("Create a KeyValueStore for revoked certificates"). A
   * store compares letter by letter, so a function must fold what it is given by CloudFront in the same way.
   */
  | "cloudfront-kvs"
  /** `b1:43`: the filter of ACM's SearchCertificates (ACM API Reference, "X509AttributeFilter"): 2 to 20 bytes. */
  | "acm"
  /** `b143`: the default name of a session of IAM Roles Anywhere, in which no colon may stand. */
  | "roles-anywhere";

/**
 * Writes a serial number as a provider does. Bytes are never split, and none is missing.
 *
 * @param serial in any spelling that {@link parseSerial} reads
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when it can't be read
 * @throws TypeError for a spelling that is not listed, and for `acm` when the serial number has more than 20 bytes
 * @example
 * ```ts
 * import { formatSerial } from "@handfast/pki";
 *
 * export const header: string = formatSerial("b1430a", "cloudfront"); // 00:b1:43:0a
 * ```
 */
export function formatSerial(serial: string, spelling: SerialSpelling): string {
  const hex = parseSerial(serial);
  const colons = (digits: string): string => digits.replaceAll(/(?<=.)..(?=(..)*$)/g, ":$&");
  switch (spelling) {
    case "alb":
    case "cloudfront-kvs":
      return hex.toUpperCase();
    case "cloudfront":
      return colons(/^[89a-f]/.test(hex) ? `00${hex}` : hex);
    case "acm":
      if (hex.length > 40)
        throw new TypeError("formatSerial: ACM looks for serial numbers of at most 20 bytes");
      return colons(hex.length === 2 ? `00${hex}` : hex);
    case "roles-anywhere":
      return hex;
    default:
      throw new TypeError(`formatSerial: there is no spelling ${String(spelling)}`);
  }
}
