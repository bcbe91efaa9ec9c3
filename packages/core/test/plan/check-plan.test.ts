import { describe, expect, it } from "vitest";
import type { Adapter } from "../../src/adapter/define-adapter.ts";
import { isHandfastError } from "../../src/errors.ts";
import { memoryPresenter } from "../../src/memory/memory-presenter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { checkPlan } from "../../src/plan/check-plan.ts";
import type { MtlsPlan, PlanStep } from "../../src/plan/plan.ts";
import { digest, evidence } from "../fixtures/evidence.ts";
import { type Ask, link, planFor, shows, wants } from "./world.ts";
import { atMostMs, laggingWorld, setAssociation, setListener } from "./worlds.ts";

type Write = Extract<PlanStep, { kind: "write" }>;

/** A good plan: one link from CA a to CA b, by widen, present, narrow, behind somebody's change. */
async function goodPlan(): Promise<{ plan: MtlsPlan; adapters: ReadonlyMap<string, Adapter> }> {
  const { clock, world } = laggingWorld();
  setListener(world, "shop", "required", { name: "s", anchors: ["a"] });
  setAssociation(world, "edge", "a2");
  clock.turn(10_000);
  setAssociation(world, "edge", "a1");
  const adapters = [memoryVerifier(world, { atMostMs }), memoryPresenter(world, { atMostMs })];
  const asks: Ask[] = [
    {
      key: "shop",
      adapter: adapters[0] as Adapter,
      target: { listener: "shop" },
      want: wants("required", ["b"]),
    },
    { key: "edge", adapter: adapters[1] as Adapter, target: { hostnames: ["edge"] }, want: shows("b1") },
  ];
  const plan = await planFor(asks, [link("edge", "shop")], clock);
  return { plan, adapters: new Map(adapters.map((adapter) => [adapter.facts.name, adapter])) };
}

const isSwitch = (step: PlanStep): step is Write => step.kind === "write" && step.step.effect === "switch";
const find = (plan: MtlsPlan, phase: PlanStep["phase"], kind: PlanStep["kind"] = "write"): PlanStep => {
  const step = plan.steps.find((one) => one.phase === phase && one.kind === kind);
  if (step === undefined) throw new Error(`no ${phase}`);
  return step;
};
const withSteps = (plan: MtlsPlan, change: (step: PlanStep) => PlanStep | undefined): MtlsPlan => ({
  ...plan,
  steps: plan.steps.flatMap((step) => change(step) ?? []),
});
/** Edges that make the switches run in this order, and settle steps and prepare steps first. */
function inOrder(plan: MtlsPlan, phases: readonly PlanStep["phase"][]): MtlsPlan {
  const early = plan.steps
    .filter((step) => step.kind === "settle" || step.phase === "prepare")
    .map(({ id }) => id);
  const order = phases.map((phase) => find(plan, phase).id);
  return withSteps(plan, (step) => {
    if (step.kind === "prove") return undefined;
    if (!isSwitch(step)) return step;
    const before = order[order.indexOf(step.id) - 1];
    return { ...step, after: [...early, ...(before === undefined ? [] : [before])] };
  });
}

interface Case {
  readonly name: string;
  readonly code: "PLAN_UNSAFE" | "PLAN_INVALID" | "PLAN_UNKNOWN_ADAPTER";
  /** Steps that the message names. */
  readonly names?: (plan: MtlsPlan) => readonly string[];
  mutate(plan: MtlsPlan): MtlsPlan;
}

const cases: readonly Case[] = [
  {
    name: "the verifier is narrowed before the presenter moves",
    code: "PLAN_UNSAFE",
    names: (plan) => [find(plan, "narrow").id, "edge -> shop"],
    mutate: (plan) => inOrder(plan, ["widen", "narrow", "present"]),
  },
  {
    name: "the presenter moves before the verifier is widened",
    code: "PLAN_UNSAFE",
    names: (plan) => [find(plan, "present").id, "edge -> shop"],
    mutate: (plan) => inOrder(plan, ["present", "widen", "narrow"]),
  },
  {
    name: "the widening is left out",
    code: "PLAN_UNSAFE",
    mutate: (plan) => {
      const { id } = find(plan, "widen");
      return withSteps(plan, (step) =>
        step.id === id ? undefined : { ...step, after: step.after.filter((one) => one !== id) },
      );
    },
  },
  {
    name: "the narrowing is left out",
    code: "PLAN_UNSAFE",
    names: () => ["shop"],
    mutate: (plan) => {
      const { id } = find(plan, "narrow");
      return withSteps(plan, (step) => (step.id === id || step.after.includes(id) ? undefined : step));
    },
  },
  {
    name: "nothing says which of two switches comes first",
    code: "PLAN_UNSAFE",
    mutate: (plan) => {
      const switches = new Set(plan.steps.filter(isSwitch).map(({ id }) => id));
      return withSteps(plan, (step) =>
        step.kind === "prove"
          ? undefined
          : {
              ...step,
              after: step.after.filter((id) => !switches.has(id) && find(plan, "prove", "prove").id !== id),
            },
      );
    },
  },
  {
    name: "a switch does not wait for what it needs prepared",
    code: "PLAN_UNSAFE",
    names: (plan) => [find(plan, "widen").id],
    mutate: (plan) => {
      const prepared = new Set(plan.steps.filter(({ phase }) => phase === "prepare").map(({ id }) => id));
      return withSteps(plan, (step) => ({ ...step, after: step.after.filter((id) => !prepared.has(id)) }));
    },
  },
  {
    name: "the prepared store has other content",
    code: "PLAN_UNSAFE",
    mutate: (plan) =>
      withSteps(plan, (step) => {
        if (step.kind !== "write" || !step.step.object.startsWith("store/")) return step;
        const text = JSON.stringify(step.step.action)
          .replaceAll(digest.b, digest.c)
          .replaceAll(digest.a, digest.c);
        return { ...step, step: { ...step.step, action: JSON.parse(text) } };
      }),
  },
  {
    name: "a change that is under way is not waited for",
    code: "PLAN_UNSAFE",
    names: () => ["edge"],
    mutate: (plan) =>
      withSteps(plan, (step) =>
        step.kind === "settle"
          ? undefined
          : { ...step, after: step.after.filter((id) => id !== find(plan, "settle", "settle").id) },
      ),
  },
  {
    name: "another goal is wanted",
    code: "PLAN_UNSAFE",
    names: () => ["shop"],
    mutate: (plan) => {
      const shop = plan.endpoints.shop as MtlsPlan["endpoints"][string];
      return { ...plan, endpoints: { ...plan.endpoints, shop: { ...shop, goal: shop.before.now } } };
    },
  },
  {
    name: "a switch calls itself harmless",
    code: "PLAN_UNSAFE",
    names: (plan) => [find(plan, "widen").id],
    mutate: (plan) =>
      withSteps(plan, (step) =>
        step.id === find(plan, "widen").id && step.kind === "write"
          ? { ...step, step: { ...step.step, effect: "none" } }
          : step,
      ),
  },
  {
    name: "something is removed",
    code: "PLAN_UNSAFE",
    mutate: (plan) =>
      withSteps(plan, (step) =>
        step.kind === "write" && step.phase === "prepare"
          ? { ...step, step: { ...step.step, effect: "remove" } }
          : step,
      ),
  },
  {
    name: "a state on the way lets in whom nobody agreed to",
    code: "PLAN_UNSAFE",
    names: () => ["shop", "certificates of any other CA"],
    mutate: (plan) =>
      withSteps(plan, (step) => {
        if (step.id !== find(plan, "widen").id || step.kind !== "write") return step;
        const action = JSON.parse(
          JSON.stringify(step.step.action).replace(
            /"mode":"required"(?!.*"mode":"required")/,
            '"mode":"request"',
          ),
        );
        return { ...step, step: { ...step.step, action } };
      }),
  },
  {
    name: "a step waits for one that is not there",
    code: "PLAN_INVALID",
    names: () => ["s99"],
    mutate: (plan) => withSteps(plan, (step) => ({ ...step, after: [...step.after, "s99"] })),
  },
  {
    name: "steps wait for each other",
    code: "PLAN_INVALID",
    names: (plan) => [find(plan, "widen").id],
    mutate: (plan) =>
      withSteps(plan, (step) =>
        step.id === find(plan, "widen").id
          ? { ...step, after: [...step.after, find(plan, "narrow").id] }
          : step,
      ),
  },
  {
    name: "two steps have one id",
    code: "PLAN_INVALID",
    mutate: (plan) => ({ ...plan, steps: [...plan.steps, plan.steps[0] as PlanStep] }),
  },
  {
    name: "it was made by another version of an adapter",
    code: "PLAN_INVALID",
    names: () => ["edge"],
    mutate: (plan) => ({
      ...plan,
      endpoints: {
        ...plan.endpoints,
        edge: { ...(plan.endpoints.edge as MtlsPlan["endpoints"][string]), version: "0" },
      },
    }),
  },
  {
    name: "nobody knows the adapter",
    code: "PLAN_UNKNOWN_ADAPTER",
    mutate: (plan) => ({
      ...plan,
      endpoints: {
        ...plan.endpoints,
        edge: { ...(plan.endpoints.edge as MtlsPlan["endpoints"][string]), adapter: "x.y" },
      },
    }),
  },
  {
    name: "a retire plan does more than remove",
    code: "PLAN_UNSAFE",
    mutate: (plan) => ({ ...plan, kind: "retire" }),
  },
];

describe("checkPlan", () => {
  it("lets the plan pass that was made", async () => {
    const { plan, adapters } = await goodPlan();
    expect(plan.steps.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(["settle", "prepare", "widen", "present", "prove", "narrow"]),
    );
    expect(() => checkPlan(plan, adapters, evidence)).not.toThrow();
    expect(() => checkPlan(inOrder(plan, ["widen", "present", "narrow"]), adapters, evidence)).not.toThrow();
  });

  it.each(cases)("refuses a plan in which $name", async ({ code, names, mutate }) => {
    const { plan, adapters } = await goodPlan();
    let thrown: unknown;
    try {
      checkPlan(mutate(plan), adapters, evidence);
    } catch (error) {
      thrown = error;
    }
    if (!isHandfastError(thrown)) throw new Error("the plan passed", { cause: thrown });
    expect(thrown.code, thrown.message).toBe(code);
    for (const name of names?.(plan) ?? []) expect(thrown.message).toContain(name);
  });
});
