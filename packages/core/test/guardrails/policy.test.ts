import { beforeAll, describe, expect, it } from "vitest";
import {
  blastRadius,
  freezeWindows,
  judgePlan,
  type Policy,
  protectTargets,
  requireProofs,
  requireWaves,
} from "../../src/guardrails/index.ts";
import { refuseByPolicy } from "../../src/guardrails/policy.ts";
import type { Finding, HandfastError, MtlsPlan, Severity } from "../../src/index.ts";
import { now } from "../fixtures/evidence.ts";
import { plansOfAllKinds, rollout } from "./plans.ts";

let plan: MtlsPlan;
let kinds: Readonly<Record<MtlsPlan["kind"], MtlsPlan>>;
beforeAll(async () => {
  plan = await rollout();
  kinds = await plansOfAllKinds();
});

const says = (code: string, severity: Severity): Finding => ({ code, severity, message: `${code} it is` });
const secret = "kestrel-amber-97";

describe("judgePlan", () => {
  it("gives what all policies say, in their order, each asked about the plan and the moment", () => {
    const asked: unknown[] = [];
    const first: Policy = (given, { at }) => {
      asked.push(given, at);
      return [says("one", "info"), says("two", "warning")];
    };
    expect(judgePlan([first, () => [], () => [says("three", "blocker")]], plan, now)).toEqual([
      says("one", "info"),
      says("two", "warning"),
      says("three", "blocker"),
    ]);
    expect(asked).toEqual([plan, now]);
  });

  const threw = "policy-threw";
  const malformed = "policy-malformed";
  const broken: readonly (readonly [string, () => unknown, string])[] = [
    [
      "throws",
      () => {
        throw new Error(secret);
      },
      threw,
    ],
    [
      "throws what is no error",
      () => {
        throw secret;
      },
      threw,
    ],
    ["answers with a promise", () => Promise.resolve([]), malformed],
    ["answers with nothing", () => undefined, malformed],
    ["answers with one finding", () => says("one", "blocker"), malformed],
    ["answers with a severity of its own", () => [{ ...says("one", "info"), severity: secret }], malformed],
    [
      "answers with a message that is no text",
      () => [{ ...says("one", "info"), message: { secret } }],
      malformed,
    ],
  ];
  it.for(broken)("takes a policy that %s for a refusal, and repeats nothing of it", ([, policy, code]) => {
    const found = judgePlan([() => [], policy as Policy], plan, now);
    expect(found).toMatchObject([
      { code, severity: "blocker", message: expect.stringContaining("policy 2") },
    ]);
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  it("names a broken policy by its function", () => {
    const onlyOnTuesdays: Policy = () => {
      throw new Error(secret);
    };
    const [found] = judgePlan([onlyOnTuesdays], plan, now);
    expect(found?.message).toBe("policy 1 (onlyOnTuesdays) threw instead of judging the plan");
  });

  const severities: readonly (readonly [MtlsPlan["kind"], Severity])[] = [
    ["apply", "blocker"],
    ["retire", "blocker"],
    ["rollback", "warning"],
    ["break-glass", "warning"],
  ];
  it.for(severities)("takes a broken policy, of %s, for a %s", ([kind, severity]) => {
    for (const [, policy, code] of broken)
      expect(judgePlan([policy as Policy], kinds[kind], now)).toMatchObject([{ code, severity }]);
  });

  it("lets a policy that means it refuse the way back", () => {
    expect(judgePlan([() => [says("no", "blocker")]], kinds.rollback, now)).toEqual([says("no", "blocker")]);
  });

  it("keeps judging behind a policy that throws", () => {
    const bad: Policy = () => {
      throw new Error(secret);
    };
    expect(judgePlan([bad, () => [says("late", "blocker")]], plan, now).map(({ code }) => code)).toEqual([
      threw,
      "late",
    ]);
  });
});

describe("refuseByPolicy", () => {
  it("lets warnings and notes pass", () => {
    expect(() => refuseByPolicy([says("one", "info"), says("two", "warning")])).not.toThrow();
  });

  it("tells every blocker at once, with its target and what to do", () => {
    const findings: readonly Finding[] = [
      { ...says("frozen", "blocker"), mend: "wait" },
      says("shown", "warning"),
      { ...says("protected", "blocker"), target: "shop" },
      says("nobody-can-agree", "consent"),
    ];
    expect(() => refuseByPolicy(findings)).toThrow(
      expect.objectContaining({
        code: "POLICY_REFUSED",
        message: [
          "judge plan failed, nothing was changed:",
          "- [frozen] frozen it is; wait",
          "- [protected] shop: protected it is",
          "- [nobody-can-agree] nobody-can-agree it is",
        ].join("\n"),
        details: expect.objectContaining({
          issues: [
            { path: ["frozen"], message: "frozen it is" },
            { path: ["shop", "protected"], message: "protected it is" },
            { path: ["nobody-can-agree"], message: "nobody-can-agree it is" },
          ],
        }),
      } satisfies Partial<Record<keyof HandfastError, unknown>>),
    );
  });
});

type Kind = MtlsPlan["kind"];
const always = [{ from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z", because: "always" }];
/** Each so strict that whatever it judges it refuses. */
const strict: readonly (readonly [string, (kinds?: readonly Kind[]) => Policy, readonly Kind[]])[] = [
  ["freezeWindows", (kinds) => freezeWindows(always, { kinds }), ["apply", "retire"]],
  ["protectTargets", (kinds) => protectTargets(["*"], { kinds }), ["apply"]],
  ["blastRadius", (kinds) => blastRadius({ kinds, maxEndpoints: 0 }), ["apply"]],
  ["requireWaves", (kinds) => requireWaves({ kinds, above: 0 }), ["apply"]],
];
const all: readonly Kind[] = ["apply", "rollback", "retire", "break-glass"];
const judged = (policy: Policy): readonly Kind[] =>
  all.filter((kind) => judgePlan([policy], kinds[kind], now).length > 0);

describe("ready-made policies", () => {
  it.for(strict)(
    "%s hinders neither rollback nor break-glass, and the others as documented",
    ([, make, some]) => {
      expect(judged(make())).toEqual(some);
    },
  );

  it.for(strict)("%s judges the way back when told to", ([, make]) => {
    expect(judged(make(["rollback", "break-glass"]))).toEqual(["rollback", "break-glass"]);
  });

  it("requireProofs judges a rollback only when told to", async () => {
    const narrowing: MtlsPlan = { ...(await rollout({ prober: undefined })), kind: "rollback" };
    expect(judgePlan([requireProofs()], narrowing, now)).toEqual([]);
    expect(judgePlan([requireProofs({ kinds: ["rollback"] })], narrowing, now)).toHaveLength(1);
  });

  it.for(strict)("%s has nothing to say about a plan without steps", ([, make]) => {
    expect(judgePlan([make()], { ...plan, steps: [] }, now)).toEqual([]);
  });

  it("protectTargets keeps what a run left from retire when told to", () => {
    const found = judgePlan([protectTargets(["shop"], { kinds: ["retire"] })], kinds.retire, now);
    expect(found).toMatchObject([{ code: "target-protected", target: "shop" }]);
  });
});
