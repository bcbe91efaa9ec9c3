import { HandfastError, normaliseSerial } from "@handfast/core";
import {
  type CrlParts,
  checkCrlSignature,
  crlPartsOf,
  type RevokedEntry,
  SerialTable,
} from "@handfast/core/certificates";
import type { CreateCrlOptions, CrlIssuer } from "./crl-options.ts";
import type { EntryBuffer } from "./entry-buffer.ts";
import { type Crl, readCrl } from "./read-crl.ts";

/** The list before the one that is being made. */
export interface PreviousList {
  readonly crl: Crl;
  readonly parts: CrlParts;
  /**
   * Takes note that a serial is named anew; `octets` without leading zeros.
   *
   * @returns whether it stands on the list
   * @throws HandfastError `CERTIFICATE_UNSUITABLE` when it is to be forgotten as well
   */
  name(octets: Uint8Array): boolean;
  /**
   * Adds what stands on the list and is not in the buffer yet.
   *
   * @throws HandfastError `CERTIFICATE_UNSUITABLE` naming the entries that would be forgotten
   */
  carryOver(buffer: EntryBuffer): void;
}

/** How many serials an error names. */
const mostNamed = 5;

/**
 * Opens the list before.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when it is none, `CERTIFICATE_UNSUITABLE` when it is not a complete
 *   list of this issuer, signed by it
 */
export function openPrevious(
  input: Crl | string | Uint8Array,
  issuer: CrlIssuer,
  options: CreateCrlOptions,
): PreviousList {
  const crl = typeof input === "string" || input instanceof Uint8Array ? readCrl(input) : input;
  const parts = crlPartsOf(crl.facts);
  const { entries } = parts;
  const { der } = crl.facts;
  const { subject } = issuer.certificate.facts;
  checkPrevious(crl, parts, issuer);

  const forgotten = new SerialTable();
  for (const { serial, because } of options.forget ?? []) {
    const hex = normaliseSerial(serial);
    const place = entries.find(Buffer.from(hex, "hex"));
    if (place === undefined)
      throw unfit(
        subject,
        `${hex} is to be forgotten, but is not on the previous list; leave it out of forget`,
      );
    if (typeof because !== "string" || because.trim() === "")
      throw unfit(subject, `${hex} is to be forgotten without a reason; say why in because`);
    forgotten.add(der, place.from);
  }
  const isForgotten = (octets: Uint8Array, from = 0, to = octets.length): boolean =>
    forgotten.find(der, octets, from, to) >= 0;

  const { missing: mode = "carry-over", expires } = options;
  const named = new SerialTable();
  const { thisUpdate } = crl.facts;
  /** Whether the list was signed when the certificate had ended: then its entry has stood there long enough. */
  const hasStoodLongEnough = ({ serial, at }: RevokedEntry): boolean => {
    const end = expires?.(serial);
    if (end === undefined) return false;
    checkEnd(end, serial, at, subject);
    return end < thisUpdate;
  };

  return {
    crl,
    parts,
    name: (octets) => {
      const place = entries.find(octets);
      if (place === undefined) return false;
      if (forgotten.size > 0 && isForgotten(octets))
        throw unfit(subject, `${entries.at(place).serial} is in revoked and in forget; take it out of one`);
      if (mode === "refuse") named.add(der, place.from);
      return true;
    },
    carryOver: (buffer) => {
      const lost: string[] = [];
      let count = 0;
      for (const place of entries.places()) {
        const octets = entries.octets(place);
        if (forgotten.size > 0 && isForgotten(octets)) continue;
        const isNamed = mode === "carry-over" || named.find(der, octets, 0, octets.length) >= 0;
        if (expires !== undefined && hasStoodLongEnough(entries.at(place))) continue;
        if (isNamed) {
          buffer.copy(der, place.from, place.to);
          continue;
        }
        count += 1;
        if (lost.length < mostNamed) lost.push(entries.at(place).serial);
      }
      if (count > 0) throw lose(subject, lost, count);
    },
  };
}

/** 1973-03-03 in milliseconds. As seconds it lies in the year 5138, so an end below it was given in seconds. */
const leastEnd = 100_000_000_000;

/** An end in the wrong unit lies long ago, and would make the certificate valid again. */
function checkEnd(end: number, serial: string, revokedAt: number, subject: string): void {
  if (typeof end !== "number" || Number.isNaN(end))
    throw unfit(
      subject,
      `expires gives no number for ${serial}; give milliseconds since the epoch, or undefined`,
    );
  if (end >= leastEnd && end >= revokedAt) return;
  const why =
    end < leastEnd
      ? "which are most likely seconds; give milliseconds"
      : `which is before it was revoked, at ${revokedAt}; give the right end, or undefined to keep the entry, or name it ` +
        "in forget";
  throw unfit(subject, `expires gives ${end} ms since the epoch for ${serial}, ${why}`);
}

function checkPrevious({ facts }: Crl, parts: CrlParts, { certificate }: CrlIssuer): void {
  const { subject } = certificate.facts;
  const signature = checkCrlSignature(facts, certificate.facts);
  if (signature.verdict === "bad")
    throw unfit(
      subject,
      `the previous list is not one of this authority: ${signature.explanation}; give its own`,
    );
  if (parts.baseNumber !== undefined)
    throw unfit(subject, "the previous list is a delta CRL; give the last complete one");
  const [strange] = parts.unknownCritical;
  if (strange !== undefined || parts.entries.foreign > 0)
    throw unfit(
      subject,
      strange === undefined
        ? "the previous list is an indirect CRL, with entries of other issuers; handfast writes none"
        : `the previous list has a critical extension ${strange}, which handfast does not know`,
    );
}

function lose(subject: string, serials: readonly string[], count: number): HandfastError {
  const more = count > serials.length ? ` and ${count - serials.length} more` : "";
  const what = count === 1 ? "an entry" : `${count} entries`;
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `create CRL failed [issuer=${subject}]: it would forget ${what} of the previous list whose certificates may still ` +
      `be valid: ${serials.join(", ")}${more}; name them in revoked, say when they expire (expires), or name them in forget`,
    { facts: { forgotten: count, serials: serials.join(" ") } },
  );
}

function unfit(subject: string, reason: string): HandfastError {
  return new HandfastError("CERTIFICATE_UNSUITABLE", `create CRL failed [issuer=${subject}]: ${reason}`);
}
