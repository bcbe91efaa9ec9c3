/** What a look into a verifier's connection logs comes to. Pure. */
import type { ConnectionLogReading } from "./connection-log.ts";
import type { ConnectionVerdicts } from "./judge-connections.ts";
import type { ProofResult } from "./prober.ts";

/** What a look must tell. */
export interface EvidenceRule {
  readonly atLeast: number;
  readonly mayRefuse: number;
  /** What becomes of that of which the log does not tell enough. */
  readonly unknown: "hold" | "pass";
}

/** Files of logs hold minutes, and the first connection may be late: so much of the span may be missing, and never more than half. */
const mayLackMs = 15 * 60_000;

/**
 * The verdict of a look. Counts only: what a log tells of persons stays in the log.
 *
 * @param asked the span that must be covered. Milliseconds since the epoch.
 */
export function judgeReading(
  { atLeast, mayRefuse, unknown }: EvidenceRule,
  { complete, from, to, unreadable }: ConnectionLogReading,
  { accepted, refused, unknown: untold, others }: ConnectionVerdicts,
  asked: { readonly from: number; readonly to: number },
): ProofResult {
  const told = accepted + refused;
  const evidence = {
    connections: told + untold,
    refused,
    unknown: untold,
    unreadable,
    complete,
    from: instant(from),
    to: instant(to),
  };
  const whyOf = (verdict: "refused" | "unknown"): string =>
    [...new Set(others.filter((one) => one.verdict === verdict).map(({ why }) => why))]
      .slice(0, 3)
      .join("; ");
  const hold = (reason: string): ProofResult => ({ verdict: "inconclusive", reason, evidence });
  const seen = `of ${told} connections since ${evidence.from} ${refused} would be refused`;
  if (refused > mayRefuse) return { verdict: "failed", reason: `${seen}: ${whyOf("refused")}`, evidence };
  const counted = [
    seen,
    ...(untold === 0 ? [] : [`${untold} can't be told: ${whyOf("unknown")}`]),
    ...(unreadable === 0 ? [] : [`${unreadable} lines could not be read`]),
  ].join("; ");
  if (!complete) return hold(`a part of the log could not be read; ${counted}`);
  if (lackOf({ from, to }, asked) > Math.min(mayLackMs, (asked.to - asked.from) / 2))
    return hold(
      `the log covers ${evidence.from} to ${evidence.to}, and is needed from ${instant(asked.from)} to ${instant(asked.to)}; ${counted}`,
    );
  if (unknown === "hold" && untold + unreadable > 0) return hold(counted);
  if (unreadable > told + untold) return hold(`most of it is no such log; ${counted}`);
  if (told < atLeast) return hold(`only ${told} connections told enough, ${atLeast} are needed; ${counted}`);
  return { verdict: "passed", reason: counted, evidence };
}

/** How much of what was asked for is not covered. Milliseconds. */
function lackOf(
  covered: { readonly from: number; readonly to: number },
  asked: { readonly from: number; readonly to: number },
): number {
  const both = Math.min(covered.to, asked.to) - Math.max(covered.from, asked.from);
  return asked.to - asked.from - Math.max(0, both);
}

/** A reader's own number may be no time at all. */
function instant(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "a time that is none" : date.toISOString();
}
