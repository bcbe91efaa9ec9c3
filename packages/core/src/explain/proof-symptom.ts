import type { Symptom } from "./symptom.ts";

/**
 * What the evidence of a proof shows, for `explain`: `alert` (a number, or with its name), `errno`, `status`,
 * `protocol`, `asked`, `shown`, `reason`, `tlsError`, `http2Error`, `seen`, `behind` and `seenBehind`, as `prober` of `@handfast/pki` gives
 * them. Undefined where nothing in it asks for an explanation. Pure; takes any evidence.
 */
export function symptomOfProof(evidence: Readonly<Record<string, unknown>>): Symptom | undefined {
  const { alert, errno, status, protocol, asked, shown, reason, tlsError, http2Error, seen } = evidence;
  const served = typeof status === "number" && status < 400;
  const marks: Symptom = {
    alert: alertNumber(alert),
    errno: text(errno),
    httpStatus: typeof status === "number" && !served ? status : undefined,
    openssl: text(tlsError),
    http2: text(http2Error),
    probe: text(reason),
    seenBehind: served || evidence.seenBehind === "cached" ? seenBehind(evidence, seen) : undefined,
  };
  const tells = Object.entries(marks).some(
    ([field, value]) => value !== undefined && !(field === "probe" && value === "http-answer"),
  );
  if (!tells) return undefined;
  return {
    ...marks,
    protocol: protocol === "TLSv1.2" || protocol === "TLSv1.3" ? protocol : undefined,
    asked: typeof asked === "boolean" ? asked : undefined,
    shown: typeof shown === "boolean" ? shown : undefined,
    at: "client",
  };
}

function alertNumber(alert: unknown): number | undefined {
  if (typeof alert === "number") return alert;
  if (typeof alert !== "object" || alert === null || !("number" in alert)) return undefined;
  return typeof alert.number === "number" ? alert.number : undefined;
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** `seen` stands in the evidence only where a certificate was due: null, or another than that. */
function seenBehind(evidence: Readonly<Record<string, unknown>>, seen: unknown): Symptom["seenBehind"] {
  if (evidence.seenBehind === "cached") return "cached";
  if (evidence.behind === "older") return "older";
  if (!("seen" in evidence)) return undefined;
  return seen === null ? "nothing" : "another";
}
