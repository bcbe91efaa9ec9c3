import { expect, it } from "vitest";
import type { Seen, Step } from "../../src/adapter/contract.ts";
import type { Adapter } from "../../src/adapter/define-adapter.ts";
import { memoryPresenter } from "../../src/memory/memory-presenter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { checkPlan } from "../../src/plan/check-plan.ts";
import type { PlanStep } from "../../src/plan/plan.ts";
import { reachOf } from "../../src/plan/reach.ts";
import { evidence } from "../fixtures/evidence.ts";
import { type Ask, link, planFor, shows, wants } from "./world.ts";
import { atMostMs, laggingWorld, setAssociation, setListener } from "./worlds.ts";

/** The adapter, all of whose switches write one object that its endpoints have in common: each has fields of its own there. */
function inOneObject<A extends Adapter>(adapter: A, object: string): A {
  const { read, steps, after } = adapter.definition;
  const definition: Adapter["definition"] = {
    ...adapter.definition,
    read: async (targets, context) =>
      (await read(targets, context)).map(
        (seen): Seen<unknown> => ({
          ...seen,
          objects: [object, ...seen.objects],
        }),
      ),
    steps: (target, from, to) => {
      const move = steps(target, from, to);
      const moved = (step: Step<unknown>): Step<unknown> =>
        step.effect === "switch" ? { ...step, object } : step;
      return { ...move, steps: move.steps.map(moved) };
    },
    after: (target, state, step) => {
      const { set } = step.action as { readonly set: string };
      const isOthers = step.effect === "switch" && !Object.hasOwn(state as object, set);
      return isOthers ? state : after(target, state, step);
    },
  };
  return { ...adapter, definition };
}

const isSwitchAt =
  (key: string) =>
  (step: PlanStep): boolean =>
    step.kind === "write" && step.target === key && step.step.effect === "switch";

it("makePlan and checkPlan leave switches unordered that write other fields of one object", async () => {
  const { clock, world } = laggingWorld();
  for (const name of ["shop", "api"]) setListener(world, name, "off", { name: "s", anchors: ["a"] });
  for (const name of ["edge", "app"]) setAssociation(world, name, "nothing");
  const verifier = inOneObject(memoryVerifier(world, { atMostMs }), "front");
  const presenter = inOneObject(memoryPresenter(world, { atMostMs }), "front");
  const asks: Ask[] = [
    { key: "shop", adapter: verifier, target: { listener: "shop" }, want: wants("required", ["a"]) },
    { key: "api", adapter: verifier, target: { listener: "api" }, want: wants("required", ["a"]) },
    { key: "edge", adapter: presenter, target: { hostnames: ["edge"] }, want: shows("a1") },
    { key: "app", adapter: presenter, target: { hostnames: ["app"] }, want: shows("a1") },
  ];
  const plan = await planFor(asks, [link("edge", "shop"), link("app", "api")], clock);
  const { isBefore } = reachOf(plan.steps);
  const [one, other] = [plan.steps.filter(isSwitchAt("edge")), plan.steps.filter(isSwitchAt("app"))];
  expect([one.length, other.length]).toEqual([1, 1]);
  const [a, b] = [one[0]?.id ?? "", other[0]?.id ?? ""];
  expect([isBefore(a, b), isBefore(b, a)]).toEqual([false, false]);
  const adapters = new Map<string, Adapter>([verifier, presenter].map((one) => [one.facts.name, one]));
  expect(() => checkPlan(plan, adapters, evidence)).not.toThrow();
});
