import { type Clock, systemClock } from "@handfast/core";
import ical, { ICalAlarmType, ICalEventTransparency } from "ical-generator";
import type { CalendarEntry } from "./calendar-of.ts";

/** How the calendar is written. */
export interface ICalendarOptions {
  /** Shown by calendar programs (X-WR-CALNAME). @default "Certificates" */
  readonly name?: string | undefined;
  /** Days before each date at which to remind; whole numbers from 0. @default none */
  readonly alarms?: readonly number[] | undefined;
  /** Gives the stamp of each event, so that the text repeats when it stands still. @default systemClock */
  readonly clock?: Clock | undefined;
}

const advice = {
  "becomes-valid": "Whoever shows it before is refused.",
  "renew-by": "Issue its successor, and roll it out beside it.",
  expires: "Whoever shows it afterwards, or depends on it, is refused.",
  "next-update": "Sign and roll out a newer list: many verifiers refuse everybody of a CA whose list is old.",
} as const;

/**
 * Entries as a calendar that others subscribe to (iCalendar, RFC 5545): an event without length at each date, in UTC,
 * which blocks nobody's time. Its UID is the entry's id, so a calendar that is made anew replaces the events of the old.
 *
 * @returns `text/calendar`, lines folded and ended by CRLF
 * @throws TypeError for an alarm that is not a whole number of days
 * @example
 * ```ts
 * import { calendarOf, toICalendar } from "@handfast/pki";
 *
 * export function feed(chain: string): string {
 *   return toICalendar(calendarOf({ identities: { shop: chain } }), { alarms: [14, 1] });
 * }
 * ```
 */
export function toICalendar(entries: readonly CalendarEntry[], options: ICalendarOptions = {}): string {
  const { name = "Certificates", alarms = [], clock = systemClock } = options;
  for (const days of alarms)
    if (!Number.isInteger(days) || days < 0)
      throw new TypeError(`toICalendar: an alarm ${days} days before; use whole numbers from 0`);
  const stamp = new Date(clock.now());
  const calendar = ical({ name: plain(name), prodId: { company: "handfast", product: "pki" } });
  for (const { id, at, title, subject, sha256, kind, usedBy } of entries)
    calendar.createEvent({
      id,
      stamp,
      start: new Date(at),
      summary: plain(title),
      description: plain(
        [
          advice[kind],
          `Subject: ${subject}`,
          `SHA-256: ${sha256}`,
          `Used by: ${usedBy.map((place) => `${place.kind} ${place.name}`).join(", ")}`,
        ].join("\n"),
      ),
      transparency: ICalEventTransparency.TRANSPARENT,
      alarms: alarms.map((days) => ({
        type: ICalAlarmType.display,
        triggerBefore: days * 86_400,
        description: plain(title),
      })),
    });
  return calendar.toString();
}

/** Text as RFC 5545, 3.3.11 allows it: no control characters but line ends, which the library escapes. */
function plain(text: string): string {
  return text.toWellFormed().replaceAll(/(?!\n)\p{Cc}/gu, " ");
}
