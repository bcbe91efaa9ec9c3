/** What a run leaves beside what carries traffic, and what retire does about it. */
import type { MtlsPlan } from "@handfast/core";
import type { Process } from "./process.ts";
import type { Stage } from "./stage.ts";
import type { Scene } from "./struck.ts";
import { isBeside } from "./watched-world.ts";

/** Objects that were not there at the start and that carry no traffic by themselves. */
export function madeBeside({ world, before }: Stage): readonly string[] {
  return world.names("").filter((name) => before[name] === undefined && isBeside(name));
}

/** Retires runs: what goes must be in their plans, and nothing must stay that nobody needs. */
export async function retireAll(
  { stage, complain }: Scene,
  { handfast }: Process,
  runIds: readonly string[],
): Promise<void> {
  const spare = spareNow(stage);
  const listed = new Set<string>();
  for (const runId of runIds) {
    const plan = await handfast.plan({ retire: runId });
    for (const name of removedBy(plan)) listed.add(name);
    const report = await handfast.apply(plan);
    if (report.status !== "done") complain("leftover", `retire ends ${report.status}`);
  }
  const unlisted = spare.filter((name) => !listed.has(name));
  if (unlisted.length > 0) complain("leftover", `retire does not list ${unlisted.join(", ")}`);
  const wrong = [...listed].filter((name) => !spare.includes(name));
  if (wrong.length > 0) complain("leftover", `retire takes ${wrong.join(", ")}`);
  const left = spareNow(stage);
  if (left.length > 0) complain("leftover", `${left.join(", ")} stays after retire`);
}

function removedBy(plan: MtlsPlan): readonly string[] {
  return plan.steps.flatMap((step) =>
    step.kind === "write" && step.step.effect === "remove" ? [step.step.object] : [],
  );
}

/** Objects beside that nobody needs. */
export function spareNow(stage: Stage): readonly string[] {
  const needed = neededNow(stage);
  return madeBeside(stage).filter((name) => !needed.has(name));
}

/** What listeners and associations point to. */
function neededNow({ world }: Stage): ReadonlySet<string> {
  return new Set(
    world.names("").flatMap((name) => {
      const value = world.get(name);
      if (value?.kind === "listener") return value.store === null ? [] : [`store/${value.store}`];
      if (value?.kind !== "association" || typeof value.shows === "string") return [];
      return [`certificate/${value.shows.certificate}`];
    }),
  );
}
