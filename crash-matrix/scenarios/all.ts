import type { Scenario } from "../scenario.ts";
import { oddWorlds } from "./odd-worlds.ts";
import { changes, oddLinks } from "./one-link.ts";
import { providers } from "./providers.ts";

/** The way back from a scenario is one of its own: the fault hits the rollback itself. */
function takenBack(name: string): Scenario {
  const scenario = forward.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return { ...scenario, name: `rollback-of-${name}`, act: "rollback" };
}

const forward: readonly Scenario[] = [...changes, ...oddLinks, ...oddWorlds, ...providers];

const backward: readonly Scenario[] = [
  "first-rollout",
  "ca-rotation",
  "teardown",
  "only-time-settles",
  "shared-store-in-place",
  "falls-through-to-a-zone",
  "together-in-one-call",
].map(takenBack);

/** What a rotation leaves behind is retired. */
const retiring: readonly Scenario[] = forward
  .filter(({ name }) => name === "ca-rotation" || name === "two-providers")
  .map((scenario) => ({ ...scenario, name: `retire-of-${scenario.name}`, act: "retire" }));

const all: readonly Scenario[] = [...forward, ...backward, ...retiring];

/** Every scenario, by the shard in which the tests run it. */
export const shards: readonly (readonly Scenario[])[] = [
  all.filter((_, index) => index % 2 === 0),
  all.filter((_, index) => index % 2 === 1),
];
