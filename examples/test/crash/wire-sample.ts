import { makeMaterials } from "./materials.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { scenarios } from "./scenarios.ts";
import { type SampleCounts, tally } from "./tally.ts";
import { type WireFault, wireFaults } from "./wire.ts";
import { runCell, type WireCell } from "./wire-cell.ts";
import { startWorld, type Traffic } from "./world.ts";

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
  /** Those of them that write. */
  readonly writes: readonly string[];
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
  const counts = tally();
  const met = { hit: new Set<string>(), due: new Set<string>(), faults: new Set<WireFault>() };
  let [population, tls, served] = [0, 0, 0];
  for (const traffic of ["judged", "tls"] as const) {
    const share = Math.ceil(options[traffic] / chosen.length);
    for (const [index, scenario] of chosen.entries()) {
      if (share === 0) continue;
      await using world = await startWorld(scenario, materials, traffic);
      const prepared = await prepare(world, scenario);
      population += prepared.operations.length * wireFaults.length;
      for (const operation of prepared.operations) met.due.add(`${scenario.name} / ${operation}`);
      for (const cell of choose(prepared, share, options.seed + index)) {
        const start = performance.now();
        const outcome = await runCell(world, prepared, cell);
        counts.add(cell, describe(cell, traffic), outcome);
        if (outcome.hit !== undefined) {
          met.hit.add(`${scenario.name} / ${outcome.hit}`);
          met.faults.add(cell.fault);
        }
        if (traffic === "tls") tls += 1;
        served += outcome.served;
        options.onCell?.(cell, performance.now() - start, outcome.problems);
      }
    }
  }
  return {
    ...counts.read(),
    population,
    tls,
    served,
    hit: [...met.hit].sort(),
    due: [...met.due].sort(),
    writes: [...met.due].filter((one) => writes.test(one)).sort(),
    faults: [...met.faults],
  };
}

function describe({ call, operation, fault, way }: WireCell, traffic: Traffic): string {
  return `call ${call} ${operation}, ${fault}, ${way}, ${traffic}`;
}

const writes = /PutObject|DeleteObject|Create|Modify|AddTrust|DeleteTrust|POST|PUT|DELETE/;
const deaths: readonly WireFault[] = ["died-before", "died-after"];

type Blow = Pick<WireCell, "call" | "operation" | "fault">;

/**
 * Every write under every death, in order, and other faults of writes, each a third of the cells at most; then one of each
 * call that reads, and a stride over all of these. Strides go by operation.
 */
function choose({ operations, scenario }: Prepared, count: number, seed: number): readonly WireCell[] {
  const calls = operations
    .map((operation, call) => ({ operation, call }))
    .toSorted((a, b) => (a.operation < b.operation ? -1 : a.operation > b.operation ? 1 : a.call - b.call));
  const under = (faults: readonly WireFault[], isWrite: boolean): readonly Blow[] =>
    calls
      .filter(({ operation }) => writes.test(operation) === isWrite)
      .flatMap((one) => faults.map((fault) => ({ ...one, fault })));
  const others = wireFaults.filter((fault) => !deaths.includes(fault));
  const share = Math.ceil(count / 3);
  const both = (blow: Blow) =>
    (["rollback", "resume"] as const).map((way) => ({ ...blow, way, retire: way === "rollback" }));
  const either = (blow: Blow, index: number) => ({
    ...blow,
    way: (index + seed) % 2 === 0 ? ("resume" as const) : ("rollback" as const),
    retire: (index + seed) % 5 < 2,
  });
  const writing = [
    ...stride(under(deaths, true).flatMap(both), share, seed),
    ...stride(under(others, true), share, seed).map(either),
  ];
  const reads = under(wireFaults, false);
  const left = Math.max(0, count - writing.length);
  const kinds = [...Map.groupBy(reads, ({ operation }) => operation).values()];
  const oneEach = kinds.flatMap((some, index) => some[(index * 5 + seed) % some.length] ?? []).slice(0, left);
  return [...writing, ...[...oneEach, ...stride(reads, left - oneEach.length, seed)].map(either)].map(
    (cell) => ({ ...cell, scenario: scenario.name }),
  );
}

/** So many of a list, evenly spread over it. */
function stride<T>(from: readonly T[], count: number, seed: number): readonly T[] {
  const step = from.length / count;
  if (step <= 1) return from;
  const offset = (seed * 0.618) % 1;
  return Array.from({ length: count }, (_, index) => from[Math.floor((index + offset) * step)]).filter(
    (one) => one !== undefined,
  );
}
