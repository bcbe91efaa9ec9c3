import type { Journal } from "@handfast/core";
import { examine, type Findings } from "./examine.ts";
import type { Instance } from "./instance.ts";
import { act, type Ending, finish, type Prepared } from "./prepare.ts";
import type { WireFault } from "./wire.ts";
import type { World } from "./world.ts";

/** One call of one scenario under one fault. */
export interface WireCell extends Ending {
  readonly scenario: string;
  /** Number of the call, from 0, those of planning first. */
  readonly call: number;
  readonly operation: string;
  readonly fault: WireFault;
}

/** What came of a cell. */
export interface CellOutcome extends Findings {
  /** The operation that was hit; undefined when the call was not made, or was refused before the fault came to it. */
  readonly hit: string | undefined;
  /** Real requests that were answered. */
  readonly served: number;
}

/** Runs a cell from the state before the scenario. */
export async function runCell(world: World, prepared: Prepared, cell: WireCell): Promise<CellOutcome> {
  const journal = await world.reset();
  world.judge.begin(prepared.scenario.closed);
  const visitors = world.visitors?.();
  const examination = examine(world);
  const known = new Set(await journal.runs());
  const hit = await disturb(world, prepared, cell, journal);
  examination.look();
  await finish(world.instance(journal).handfast, prepared, cell, known, examination);
  const requests = await visitors?.stop();
  if (requests !== undefined && requests.failed > 0)
    examination.complain(`visitors failed: ${JSON.stringify(requests.failedBy)}`);
  const { requestsFailed, ...findings } = examination.read();
  return {
    ...findings,
    hit,
    requestsFailed: requestsFailed + (requests?.failed ?? 0),
    served: requests?.ok ?? 0,
  };
}

/** The part that the fault falls into. It may end in any way. */
async function disturb(
  world: World,
  { plan, run, planning, scenario }: Prepared,
  { call, fault }: WireCell,
  journal: Journal,
): Promise<string | undefined> {
  const { wire } = world;
  const isPlanning = call < planning;
  const instance: Instance = world.instance(journal, fault.startsWith("timeout") ? { timeoutMs: 120 } : {});
  const { handfast, mortal } = instance;
  wire.arm({ call: isPlanning ? call : call - planning, fault, kill: mortal.die });
  const work = async (): Promise<unknown> => {
    const fresh = isPlanning ? await world.plan(instance, scenario.goal) : plan;
    return await act(handfast, { plan: fresh, run });
  };
  await Promise.race([work().catch(() => undefined), mortal.died]);
  const hit = wire.hit();
  wire.disarm();
  return hit;
}
