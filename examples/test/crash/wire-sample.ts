import { makeMaterials } from "./materials.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { type WireFault, wireFaults } from "./wire.ts";
import { type Prepared, prepare, runCell, type WireCell } from "./wire-cell.ts";
import { startWorld, type Traffic, type World } from "./world.ts";

/** What is counted, over all cells or over those of a scenario. */
export interface SampleCounts {
  readonly cells: number;
  /** Cells that went on and ended where an undisturbed run ends. */
  readonly resumed: number;
  /** Cells that went back and ended where they had begun. */
  readonly rolledBack: number;
  readonly requestsFailed: number;
  readonly duplicates: number;
  readonly leftovers: number;
}

/** What came of a sample. */
export interface WireSample extends SampleCounts {
  readonly byScenario: Readonly<Record<string, SampleCounts>>;
  /** How many cells there are to choose from: every call of every scenario under every fault. */
  readonly population: number;
  /** How many of the cells had real TLS traffic. */
  readonly tls: number;
  /** Real HTTPS requests that were answered. */
  readonly served: number;
  /** Combinations that the acceptance function judged. */
  readonly judged: number;
  /** What was hit, as `scenario / operation`. */
  readonly hit: readonly string[];
  /** What could have been hit, likewise. */
  readonly due: readonly string[];
  readonly faults: readonly WireFault[];
  /** What is not as it must be, in words. */
  readonly problems: readonly string[];
}

/** How large a sample is. */
export interface WireSampleOptions {
  /** About how many cells without TLS traffic. */
  readonly judged: number;
  /** About how many with it. */
  readonly tls: number;
  /** Where in the population the stride begins. */
  readonly seed: number;
  /** Only these. Default all. */
  readonly scenarios?: readonly string[] | undefined;
  /** Told of each cell that is over, with real milliseconds. */
  readonly onCell?: ((cell: WireCell, ms: number, problems: readonly string[]) => void) | undefined;
}

/** Runs cells over the real clients against the simulated providers. */
export async function runWireSample(options: WireSampleOptions): Promise<WireSample> {
  const materials = await makeMaterials();
  const chosen = scenarios.filter(({ name }) => options.scenarios?.includes(name) ?? true);
  const tally = new Tally();
  for (const traffic of ["judged", "tls"] as const) {
    const share = Math.ceil(options[traffic] / chosen.length);
    for (const [index, scenario] of chosen.entries()) {
      if (share === 0) continue;
      await using world = await startWorld(scenario, materials, traffic);
      await runScenario(world, scenario, traffic, share, options.seed + index, tally, options.onCell);
    }
  }
  return tally.read();
}

async function runScenario(
  world: World,
  scenario: Scenario,
  traffic: Traffic,
  share: number,
  seed: number,
  tally: Tally,
  onCell: WireSampleOptions["onCell"],
): Promise<void> {
  const prepared = await prepare(world, scenario);
  const cells = choose(prepared, share, seed);
  if (traffic === "judged") tally.offer(prepared);
  for (const cell of cells) {
    const start = performance.now();
    const outcome = await runCell(world, prepared, cell);
    tally.add(cell, outcome, traffic);
    onCell?.(cell, performance.now() - start, outcome.problems);
  }
}

const writes = /PutObject|DeleteObject|Create|Modify|Add|DeleteTrust|POST|PUT|DELETE/;

/**
 * A stride over all calls and faults of a scenario, ordered by operation, so that each operation and each fault comes in;
 * half of the cells hit writes.
 */
function choose({ operations, scenario }: Prepared, count: number, seed: number): readonly WireCell[] {
  const population = operations
    .map((operation, call) => ({ operation, call }))
    .toSorted((a, b) => (a.operation < b.operation ? -1 : a.operation > b.operation ? 1 : a.call - b.call))
    .flatMap(({ operation, call }) => wireFaults.map((fault) => ({ operation, call, fault })));
  const picked = [true, false].flatMap((isWrite) => {
    const some = population.filter(({ operation }) => writes.test(operation) === isWrite);
    const step = Math.max(1, some.length / Math.ceil(count / 2));
    const picks = Math.min(some.length, Math.ceil(count / 2));
    return Array.from({ length: picks }, (_, index) => {
      const at = Math.floor(index * step + (seed % Math.max(1, Math.floor(step))));
      return some[at % some.length];
    });
  });
  return picked
    .filter((one) => one !== undefined)
    .map((one, index) => ({
      ...one,
      scenario: scenario.name,
      way: (index + seed) % 2 === 0 ? "resume" : "rollback",
      retire: (index + seed) % 4 < 2,
    }));
}

class Tally {
  readonly #byScenario = new Map<string, { -readonly [K in keyof SampleCounts]: number }>();
  readonly #hit = new Set<string>();
  readonly #due = new Set<string>();
  readonly #faults = new Set<WireFault>();
  readonly #problems: string[] = [];
  #population = 0;
  #tls = 0;
  #served = 0;
  #judged = 0;

  offer({ scenario, operations }: Prepared): void {
    this.#population += operations.length * wireFaults.length;
    for (const operation of operations) this.#due.add(`${scenario.name} / ${operation}`);
  }

  add(cell: WireCell, outcome: Awaited<ReturnType<typeof runCell>>, traffic: Traffic): void {
    const counts = this.#byScenario.get(cell.scenario) ?? none();
    this.#byScenario.set(cell.scenario, counts);
    counts.cells += 1;
    if (outcome.problems.length === 0) counts[cell.way === "resume" ? "resumed" : "rolledBack"] += 1;
    counts.requestsFailed += outcome.requestsFailed;
    counts.duplicates += outcome.duplicates;
    counts.leftovers += outcome.leftovers;
    if (outcome.hit !== undefined) {
      this.#hit.add(`${cell.scenario} / ${outcome.hit}`);
      this.#faults.add(cell.fault);
    }
    if (traffic === "tls") this.#tls += 1;
    this.#served += outcome.served;
    this.#judged += outcome.judged;
    const { scenario, call, operation, fault, way } = cell;
    for (const problem of outcome.problems)
      this.#problems.push(`${scenario}, call ${call} ${operation}, ${fault}, ${way}, ${traffic}: ${problem}`);
  }

  read(): WireSample {
    const total = none();
    for (const counts of this.#byScenario.values())
      for (const key of Object.keys(total) as (keyof SampleCounts)[]) total[key] += counts[key];
    return {
      ...total,
      byScenario: Object.fromEntries(this.#byScenario),
      population: this.#population,
      tls: this.#tls,
      served: this.#served,
      judged: this.#judged,
      hit: [...this.#hit].sort(),
      due: [...this.#due].sort(),
      faults: [...this.#faults],
      problems: this.#problems,
    };
  }
}

function none(): { -readonly [K in keyof SampleCounts]: number } {
  return { cells: 0, resumed: 0, rolledBack: 0, requestsFailed: 0, duplicates: 0, leftovers: 0 };
}
