import { beforeAll, describe, expect, it } from "vitest";
import { type Approval, type ApprovalRule, checkApprovals } from "../../src/guardrails/index.ts";
import {
  type HandfastError,
  isHandfastError,
  type MtlsPlan,
  memoryJournal,
  newRunId,
} from "../../src/index.ts";
import { now } from "../fixtures/evidence.ts";
import { plansOfAllKinds, rollout } from "./plans.ts";

let plan: MtlsPlan;
let kinds: Readonly<Record<MtlsPlan["kind"], MtlsPlan>>;
beforeAll(async () => {
  plan = await rollout();
  kinds = await plansOfAllKinds();
});

const minute = 60_000;
const secret = "kestrel-amber-97";

function yes(by: string, more: Partial<Approval> & { readonly minutesAgo?: number } = {}): Approval {
  const { minutesAgo = 0, ...rest } = more;
  return { plan: plan.digest, by, at: new Date(now - minutesAgo * minute).toISOString(), ...rest };
}

async function refusal(
  rule: ApprovalRule,
  approvals: readonly Approval[],
  of = plan,
): Promise<HandfastError> {
  const thrown: unknown = await checkApprovals(rule, of, approvals, now).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isHandfastError(thrown)) throw new Error("was not refused", { cause: thrown });
  return thrown;
}

describe("checkApprovals", () => {
  it("gives back the approvals that count, as the journal takes them", async () => {
    const approvals = [yes("ann", { signature: "s1" }), yes("bob"), yes("ANN")];
    const counted = await checkApprovals({ needed: 2 }, plan, approvals, now);
    expect(counted).toEqual(approvals.slice(0, 2));
    const journal = memoryJournal();
    await using writer = await journal.open(newRunId());
    const { digest } = plan;
    const entry = await writer.append({
      kind: "run-started",
      plan,
      planDigest: digest,
      origin: "apply",
      approvals: [...counted],
    });
    expect(entry).toMatchObject({ approvals: counted });
  });

  it("says how many are missing, for which plan, and that nothing was changed", async () => {
    const error = await refusal({ needed: 3 }, [yes("ann")]);
    expect(error).toMatchObject({
      code: "APPROVAL_MISSING",
      who: "operator",
      details: { facts: { digest: plan.digest, needed: 3, counted: 1 }, issues: [] },
    });
    expect(error.message).toBe(
      `check approvals failed [plan=${plan.digest.slice(0, 12)}, kind=apply]: 2 of 3 are missing; let others approve ${plan.digest}, nothing was changed`,
    );
  });

  const cases: readonly (readonly [string, () => Approval, Partial<ApprovalRule>, string])[] = [
    ["for another plan", () => yes("bob", { plan: "0".repeat(64) }), {}, "it is for the plan 000000000000"],
    ["by the same person", () => yes("ann"), {}, "the same person has approved already"],
    ["by the same person in capitals", () => yes("  ANN "), {}, "the same person"],
    ["by the same person in wide letters", () => yes("ａｎｎ"), {}, "the same person"],
    [
      "by the same person behind an invisible sign",
      () => yes("a\u200bn\u034fn\u00ad"),
      {},
      "the same person",
    ],
    ["by nobody", () => yes(" \u200b "), {}, "it names nobody"],
    ["too old", () => yes("bob", { minutesAgo: 61 }), { maxAgeMs: 60 * minute }, "no older than 60 min"],
    ["from the future", () => yes("bob", { minutesAgo: -6 }), {}, "yet to come"],
    ["by whom the rule names", () => yes("Bob"), { notBy: ["bob"] }, "counts none of theirs"],
    [
      "with a bad signature",
      () => yes("bob"),
      { verify: ({ by }) => by === "ann" },
      "its signature was refused",
    ],
    ["whose check comes late", () => yes("bob"), { verify: async ({ by }) => by === "ann" }, "was refused"],
    [
      "whose check does not say true",
      () => yes("bob"),
      { verify: (({ by }: Approval) => (by === "ann" ? true : "no")) as never },
      "was refused",
    ],
    ["of another shape", () => ({ ...yes("bob"), at: "yesterday" }), {}, "it is no approval: at "],
    ["that is nothing", () => ({}) as Approval, {}, "it is no approval: plan "],
  ];
  it.for(cases)("does not count one %s", async ([, other, rule, because]) => {
    const error = await refusal({ needed: 2, ...rule }, [yes("ann"), other()]);
    expect(error.details.facts).toMatchObject({ counted: 1 });
    expect(error.details.issues).toMatchObject([
      { path: ["approvals", 1], message: expect.stringContaining(because) },
    ]);
    expect(error.message).toContain(because);
  });

  const fine: readonly (readonly [string, () => Approval, Partial<ApprovalRule>])[] = [
    ["just young enough", () => yes("bob", { minutesAgo: 60 }), { maxAgeMs: 60 * minute }],
    ["from a clock five minutes ahead", () => yes("bob", { minutesAgo: -5 }), {}],
    ["by another who has nearly the same name", () => yes("anne"), {}],
    [
      "that is signed",
      () => yes("bob", { signature: "s" }),
      { verify: async ({ by, signature }) => by === "ann" || signature === "s" },
    ],
  ];
  it.for(fine)("counts one %s", async ([, other, rule]) => {
    expect(await checkApprovals({ needed: 2, ...rule }, plan, [yes("ann"), other()], now)).toHaveLength(2);
  });

  it("counts the later approval of one whose earlier one does not count", async () => {
    const approvals = [yes("ann", { minutesAgo: 90 }), yes("ann")];
    expect(await checkApprovals({ needed: 1, maxAgeMs: minute }, plan, approvals, now)).toEqual([
      approvals[1],
    ]);
  });

  it("repeats nothing of what verify throws, and asks on", async () => {
    const verify: ApprovalRule["verify"] = ({ by }) => {
      if (by === "ann") throw new Error(secret);
      return true;
    };
    const error = await refusal({ needed: 2, verify }, [yes("ann"), yes("bob")]);
    expect(error.details.facts).toMatchObject({ counted: 1 });
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain(secret);
  });

  it("asks the rule how many this plan needs", async () => {
    const needed = ({ steps }: MtlsPlan): number => steps.length;
    expect((await refusal({ needed }, [yes("ann")])).details.facts).toMatchObject({
      needed: plan.steps.length,
    });
  });

  const byKind: readonly (readonly [MtlsPlan["kind"], boolean])[] = [
    ["apply", true],
    ["retire", true],
    ["rollback", false],
    ["break-glass", false],
  ];
  it.for(byKind)("by default, needs approval of %s: %s", async ([kind, isNeeded]) => {
    const check = checkApprovals(
      { needed: 1, verify: () => Promise.reject(new Error("down")) },
      kinds[kind],
      [],
      now,
    );
    if (isNeeded) await expect(check).rejects.toMatchObject({ code: "APPROVAL_MISSING" });
    else expect(await check).toEqual([]);
  });

  it("needs approval of the way back when the rule says so", async () => {
    const rule: ApprovalRule = { needed: 1, kinds: ["rollback"] };
    expect((await refusal(rule, [yes("ann")], kinds.rollback)).message).toContain("kind=rollback");
    expect(await checkApprovals(rule, plan, [], now)).toEqual([]);
  });

  it("needs none where the rule needs none", async () => {
    expect(await checkApprovals({ needed: () => 0 }, plan, [], now)).toEqual([]);
  });

  it.for([Number.NaN, -1])("refuses a rule that needs %s", async (needed) => {
    await expect(checkApprovals({ needed }, plan, [yes("ann")], now)).rejects.toThrow(TypeError);
    await expect(checkApprovals({ needed: 1, maxAgeMs: needed }, plan, [], now)).rejects.toThrow(TypeError);
  });
});
