/** One world with its journal and its oracle: what outlives the processes of a cell. */
import { type Journal, type MtlsPlan, memoryJournal, type Prober, type Report } from "@handfast/core";
import { evidence, now } from "../packages/core/test/fixtures/evidence.ts";
import type { Fault } from "./faults.ts";
import { Oracle } from "./oracle.ts";
import type { Problem } from "./problem.ts";
import { Process } from "./process.ts";
import type { Scenario } from "./scenario.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { longestMs, type Snapshot, WatchedWorld } from "./watched-world.ts";

export class Stage {
  readonly scenario: Scenario;
  readonly clock = new VirtualClock(now);
  readonly world: WatchedWorld;
  readonly oracle: Oracle;
  readonly journal: Journal;
  readonly before: Snapshot;
  #processes = 0;

  constructor(scenario: Scenario, allowed: ReadonlyMap<string, ReadonlySet<string>> | undefined) {
    this.scenario = scenario;
    this.world = new WatchedWorld(this.clock, scenario.nodes);
    for (const [digest, bytes] of evidence.bytes) this.world.bytes.set(digest, bytes);
    for (const [object, value] of Object.entries(scenario.start)) {
      this.world.set(object, value);
      if (value.kind === "association" && typeof value.shows === "object")
        this.world.set(`certificate/${value.shows.certificate}`, { kind: "certificate" });
    }
    this.clock.turn(longestMs);
    this.world.startCounting();
    this.before = this.world.snapshot();
    this.oracle = new Oracle(this.world, scenario.traffic, allowed);
    this.clock.onTurn = () => this.oracle.look();
    this.journal = memoryJournal({ clock: this.clock });
  }

  /** A new process with adapters of its own over the same world and journal. */
  begin(fault?: Fault): Process {
    this.#processes += 1;
    const { clock, world, journal, scenario } = this;
    return new Process({
      clock,
      world,
      journal,
      adapters: scenario.adapters,
      prober: this.#prober,
      number: this.#processes,
      fault,
    });
  }

  /** Lets all that is under way come to rest, with the oracle looking. */
  rest(): void {
    this.clock.turn(longestMs);
  }

  /** What the oracle has seen go wrong since it was last asked. */
  takeProblems(when: string): readonly Problem[] {
    const requests = this.oracle.refusals.splice(0).map((text) => ({ trouble: "request" as const, text }));
    const leaks = this.oracle.leaks.splice(0).map((text) => ({ trouble: "leak" as const, text }));
    return [...requests, ...leaks].map(({ trouble, text }) => ({ trouble, text: `${when}: ${text}` }));
  }

  /** Traffic as the prober meets it: served at all nodes, or not. */
  readonly #prober: Prober = async ({ link }) =>
    this.oracle.isServed(link)
      ? { verdict: "passed", reason: "served", evidence: {} }
      : { verdict: "failed", reason: "refused", evidence: {} };
}

/** What is left to do by a plan, beside waiting. */
export function writesOf(plan: MtlsPlan): readonly string[] {
  return plan.steps.filter(({ kind }) => kind === "write").map(({ summary }) => summary);
}

/** Why a run did not come to its end. */
export function firstErrorOf({ steps }: Report): string {
  const { id, error } = steps.find((step) => step.error !== undefined) ?? {};
  return `${id} ${error?.code} ${error?.message}`;
}
