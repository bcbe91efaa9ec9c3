/** What probers and checks answer is somebody else's code: it is read like any other input. */
import { z } from "zod";
import type { ProofResult } from "./prober.ts";

const schema = z.object({
  verdict: z.enum(["passed", "failed", "inconclusive"]),
  reason: z.string(),
  evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.undefined()])),
});

/** What each part must be, in words; what stood there instead may hold anything, so it is not told. */
const wanted: Readonly<Record<string, string>> = {
  verdict: '"passed", "failed" or "inconclusive"',
  reason: "a text",
  evidence: "an object of texts, finite numbers, booleans and nulls",
};

/** Characters of a reason and of a text of evidence that are kept: journals are read by people. */
const longestText = 1_000;
const mostEvidence = 100;

/**
 * Reads an answer. One that is no result is `inconclusive`, whatever else stands in it: nobody can tell what was meant.
 *
 * @param who for the reason, e.g. `check error-rate`
 */
export function readResult(who: string, answer: unknown): ProofResult {
  const fault = faultOf(answer);
  if (typeof fault !== "string") return fault;
  return { verdict: "inconclusive", reason: `the ${who} gave no result: ${fault}`, evidence: {} };
}

function faultOf(answer: unknown): ProofResult | string {
  if (typeof answer !== "object" || answer === null)
    return `it answered ${answer === null ? "null" : typeof answer}, not a verdict with reason and evidence`;
  const parsed = schema.safeParse(answer);
  if (!parsed.success) {
    const [part = "", name] = parsed.error.issues[0]?.path ?? [];
    const place = name === undefined ? String(part) : `${String(part)}.${clip(String(name))}`;
    return `${place} is not ${name === undefined ? wanted[String(part)] : "a text, finite number, boolean or null"}`;
  }
  const { verdict, reason, evidence } = parsed.data;
  const told = Object.entries(evidence).filter(([, value]) => value !== undefined);
  if (told.length > mostEvidence)
    return `its evidence has ${told.length} entries, of at most ${mostEvidence}`;
  return {
    verdict,
    reason: clip(reason),
    evidence: Object.fromEntries(
      told.map(([name, value]) => [clip(name), typeof value === "string" ? clip(value) : value]),
    ) as ProofResult["evidence"],
  };
}

/** A text that journals can hold: well-formed Unicode, and not longer than somebody reads. */
function clip(text: string): string {
  return (text.length > longestText ? `${text.slice(0, longestText)}…` : text).toWellFormed();
}
