import { type LoggedCertificate, type LoggedConnections, normaliseSerial } from "@handfast/core";

/** A line of a log that was understood. */
export interface LogEntry extends Pick<LoggedConnections, "shown" | "outcome" | "reason"> {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What a line is: an entry, one that is about something else, or nothing that can be read. */
export type ReadLine = LogEntry | "aside" | undefined;

/** Whoever may show any certificate could else fill the memory with names. */
const longestName = 1_000;

/** What a log says of a leaf certificate; undefined when it says nothing. `-` and the empty text are nothing. */
export function loggedCertificate(fields: {
  readonly serial: string | undefined;
  readonly subject: string | undefined;
  readonly issuer?: string | undefined;
  /** `NotBefore=2026-01-01T00:00:00Z;NotAfter=2027-01-01T00:00:00Z`. */
  readonly validity: string | undefined;
}): LoggedCertificate | undefined {
  const serial = said(fields.serial);
  const subject = said(fields.subject);
  if (serial === undefined && subject === undefined) return undefined;
  const validity = said(fields.validity);
  return {
    serial:
      serial !== undefined && /^[0-9a-f][0-9a-f:]*$/i.test(serial) ? normaliseSerial(serial) : undefined,
    subject: nameOf(subject),
    issuer: nameOf(said(fields.issuer)),
    notBefore: timeOf(/\bNotBefore=([^;]+)/.exec(validity ?? "")?.[1]),
    notAfter: timeOf(/\bNotAfter=([^;]+)/.exec(validity ?? "")?.[1]),
  };
}

/** `Success` or `Failed:<reason>`; undefined for any other text. */
export function readStatus(text: string | undefined): Pick<LogEntry, "outcome" | "reason"> | undefined {
  if (text === "Success") return { outcome: "served" };
  const [, reason] = /^Failed(?::([A-Za-z]\w{0,63}))?$/.exec(text ?? "") ?? [undefined, undefined];
  if (text === undefined || !text.startsWith("Failed")) return undefined;
  return text === "Failed" || reason !== undefined ? { outcome: "refused", reason } : undefined;
}

/** A field, unless it is one of the ways in which a log says that there is none. */
export function said(text: string | undefined): string | undefined {
  return text === undefined || text === "" || text === "-" ? undefined : text;
}

/** ISO 8601 in UTC; undefined for any other text. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

function nameOf(text: string | undefined): string | undefined {
  return text === undefined || text.length > longestName ? undefined : text;
}
