import { HandfastError } from "@handfast/core";
import { hashOf, signatureAlgorithm } from "../authority/sign-der.ts";
import { bitString, element, time } from "../der/write-der.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { encodeCrlExtensions, encodeDistributionPoint } from "./crl-extensions.ts";
import type { CreateCrlOptions, CrlIssuer } from "./crl-options.ts";
import { makeEntryBuffer } from "./entry-buffer.ts";
import { openPrevious, type PreviousList } from "./previous-list.ts";
import { type Crl, crlOf } from "./read-crl.ts";
import { type RevokedCertificate, serialOctets } from "./revoked-certificate.ts";

const day = 86_400_000;
/** 99991231235959Z, the last moment that a CRL can name. */
const lastMoment = 253_402_300_799_000;

/**
 * Signs a version 2 CRL (RFC 5280, section 5). It is written into one array: see {@link makeEntryBuffer} for what a large
 * one takes.
 *
 * Lists are made one after the other, each from the newest. Of two that are made at once from the same list, both have
 * the same number, and each lacks what the other adds: wait for one before you begin the next, also across processes.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when it would forget an entry, when it has a number above 1 and
 *   no previous list, when its number is not above that of the
 *   previous list, or when an entry can't be written; `CERTIFICATE_UNREADABLE` for a previous list that is none
 */
export async function createCrl(options: CreateCrlOptions, issuer: CrlIssuer): Promise<Crl> {
  const { facts } = issuer.certificate;
  if (facts.keyUsage !== undefined && !facts.keyUsage.includes("cRLSign"))
    throw unfit(issuer, "its key usage does not include cRLSign, so nobody would believe the list");
  const previous =
    options.previous === undefined || options.previous === "none"
      ? undefined
      : openPrevious(options.previous, issuer, options);
  if (previous === undefined && options.forget !== undefined && [...options.forget].length > 0)
    throw unfit(issuer, "there is nothing to forget without a previous list; give previous");
  const number = numberOf(options.number, previous, issuer);
  const dates = datesOf(issuer, options.days ?? 30, previous);
  if (options.previous === undefined && number > 1n)
    throw unfit(
      issuer,
      `its number ${number} says that there was a list before, whose entries it would forget; give previous, or say ` +
        'previous: "none" when revoked names everything that is revoked',
    );
  const extensions = encodeCrlExtensions({
    number,
    keyId: issuer.keyId,
    issuingDistributionPoint: pointOf(options, previous, issuer),
  });
  const algorithm = signatureAlgorithm(issuer.key);
  const head = Buffer.concat([version2, algorithm, issuer.subject, ...dates.map((date) => time(date))]);
  const buffer = makeEntryBuffer(head.length + 3 * longestHeader);

  let entry = 0;
  const add = (revoked: RevokedCertificate): void => {
    entry += 1;
    const octets = serialOctets(revoked.serial, entry);
    const isKnown = previous?.name(octets) === true;
    if (isKnown && revoked.reason === undefined && revoked.invalidSince === undefined) return;
    buffer.add(revoked, octets, entry);
  };
  const { revoked } = options;
  if (Symbol.iterator in revoked) for (const one of revoked) add(one);
  else for await (const one of revoked) add(one);
  previous?.carryOver(buffer);

  // The list must be absent when it is empty (RFC 5280, 5.1.2.6).
  if (buffer.count > 0) buffer.prepend(header(0x30, buffer.length));
  buffer.prepend(head);
  buffer.append(extensions);
  buffer.prepend(header(0x30, buffer.length));
  const signature = await sign(issuer.key, buffer.view());
  buffer.append(algorithm);
  buffer.append(bitString(signature));
  buffer.prepend(header(0x30, buffer.length));
  return crlOf(buffer.take());
}

const version2 = element(0x02, Uint8Array.of(1));
/** A tag, and a length of up to four octets. */
const longestHeader = 6;

/** A key that can, signs at once: to sign on another thread, Node would copy the list first. */
async function sign(key: KeyHandle, content: Uint8Array): Promise<Uint8Array> {
  const hash = hashOf(key);
  return key.signSync === undefined ? key.sign(content, hash) : key.signSync(content, hash);
}

function header(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(tag, 0x80 | octets.length, ...octets);
}

function numberOf(
  given: number | bigint | undefined,
  previous: PreviousList | undefined,
  issuer: CrlIssuer,
): bigint {
  const before = previous?.parts.number;
  if (given === undefined) {
    if (before !== undefined) return before + 1n;
    throw unfit(issuer, "it needs a number: there is no previous list that has one");
  }
  if (
    typeof given === "number" ? !Number.isSafeInteger(given) || given < 0 : given < 0n || given >= 1n << 159n
  )
    throw unfit(issuer, `${given} is no CRL number: a whole number from 0 on, of at most 20 octets`);
  const number = BigInt(given);
  if (before !== undefined && number <= before)
    throw unfit(
      issuer,
      `its number ${number} is not above ${before}, that of the previous list; leave it out`,
    );
  return number;
}

function datesOf(
  issuer: CrlIssuer,
  days: number,
  previous: PreviousList | undefined,
): readonly [number, number] {
  const thisUpdate = Math.floor(issuer.clock.now() / 1_000) * 1_000;
  const { notAfter } = issuer.certificate.facts;
  const nextUpdate = Math.floor(Math.min(thisUpdate + days * day, notAfter, lastMoment) / 1_000) * 1_000;
  if (thisUpdate >= notAfter)
    throw unfit(
      issuer,
      `its own validity ended at ${new Date(notAfter).toISOString()}, so nobody would believe the list; renew it`,
    );
  if (!(nextUpdate > thisUpdate && thisUpdate >= 0))
    throw unfit(
      issuer,
      `${days} days from ${thisUpdate} ms are no time until the next list; give days above 0`,
    );
  const before = previous?.crl.facts.thisUpdate;
  if (before !== undefined && thisUpdate < before)
    throw unfit(
      issuer,
      `the previous list was signed at ${new Date(before).toISOString()}, which is still to come; set the clock right`,
    );
  return [thisUpdate, nextUpdate];
}

/**
 * The point of a list: that of the list before, octet by octet, or one that lists no less. One with URLs speaks of
 * certificates that name one of them (RFC 5280, 6.3.3, b, 2).
 */
function pointOf(
  { issuingDistributionPoint: given }: CreateCrlOptions,
  previous: PreviousList | undefined,
  issuer: CrlIssuer,
): Uint8Array | undefined {
  const before = previous?.parts.issuingDistributionPoint;
  if (before?.reasons !== undefined || before?.indirect === true || before?.only === "attribute")
    throw unfit(
      issuer,
      "the previous list has an issuing distribution point of a kind that handfast does not write",
    );
  if (given === undefined) return previous?.parts.extensions.get("2.5.29.28")?.value;
  if (previous !== undefined && given.only !== undefined && given.only !== before?.only)
    throw unfit(
      issuer,
      `the previous list lists ${before?.only ?? "all"} certificates, this one would list ${given.only} certificates ` +
        "only and forget the others; begin a new list without previous",
    );
  const { urls = [] } = given;
  const gone = before?.urls.find((url) => !urls.includes(url));
  if (previous !== undefined && urls.length > 0 && (gone !== undefined || (before?.urls ?? []).length === 0))
    throw unfit(
      issuer,
      `the previous list lists ${gone === undefined ? "certificates whatever URL they name" : `what names ${gone}`}, ` +
        "this one would list what names its URLs only and forget the others; leave urls out, or begin a new list " +
        "without previous",
    );
  return encodeDistributionPoint(given);
}

function unfit({ certificate }: CrlIssuer, reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `create CRL failed [issuer=${certificate.facts.subject}]: ${reason}`,
  );
}
