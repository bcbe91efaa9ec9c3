import { type CertificateFacts, type Clock, type CrlFacts, systemClock } from "@handfast/core";
import { formatName } from "@handfast/core/certificates";
import { type RenewalPolicy, renewBy } from "./renewal-policy.ts";
import {
  certificatesOf,
  chainOf,
  crlsOf,
  type IdentityAtHand,
  type PemAtHand,
  type ReadFile,
  type TrustAtHand,
  trustParts,
} from "./sources.ts";

/** Where a certificate or CRL was found. */
export interface CalendarPlace {
  readonly kind: "trust" | "identity" | "crl";
  /** The name under which it was given. */
  readonly name: string;
}

/** One date that matters. Plain data: what `JSON.stringify` makes of it says all. */
export interface CalendarEntry {
  /** Kind and SHA-256: the same date of the same thing has the same id in every calendar, whatever it is called. */
  readonly id: string;
  /** Milliseconds since the epoch, a whole second. */
  readonly at: number;
  /** The same in ISO 8601, UTC. */
  readonly date: string;
  /**
   * `becomes-valid`: not valid before, and still to come. `renew-by`: due by the policy. `expires`: not valid after.
   * `next-update`: a newer CRL is due; verifiers refuse everybody of that CA, or let the revoked in, when none comes.
   */
  readonly kind: "becomes-valid" | "renew-by" | "expires" | "next-update";
  /** One line for people: where it is used, the subject, the first 12 digits of the SHA-256, what happens. */
  readonly title: string;
  /** Subject of the certificate, issuer of the CRL; RFC 4514. */
  readonly subject: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly usedBy: readonly CalendarPlace[];
}

/** What to look through. Names are yours: those of a spec fit as they are. */
export interface CalendarInput {
  readonly trusts?: Readonly<Record<string, TrustAtHand>> | undefined;
  readonly identities?: Readonly<Record<string, IdentityAtHand>> | undefined;
  /** CRLs that belong to no trust. */
  readonly crls?: Readonly<Record<string, PemAtHand | readonly PemAtHand[]>> | undefined;
  readonly policy?: RenewalPolicy | undefined;
  /** Tells what is still to come. @default systemClock */
  readonly clock?: Clock | undefined;
  /** Reads what a spec names by `{ file }`, such as `(file) => readFileSync(file)`. Without it, a file is an error. */
  readonly readFile?: ReadFile | undefined;
}

/**
 * Every date that matters in trusts, identities and CRLs, in the order of time: expiry, what is not yet valid, a CRL's
 * next update, and renewal by a policy. Dates that are over stay in, since they matter most. A certificate that is used
 * in several places stands there once.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` for what can't be read, `FILE_UNREADABLE` for a file where no
 *   `readFile` was given
 * @throws TypeError for a policy that makes no sense
 * @example
 * ```ts
 * import { type CalendarEntry, calendarOf } from "@handfast/pki";
 *
 * export function dueSoon(chain: string, anchors: string): readonly CalendarEntry[] {
 *   const entries = calendarOf({
 *     trusts: { edge: { anchors } },
 *     identities: { shop: chain },
 *     policy: { leaves: { daysBefore: 60 } },
 *   });
 *   return entries.filter(({ at }) => at < Date.now() + 30 * 86_400_000);
 * }
 * ```
 */
export function calendarOf(input: CalendarInput): readonly CalendarEntry[] {
  const { policy = {}, clock = systemClock, readFile } = input;
  const certificates = new Map<string, Used<CertificateFacts>>();
  const crls = new Map<string, Used<CrlFacts>>();
  for (const [name, trust] of Object.entries(input.trusts ?? {})) {
    const parts = trustParts(trust);
    const place: CalendarPlace = { kind: "trust", name };
    note(certificates, certificatesOf(parts.anchors, `trusts.${name}.anchors`, readFile), place);
    note(crls, crlsOf(parts.crls, `trusts.${name}.crls`, readFile), place);
  }
  for (const [name, identity] of Object.entries(input.identities ?? {})) {
    const place: CalendarPlace = { kind: "identity", name };
    note(certificates, certificatesOf(chainOf(identity), `identities.${name}.chain`, readFile), place);
  }
  for (const [name, sources] of Object.entries(input.crls ?? {}))
    note(crls, crlsOf(sources, `crls.${name}`, readFile), { kind: "crl", name });
  const now = clock.now();
  return [
    ...[...certificates.values()].flatMap((used) => entriesOfCertificate(used, policy, now)),
    ...[...crls.values()].flatMap((used) => entriesOfCrl(used, now)),
  ].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** Facts, and where they were found. */
interface Used<Facts> {
  readonly facts: Facts;
  readonly places: CalendarPlace[];
}

function note<Facts extends { readonly sha256: string }>(
  found: Map<string, Used<Facts>>,
  all: readonly Facts[],
  place: CalendarPlace,
): void {
  for (const facts of all) {
    const used = found.get(facts.sha256);
    if (used === undefined) found.set(facts.sha256, { facts, places: [place] });
    else if (!used.places.includes(place)) used.places.push(place);
  }
}

function entriesOfCertificate(
  { facts, places }: Used<CertificateFacts>,
  policy: RenewalPolicy,
  now: number,
): CalendarEntry[] {
  const { subject, sha256, notBefore, notAfter } = facts;
  const due = renewBy(facts, policy);
  const entry = (kind: CalendarEntry["kind"], at: number): CalendarEntry =>
    makeEntry({ kind, at, subject, sha256, usedBy: places }, subject);
  return [
    ...(notBefore > now ? [entry("becomes-valid", notBefore)] : []),
    ...(due === undefined ? [] : [entry("renew-by", due)]),
    entry("expires", notAfter),
  ];
}

function entriesOfCrl({ facts, places }: Used<CrlFacts>, now: number): CalendarEntry[] {
  const { sha256, thisUpdate, nextUpdate } = facts;
  const subject = formatName(Buffer.from(facts.issuer, "hex"));
  const entry = (kind: CalendarEntry["kind"], at: number): CalendarEntry =>
    makeEntry({ kind, at, subject, sha256, usedBy: places }, `CRL of ${subject}`);
  return [
    ...(thisUpdate > now ? [entry("becomes-valid", thisUpdate)] : []),
    ...(nextUpdate === undefined ? [] : [entry("next-update", nextUpdate)]),
  ];
}

const happenings = {
  "becomes-valid": "becomes valid",
  "renew-by": "is due for renewal",
  expires: "expires",
  "next-update": "is due for its next update",
} as const;

function makeEntry(
  parts: Pick<CalendarEntry, "kind" | "at" | "subject" | "sha256" | "usedBy">,
  what: string,
): CalendarEntry {
  const { kind, at, subject, sha256, usedBy } = parts;
  const [first, second, ...more] = usedBy.map((place) => `${place.kind} ${place.name}`);
  const where = [first, second, ...(more.length === 0 ? [] : [`${more.length} more`])].filter(
    (name) => name !== undefined,
  );
  return {
    id: `${kind}-${sha256}`,
    at,
    date: new Date(at).toISOString().replace(".000Z", "Z"),
    kind,
    title: `${where.join(", ")}: ${what === "" ? "(no subject)" : what} (${sha256.slice(0, 12)}) ${happenings[kind]}`,
    subject,
    sha256,
    usedBy,
  };
}
