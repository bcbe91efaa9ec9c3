import { errnoOfNumber } from "./numbers.ts";
import { readText } from "./read-text.ts";
import { connectionLogSigns } from "./signs/connection-logs.ts";
import { type TakenSymptom, takeSymptom } from "./take-symptom.ts";

/** What nginx calls its own pages, all of which it sends as 400. */
const pages: ReadonlySet<number | undefined> = new Set([495, 496, 497]);

/** Log reasons as they are spelled, by how they are found. */
const logReasons: ReadonlyMap<string, string> = new Map(
  connectionLogSigns.map(({ is }) => [String(is).toLowerCase(), String(is)]),
);

/** A symptom with every value as the tables spell it, and what its text tells. Takes anything; never throws. */
export function tidySymptom(given: unknown): TakenSymptom {
  const taken = takeSymptom(given);
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
    errno: read.errno ?? errnoOfNumber(errno) ?? unread(errno),
    connectionLog: logReason(known(connectionLog)) ?? logReason(read.connectionLog),
    http2: known(http2)?.replace(/^NGHTTP2_/, "") ?? read.http2,
  });
}

/** Logs and people spell case as they like, and add a remark. */
function logReason(text: string | undefined): string | undefined {
  const word = text?.replace(/^Failed:/i, "");
  const name = /^[A-Za-z]+/.exec(word ?? "")?.[0];
  return logReasons.get(name?.toLowerCase() ?? "") ?? word;
}

/** Short, and nothing in it that a terminal would obey. */
const known = (value: string | undefined): string | undefined => {
  const text = value
    ?.slice(0, 400)
    .replace(/\p{C}+/gu, " ")
    .trim();
  return text === undefined || text === "" ? undefined : text.slice(0, 120);
};

function clean(symptom: TakenSymptom): TakenSymptom {
  return Object.fromEntries(Object.entries(symptom).filter(([, value]) => value !== undefined));
}
