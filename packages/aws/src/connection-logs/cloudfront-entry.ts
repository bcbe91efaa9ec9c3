import { z } from "zod";
import {
  type LogEntry,
  loggedCertificate,
  type ReadLine,
  readStatus,
  said,
  timeOf,
} from "./logged-certificate.ts";

/** Fields of an entry by name (developer guide page "Observability using connection logs", "Connection log fields"). */
type Fields = Readonly<Record<string, string | undefined>>;

const record = z.record(z.string(), z.unknown());

/**
 * Makes a reader of one file's lines: JSON, W3C with its `#Fields:`, or plain text below a line of field names. What
 * was not chosen as a field of the log is unknown. The reader never throws.
 *
 * @param delimiter between the fields of W3C and plain text
 */
export function cloudfrontLineReader(distribution: string, delimiter: string): (line: string) => ReadLine {
  let names: readonly string[] | undefined;
  return (line) => {
    if (line.startsWith("{")) return readFields(fromJson(line), distribution);
    if (line.startsWith("#")) {
      const [, listed] = /^#Fields:\s*(.*)$/.exec(line) ?? [];
      if (listed !== undefined) names = listed.split(/[\s,;|]+/).filter(Boolean);
      return "aside";
    }
    const values = line.split(delimiter);
    if (names === undefined && values.includes("connectionStatus")) {
      names = values;
      return "aside";
    }
    if (names?.length !== values.length) return undefined;
    return readFields(Object.fromEntries(names.map((name, index) => [name, values[index]])), distribution);
  };
}

function fromJson(line: string): Fields {
  try {
    const entries = Object.entries(record.parse(JSON.parse(line)));
    return Object.fromEntries(entries.map(([name, value]) => [name, textOf(value)]));
  } catch {
    return {};
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function readFields(fields: Fields, distribution: string): ReadLine {
  const at = instantOf(fields.eventTimestamp);
  const status = readStatus(fields.connectionStatus);
  const id = said(fields.distributionId);
  if (at === undefined || status === undefined || id === undefined) return undefined;
  return id === distribution ? { at, shown: shownIn(fields, status), ...status } : "aside";
}

function shownIn(
  fields: Fields,
  { outcome, reason }: Pick<LogEntry, "outcome" | "reason">,
): LogEntry["shown"] {
  const { clientLeafCertSerialNumber: serial, clientLeafCertSubject: subject } = fields;
  const certificate = loggedCertificate({
    serial,
    subject,
    issuer: fields.clientLeafCertIssuer,
    validity: fields.clientLeafCertValidity,
  });
  if (certificate !== undefined) return certificate;
  if (reason === "ClientCertMissing") return "nothing";
  // A log without these fields says nothing of certificates, and a failure may come before one is read.
  const isTold = serial !== undefined || subject !== undefined;
  return outcome === "served" && isTold ? "nothing" : "unknown";
}

/** The page calls it ISO 8601 and shows milliseconds since the epoch: either will do. */
function instantOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{13}$/.test(text) ? Number(text) : timeOf(text);
}
