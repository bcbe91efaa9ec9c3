import { describe, expect, it } from "vitest";
import {
  type BlastRadiusOptions,
  blastRadius,
  judgePlan,
  type Policy,
  protectTargets,
  requireProofs,
  requireWaves,
  type WavesOptions,
} from "../../src/guardrails/index.ts";
import type { MtlsPlan } from "../../src/index.ts";
import { now } from "../fixtures/evidence.ts";
import { type FleetOptions, fleet, rollout, sharedStore } from "./plans.ts";

const judge = (policy: Policy, plan: MtlsPlan) => judgePlan([policy], plan, now);

/** What is left when the proofs of a link are taken out, with the order that they kept. */
function withoutProofs(plan: MtlsPlan, isOut: (id: string) => boolean): MtlsPlan {
  const out = new Map(plan.steps.flatMap(({ id, after }) => (isOut(id) ? [[id, after] as const] : [])));
  const resolve = (ids: readonly string[]): string[] =>
    ids.flatMap((id) => (out.has(id) ? resolve(out.get(id) ?? []) : [id]));
  const steps = plan.steps.filter(({ id }) => !out.has(id));
  return { ...plan, steps: steps.map((step) => ({ ...step, after: resolve(step.after) })) };
}

describe("protectTargets", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["its name", ["shop"], ["shop"]],
    ["a part of its name", ["sho", "hop", "h"], []],
    ["a pattern", ["g0/*"], ["g0/h0", "g0/h1"]],
    ["a pattern within", ["g*1"], ["g0/h1"]],
    ["signs that a regular expression would read", ["g0.h0", "g0/h[01]", "(shop)"], []],
    ["everything", ["*"], ["shop", "g0/h0", "g0/h1"]],
    ["another", ["pay"], []],
  ];
  it.for(cases)("finds a target by %s", async ([, names, targets]) => {
    const found = judge(protectTargets(names), await rollout({ hostnames: 2 }));
    expect(found.map(({ target }) => target).toSorted()).toEqual(targets.toSorted());
    for (const one of found) expect(one).toMatchObject({ code: "target-protected", severity: "blocker" });
  });

  it("finds a target that is only touched because it shares an object", async () => {
    const plan = await sharedStore();
    expect(plan.steps.some((step) => step.kind === "write" && step.target === "two")).toBe(false);
    expect(judge(protectTargets(["two"]), plan)).toMatchObject([
      { target: "two", message: expect.stringContaining("change store/store") },
    ]);
  });

  it("has nothing against a plan that only looks at a target", async () => {
    const { handfast, spec } = fleet();
    await handfast.apply(await handfast.plan(spec));
    const plan = await handfast.plan(spec);
    expect(plan.endpoints).toHaveProperty("shop");
    expect(judge(protectTargets(["*"]), plan)).toEqual([]);
  });

  it("lets through what unless agrees to, asked with all that touches the target", async () => {
    const plan = await rollout();
    const presents = protectTargets(["*"], {
      unless: ({ steps }) => steps.every(({ phase }) => phase === "present"),
    });
    expect(judge(presents, plan).map(({ target }) => target)).toEqual(["shop"]);
    const asked: unknown[] = [];
    judge(protectTargets(["shop"], { unless: (change) => asked.push(change) > 9 }), plan);
    const steps = plan.steps.filter((step) => step.kind === "write" && step.step.effect === "switch");
    const own = steps.filter((step) => step.kind === "write" && step.target === "shop");
    expect(asked).toEqual([{ target: "shop", steps: own, plan, at: now }]);
  });

  it("refuses when unless throws", async () => {
    const unless = () => {
      throw new Error("no answer");
    };
    const [found] = judge(protectTargets(["*"], { unless }), await rollout());
    expect(found).toMatchObject({ code: "policy-threw", severity: "blocker" });
    expect(found?.message).toContain("protectTargets");
  });

  it("refuses an empty name when it is made", () => {
    expect(() => protectTargets(["shop", " "])).toThrow(TypeError);
  });
});

describe("blastRadius", () => {
  /** What is allowed at least, by limit, and the plan that needs it. */
  const cases: readonly (readonly [
    string,
    Exclude<keyof BlastRadiusOptions, "kinds">,
    number,
    FleetOptions,
  ])[] = [
    ["all endpoints that switch", "maxEndpoints", 5, { hostnames: 4 }],
    ["all links that are touched", "maxLinks", 4, { hostnames: 4 }],
    ["a share of all presenters without waves", "maxSharePercent", 100, { hostnames: 4 }],
    ["the largest share of a wave", "maxSharePercent", 70, { hostnames: 10, waves: [1, 2] }],
    ["verifiers that get stricter", "maxNarrowings", 1, {}],
    ["verifiers at which somebody loses access", "maxLosses", 1, {}],
  ];
  it.for(cases)("counts %s", async ([, limit, least, options]) => {
    const plan = await rollout(options);
    expect(judge(blastRadius({ [limit]: least }), plan)).toEqual([]);
    expect(judge(blastRadius({ [limit]: least - 1 }), plan)).toMatchObject([
      { code: "blast-radius", severity: "blocker", message: expect.stringContaining(`[${limit}]`) },
    ]);
  });

  it("counts those that share an object with one that switches", async () => {
    const plan = await sharedStore();
    expect(judge(blastRadius({ maxEndpoints: 3 }), plan)).toEqual([]);
    expect(judge(blastRadius({ maxEndpoints: 2 }), plan)[0]?.message).toBe(
      "it switches too many endpoints: 3 where 2 may be [maxEndpoints]: one, two, h",
    );
  });

  it("counts steps that can't be taken back", async () => {
    const plan = await rollout();
    const steps = plan.steps.map((step) =>
      step.kind === "write" && step.phase === "narrow"
        ? { ...step, step: { ...step.step, back: { never: "gone" } } }
        : step,
    );
    expect(judge(blastRadius({ maxIrreversible: 0 }), plan)).toEqual([]);
    expect(judge(blastRadius({ maxIrreversible: 0 }), { ...plan, steps })).toHaveLength(1);
  });

  it("always allows one presenter at a time", async () => {
    const one = await rollout({ hostnames: 3, waves: [1, 1] });
    expect(judge(blastRadius({ maxSharePercent: 1 }), one)).toEqual([]);
    const two = await rollout({ hostnames: 3, waves: [2] });
    expect(judge(blastRadius({ maxSharePercent: 1 }), two)).toHaveLength(1);
  });

  it("tells every limit that is exceeded, and at most five names of each", async () => {
    const found = judge(blastRadius({ maxEndpoints: 1, maxLinks: 1 }), await rollout({ hostnames: 7 }));
    expect(found).toHaveLength(2);
    expect(found[1]?.message).toMatch(/g0\/h4 -> shop and 2 more$/);
  });

  it.for([-1, Number.NaN])("refuses %s as a limit when it is made", (maxLinks) => {
    expect(() => blastRadius({ maxLinks })).toThrow(TypeError);
  });

  it("refuses a share above 100 when it is made", () => {
    expect(() => blastRadius({ maxSharePercent: 101 })).toThrow("maxSharePercent");
  });
});

describe("requireWaves", () => {
  const cases: readonly (readonly [string, WavesOptions, FleetOptions, readonly string[]])[] = [
    ["few hostnames without waves", { above: 4 }, { hostnames: 4 }, []],
    ["many without waves", { above: 3 }, { hostnames: 4 }, ["waves-required"]],
    ["many with a canary", { above: 3 }, { hostnames: 4, waves: [1] }, []],
    [
      "many with a first wave that is no canary",
      { above: 3, firstAtMost: 1 },
      { hostnames: 4, waves: [2] },
      ["waves-required"],
    ],
    [
      "a bake that is long enough",
      { above: 3, bakeMs: 600_000 },
      { hostnames: 4, waves: [1], bake: "10m" },
      [],
    ],
    [
      "a bake that is too short",
      { above: 3, bakeMs: 600_001 },
      { hostnames: 4, waves: [1, 1], bake: "10m" },
      ["bake-too-short", "bake-too-short"],
    ],
    [
      "both",
      { above: 3, firstAtMost: 1, bakeMs: 1 },
      { hostnames: 4, waves: [2] },
      ["waves-required", "bake-too-short"],
    ],
  ];
  it.for(cases)("judges %s", async ([, options, made, codes]) => {
    const found = judge(requireWaves(options), await rollout(made));
    expect(found.map(({ code }) => code)).toEqual(codes);
    for (const { severity } of found) expect(severity).toBe("blocker");
  });

  it("counts presenters that wait for no wave among the first", async () => {
    const plan = await rollout({ hostnames: 4, waves: [1] });
    const gate = plan.steps.find(({ kind }) => kind === "wave")?.id;
    const steps = plan.steps.map((step) => ({ ...step, after: step.after.filter((id) => id !== gate) }));
    const [found] = judge(requireWaves({ above: 3 }), { ...plan, steps });
    expect(found?.message).toContain("4 of them before any wave is through");
  });

  it("refuses a number below 0 when it is made", () => {
    expect(() => requireWaves({ above: -1 })).toThrow(TypeError);
  });
});

describe("requireProofs", () => {
  it("counts requests over a link, and none to its verifier alone", async () => {
    const plan = await rollout();
    const steps = plan.steps.map((step) =>
      step.kind === "prove" ? { ...step, by: "direct" as const } : step,
    );
    expect(judge(requireProofs(), plan)).toEqual([]);
    expect(judge(requireProofs(), { ...plan, steps })).toHaveLength(1);
  });

  it("passes a plan whose links are proved before the verifier is narrowed", async () => {
    expect(judge(requireProofs(), await rollout({ hostnames: 3, waves: [1] }))).toEqual([]);
  });

  it("refuses a plan that no prober stands behind, link by link", async () => {
    const found = judge(requireProofs(), await rollout({ hostnames: 2, prober: undefined }));
    expect(found).toMatchObject([
      {
        code: "proof-required",
        severity: "blocker",
        target: "shop",
        message: expect.stringContaining("g0/h0 -> shop"),
      },
      {
        code: "proof-required",
        severity: "blocker",
        target: "shop",
        message: expect.stringContaining("g0/h1 -> shop"),
      },
    ]);
  });

  it("refuses a plan in which the proof before the narrowing is missing, and not the one after", async () => {
    const plan = await rollout();
    const [before, after] = plan.steps.flatMap(({ id, kind }) => (kind === "prove" ? [id] : []));
    expect(
      judge(
        requireProofs(),
        withoutProofs(plan, (id) => id === before),
      ),
    ).toHaveLength(1);
    expect(
      judge(
        requireProofs(),
        withoutProofs(plan, (id) => id === after),
      ),
    ).toEqual([]);
  });

  it("refuses a proof that is older than a switch at either end", async () => {
    const plan = await rollout();
    const prove = plan.steps.find(({ kind }) => kind === "prove");
    const [widen, , present] = plan.steps;
    const moved = (before: string | undefined, isAfter: readonly string[]) => ({
      ...plan,
      steps: plan.steps.map((step) => {
        if (step.id === prove?.id) return { ...step, after: [...isAfter] };
        if (step.id === before) return { ...step, after: [...step.after, prove?.id ?? ""] };
        return step.after.includes(prove?.id ?? "")
          ? { ...step, after: [...step.after, present?.id ?? ""] }
          : step;
      }),
    });
    expect(judge(requireProofs(), moved(undefined, [present?.id ?? ""]))).toEqual([]);
    expect(judge(requireProofs(), moved(present?.id, [widen?.id ?? ""]))).toHaveLength(1);
  });

  it("leaves out the links that are excepted", async () => {
    const plan = await rollout({ hostnames: 2, prober: undefined });
    expect(judge(requireProofs({ except: ["g0/h0 -> shop"] }), plan)).toHaveLength(1);
    expect(judge(requireProofs({ except: ["g0/h0 -> shop", "g0/h1 -> shop"] }), plan)).toEqual([]);
  });

  it("has nothing against a plan that makes no verifier stricter", async () => {
    const { handfast, spec } = fleet({ prober: undefined });
    const { runId } = await handfast.apply(await handfast.plan(spec));
    const back = await handfast.plan({ rollback: runId });
    expect(judge(requireProofs({ kinds: ["rollback"] }), back)).toEqual([]);
  });
});
