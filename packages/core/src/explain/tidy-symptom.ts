import { readText } from "./read-text.ts";
import type { Symptom } from "./symptom.ts";

/** Fields with the type that each must have to be taken. */
const types = {
  alert: "number",
  openssl: "string",
  errno: "string",
  httpStatus: "number",
  server: "string",
  curl: "number",
  connectionLog: "string",
  http2: "string",
  browser: "string",
  probe: "string",
  protocol: "string",
  asked: "boolean",
  shown: "boolean",
  seenBehind: "string",
  at: "string",
  text: "string",
} as const satisfies Readonly<Record<keyof Symptom, "string" | "number" | "boolean">>;

type Field = keyof typeof types;

const fields = Object.keys(types) as readonly Field[];

/** What nginx calls its own pages, all of which it sends as 400. */
const pages: ReadonlySet<number | undefined> = new Set([495, 496, 497]);

/** A symptom with every value as the tables spell it, and what its text tells. Takes anything; never throws. */
export function tidySymptom(given: unknown): Symptom {
  const taken = take(given);
  const words = [taken.openssl, taken.browser, taken.errno, taken.text]
    .filter((part) => typeof part === "string")
    .join("\n");
  const { text: _, openssl, browser, connectionLog, errno, http2, ...rest } = taken;
  const read = readText(words);
  // a code that stands for an alert, as Node and Firefox have them, is read as that alert and needs no row of its own
  const unread = (value: string | undefined): string | undefined =>
    read.alert === undefined && read.openssl === undefined ? known(value) : undefined;
  return clean({
    ...read,
    ...rest,
    // a page says more than the status that it was sent with
    httpStatus: pages.has(read.httpStatus) ? read.httpStatus : (taken.httpStatus ?? read.httpStatus),
    openssl: read.openssl ?? unread(openssl),
    browser: read.browser ?? unread(browser),
    errno: read.errno ?? unread(errno),
    connectionLog: known(connectionLog)?.replace(/^Failed:/i, "") ?? read.connectionLog,
    http2: known(http2)?.replace(/^NGHTTP2_/, "") ?? read.http2,
  });
}

function take(given: unknown): Symptom {
  if (typeof given === "string") return { text: given };
  if (typeof given !== "object" || given === null) return {};
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = readField(given, field);
      return typeof value === types[field] ? [[field, value]] : [];
    }),
  );
}

/** A getter of a foreign object may throw: then nothing is known. */
function readField(given: object, field: Field): unknown {
  try {
    return (given as Readonly<Record<string, unknown>>)[field];
  } catch {
    return undefined;
  }
}

const known = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === "" ? undefined : value.trim().slice(0, 120);

function clean(symptom: Symptom): Symptom {
  return Object.fromEntries(Object.entries(symptom).filter(([, value]) => value !== undefined));
}
