import type { Explicable, Symptom } from "./symptom.ts";

type Kind = "string" | "number" | "boolean";

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
} as const satisfies Readonly<Record<keyof Symptom, Kind>>;

type Field = keyof typeof types;

const fields = Object.keys(types) as readonly Field[];

/** A symptom of which each field has the one type that the tables know. */
export type TakenSymptom = {
  readonly [F in Field]?: F extends "protocol" | "at" | "seenBehind"
    ? Symptom[F]
    : { string: string; number: number; boolean: boolean }[(typeof types)[F]] | undefined;
};

/** Causes of causes: as far as anybody nests them. */
const deepest = 8;

/** What of a given thing is a symptom: fields, an error with its causes, the result of a probe, or text. Never throws. */
export function takeSymptom(given: Explicable | unknown): TakenSymptom {
  if (typeof given === "string") return { text: given };
  if (typeof given !== "object" || given === null) return {};
  if (isProbeResult(given)) return ofProbeResult(given);
  return isError(given) ? { ...takeFields(given), text: textOf(given, deepest) } : takeFields(given);
}

function takeFields(given: object): TakenSymptom {
  const taken = fields.flatMap((field) => {
    const value = convert(readField(given, field), types[field]);
    return value === undefined ? [] : [[field, value]];
  });
  return Object.fromEntries(taken) as TakenSymptom;
}

/** Numbers are also taken as text, as they come from a form or a log, and the other way round. */
function convert(value: unknown, kind: Kind): string | number | boolean | undefined {
  if (typeof value === kind) return value as string | number | boolean;
  if (kind === "number" && typeof value === "string" && /^\s*\d{1,6}\s*$/.test(value)) return Number(value);
  return kind === "string" && typeof value === "number" && Number.isSafeInteger(value)
    ? String(value)
    : undefined;
}

/** A getter of a foreign object may throw: then nothing is known. */
function readField(given: object, field: string): unknown {
  try {
    return (given as Readonly<Record<string, unknown>>)[field];
  } catch {
    return undefined;
  }
}

function isError(given: object): boolean {
  return typeof readField(given, "message") === "string";
}

function textOf(error: object, depth: number): string {
  const { code, message, cause, errors } = Object.fromEntries(
    ["code", "message", "cause", "errors"].map((field) => [field, readField(error, field)]),
  );
  const inner = [cause, ...(Array.isArray(errors) ? errors.slice(0, deepest) : [])]
    .filter((one) => typeof one === "object" && one !== null)
    .map((one) => (depth > 0 ? textOf(one as object, depth - 1) : ""));
  return [code, message, ...inner].filter((part) => typeof part === "string" && part !== "").join("\n");
}

function isProbeResult(given: object): boolean {
  return typeof readField(given, "verdict") === "string" && typeof readField(given, "reason") === "string";
}

/** What `probe` of `@handfast/pki` returns, as it is. */
function ofProbeResult(given: object): TakenSymptom {
  const alert = readField(given, "alert");
  const renamed: Readonly<Record<string, unknown>> = {
    alert: typeof alert === "object" && alert !== null ? readField(alert, "number") : alert,
    errno: readField(given, "errno"),
    httpStatus: readField(given, "httpStatus"),
    openssl: readField(given, "tlsError"),
    http2: readField(given, "http2Error"),
    probe: readField(given, "reason"),
    protocol: readField(given, "protocol"),
    asked: readField(given, "asked"),
    shown: readField(given, "shown"),
    at: "client",
  };
  return takeFields(renamed);
}
