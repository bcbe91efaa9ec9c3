import { z } from "zod";
import { HandfastError, type SpecIssue } from "../errors.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { isJudged, type PolicyOptions } from "./policy.ts";

/** The schema of an approval, by which one that was stored is read back. */
export const approvalSchema = z.object({
  /** The digest of the plan that is approved: of another plan, or of this one edited, it says nothing. */
  plan: z.string().regex(/^[0-9a-f]{64}$/, "is not a SHA-256 in lower-case hex"),
  /** Who approves, by a name that stands for one person everywhere. */
  by: z.string().min(1),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Whatever the rule's `verify` checks. It goes into the journal. */
  signature: z.string().optional(),
});

/** One person's yes to one plan: plain data. {@link approvalSchema} reads one back that was stored. */
export type Approval = z.infer<typeof approvalSchema>;

/** What it takes for a plan to be approved. */
export interface ApprovalRule {
  /** How many different people must approve; a function decides by the plan, and says 0 where nobody needs to. */
  readonly needed: number | ((plan: MtlsPlan) => number);
  /**
   * Whether an approval is really of the one whom it names. Without it, whoever hands the approvals over is believed.
   * Anything but true refuses, and so does throwing.
   */
  readonly verify?: ((approval: Approval, plan: MtlsPlan) => boolean | Promise<boolean>) | undefined;
  /** How old an approval may be when the plan is started, in milliseconds. Default: as old as the plan. */
  readonly maxAgeMs?: number | undefined;
  /** Whose approvals do not count: of the one who made the plan, of a bot. */
  readonly notBy?: readonly string[] | undefined;
  /** The kinds of plans that need approval. Default `apply` and `retire`: the way back and break-glass wait for nobody. */
  readonly kinds?: PolicyOptions["kinds"];
}

/** How far ahead the clock of somebody who approves may be. */
const skewMs = 5 * 60_000;

/**
 * The approvals that count, for the journal. People are told apart by `by`, however it is written: letter case, spaces
 * and invisible characters make nobody a second person. The caller makes sure before that the plan has the digest that
 * it carries.
 *
 * @param at when the plan is started, in milliseconds since the epoch
 * @throws HandfastError `APPROVAL_MISSING` with how many are missing, and for each given one that does not count, why
 * @throws {TypeError} when `needed` or `maxAgeMs` is no number of 0 or more
 * @example
 * ```ts
 * import type { MtlsPlan } from "@handfast/core";
 * import { type Approval, type ApprovalRule, checkApprovals } from "@handfast/core/guardrails";
 *
 * // two people for whatever makes a verifier stricter, one for the rest
 * const rule: ApprovalRule = {
 *   needed: ({ steps }) => (steps.some(({ phase }) => phase === "narrow") ? 2 : 1),
 *   maxAgeMs: 8 * 60 * 60_000,
 *   notBy: ["release-bot"],
 * };
 *
 * export const check = (plan: MtlsPlan, approvals: readonly Approval[]): Promise<readonly Approval[]> =>
 *   checkApprovals(rule, plan, approvals, Date.now());
 * ```
 */
export async function checkApprovals(
  rule: ApprovalRule,
  plan: MtlsPlan,
  approvals: readonly Approval[],
  at: number,
): Promise<readonly Approval[]> {
  const { needed, maxAgeMs = Number.POSITIVE_INFINITY } = rule;
  if (!isJudged(plan, rule, ["apply", "retire"])) return [];
  const count = typeof needed === "function" ? needed(plan) : needed;
  if (!(count >= 0) || !(maxAgeMs >= 0))
    throw new TypeError(
      `check approvals: needed is ${count} and maxAgeMs ${maxAgeMs}; write numbers of 0 or more`,
    );
  if (count === 0) return [];
  const excluded = new Set(rule.notBy?.map(personOf));
  const counted = new Map<string, Approval>();
  const issues: SpecIssue[] = [];
  for (const [index, given] of approvals.entries()) {
    const read = approvalSchema.safeParse(given);
    const because = read.success
      ? await flawOf(read.data, { rule, plan, at, maxAgeMs, excluded, counted })
      : `it is no approval: ${read.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join(", ")}`;
    if (because === undefined && read.success) counted.set(personOf(read.data.by), read.data);
    else
      issues.push({
        path: ["approvals", index],
        message: `${nameOf(given, index)} does not count: ${because}`,
      });
  }
  if (counted.size < count) throw missing(plan, count, counted.size, issues);
  return [...counted.values()];
}

/** Why an approval does not count; undefined when it does. */
async function flawOf(
  approval: Approval,
  context: {
    readonly rule: ApprovalRule;
    readonly plan: MtlsPlan;
    readonly at: number;
    readonly maxAgeMs: number;
    readonly excluded: ReadonlySet<string>;
    readonly counted: ReadonlyMap<string, Approval>;
  },
): Promise<string | undefined> {
  const { rule, plan, at, maxAgeMs, excluded, counted } = context;
  const person = personOf(approval.by);
  if (approval.plan !== plan.digest)
    return `it is for the plan ${approval.plan.slice(0, 12)}, not for this one`;
  if (person === "") return "it names nobody";
  if (excluded.has(person)) return "the rule counts none of theirs";
  if (counted.has(person)) return "the same person has approved already";
  const ageMs = at - Date.parse(approval.at);
  if (ageMs > maxAgeMs)
    return `it is of ${approval.at}, and no older than ${maxAgeMs / 60_000} min may it be`;
  if (ageMs < -skewMs) return `it is of ${approval.at}, which is yet to come`;
  if (rule.verify === undefined) return undefined;
  try {
    return (await rule.verify(approval, plan)) === true ? undefined : "its signature was refused";
  } catch {
    // what was thrown may hold anything
    return "its signature could not be checked: verify threw";
  }
}

/** The same for all ways to write one name. */
function personOf(by: string): string {
  return by
    .normalize("NFKC")
    .replace(/\p{DI}|\p{Cf}/gu, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .toLowerCase();
}

function nameOf(given: Approval | null, index: number): string {
  const by = given?.by;
  const name = typeof by === "string" ? personOf(by).slice(0, 60) : "";
  return name === "" ? `approval ${index + 1}` : `approval ${index + 1} by ${name}`;
}

function missing(
  { digest, kind }: MtlsPlan,
  needed: number,
  counted: number,
  issues: readonly SpecIssue[],
): HandfastError {
  const lines = issues.map(({ message }) => `\n- ${message}`);
  return new HandfastError(
    "APPROVAL_MISSING",
    `check approvals failed [plan=${digest.slice(0, 12)}, kind=${kind}]: ${needed - counted} of ${needed} are missing; let others approve ${digest}, nothing was changed${lines.join("")}`,
    { issues, facts: { digest, needed, counted } },
  );
}
