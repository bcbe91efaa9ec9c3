import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Child, type Nursery, startNursery } from "./children.ts";
import { examine, type Findings } from "./examine.ts";
import { type KillScene, startKillScene } from "./kill-scene.ts";
import { makeMaterials } from "./materials.ts";
import { act, type Ending, finish, type Prepared, prepare } from "./prepare.ts";
import { scenarios } from "./scenarios.ts";
import { type SampleCounts, tally } from "./tally.ts";

/** When a process is killed. */
export type KillMoment =
  /** The n-th request has arrived: before it takes effect, or after that and before its answer. */
  | { readonly at: "request-before" | "request-after"; readonly nth: number }
  /** The n-th line is in the file of its run. */
  | { readonly at: "line"; readonly nth: number };

/** One process that is killed, perhaps a second one that is killed going on, and what is done then. */
export interface KillCell extends Ending {
  readonly scenario: string;
  readonly first: KillMoment;
  /** Kills the process that goes on or back, too; it is done by a third one then. */
  readonly second?: KillMoment | undefined;
}

/** What came of a sample. */
export interface KillSample extends SampleCounts {
  readonly byScenario: Readonly<Record<string, SampleCounts>>;
  /** How many processes were killed. */
  readonly kills: number;
  /** Of two processes that began the same plan at once: how many got it done, and the codes of the others. */
  readonly races: readonly { readonly done: number; readonly codes: readonly string[] }[];
  readonly problems: readonly string[];
}

/** How large a sample is. */
export interface KillSampleOptions {
  /** Only these. Default all. */
  readonly scenarios?: readonly string[] | undefined;
  /** Where the choice of calls and lines begins. */
  readonly seed: number;
  readonly onCell?: ((cell: KillCell, ms: number, problems: readonly string[]) => void) | undefined;
}

/** Kills real processes that work on a journal on the disk, and lets others go on or back. */
export async function runKillSample(options: KillSampleOptions): Promise<KillSample> {
  const materials = await makeMaterials();
  const counts = tally();
  const races: KillSample["races"][number][] = [];
  const cache = await mkdtemp(join(tmpdir(), "handfast-compiled-"));
  let kills = 0;
  try {
    for (const [index, scenario] of scenarios.entries()) {
      if (!(options.scenarios?.includes(scenario.name) ?? true)) continue;
      await using scene = await startKillScene(scenario, materials);
      await using nursery = startNursery(scene.place, cache);
      const prepared = await prepare(scene, scenario);
      for (const cell of cellsOf(prepared, options.seed + index)) {
        const start = performance.now();
        const found = await runKillCell(scene, nursery, prepared, cell);
        counts.add(cell, `${describe(cell)}`, found);
        options.onCell?.(cell, performance.now() - start, found.problems);
      }
      if (scenario.tested === "apply") {
        const { race, findings } = await runRace(scene, nursery, prepared);
        races.push(race);
        counts.note(`${scenario.name}, two at once`, findings);
      }
      kills += nursery.killed();
    }
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
  return { ...counts.read(), kills, races };
}

const writes = /PutObject|DeleteObject|Create|Modify|AddTrust|DeleteTrust|POST|PUT|DELETE/;

/** Where all moments are tried; elsewhere some are. */
const inFull = ["first rollout", "CA rotation", "rollback"];

/**
 * Calls that write, before and after the effect, a line of the journal, and a resume that is cut short itself. In full
 * also a call that reads, and a way back that is cut short.
 */
function cellsOf({ operations, planning, scenario }: Prepared, seed: number): readonly KillCell[] {
  const calls = operations.slice(planning).map((operation, nth) => ({ operation, nth }));
  const writing = calls.filter(({ operation }) => writes.test(operation)).map(({ nth }) => nth);
  const pick = (from: readonly number[], turn: number): number =>
    from[(seed * 7 + turn * 3) % from.length] ?? 0;
  const base = { scenario: scenario.name, retire: true };
  const reading = calls.map(({ nth }) => nth).filter((nth) => !writing.includes(nth));
  const [way, other] = seed % 2 === 0 ? (["resume", "rollback"] as const) : (["rollback", "resume"] as const);
  const some: readonly KillCell[] = [
    { ...base, way, first: { at: "request-before", nth: pick(writing, 0) } },
    { ...base, way: other, first: { at: "request-after", nth: pick(writing, 1) } },
    { ...base, way: other, first: { at: "line", nth: 2 + ((seed * 5) % 12) } },
    {
      ...base,
      way: "resume",
      first: { at: "request-after", nth: pick(writing, 2) },
      second: { at: "line", nth: 1 },
    },
  ];
  if (!inFull.includes(scenario.name)) return some;
  const cutShort = { at: "request-after", nth: 20 + (seed % 10) } as const;
  return [
    ...some,
    { ...base, way, first: { at: "request-after", nth: pick(reading, 9) } },
    { ...base, way: "rollback", first: { at: "request-after", nth: pick(writing, 3) }, second: cutShort },
  ];
}

async function runKillCell(
  scene: KillScene,
  nursery: Nursery,
  prepared: Prepared,
  cell: KillCell,
): Promise<Findings> {
  const journal = await scene.reset();
  const folder = scene.folder();
  scene.judge.begin(prepared.scenario.closed);
  const examination = examine(scene);
  const known = new Set(await journal.runs());
  const victim = await nursery.take(folder);
  await whileAt(scene, cell.first, victim, known, () => act(victim.hands, prepared));
  nursery.giveBack(victim);
  examination.look();
  const begun = (await journal.runs()).find((run) => !known.has(run));
  if (cell.second !== undefined && begun !== undefined) {
    const second = await nursery.take(folder);
    const lines = await countLines(folder, begun);
    const moment = cell.second.at === "line" ? { ...cell.second, nth: lines + cell.second.nth } : cell.second;
    const old = cell.way === "resume" ? known : new Set([...known, begun]);
    await whileAt(scene, moment, second, old, () =>
      cell.way === "resume"
        ? second.hands.resume(begun)
        : second.hands.rollback(prepared.run ?? begun, { mayUnrevoke: true }),
    );
    nursery.giveBack(second);
    examination.look();
  }
  const last = await nursery.take(folder);
  await finish(last.hands, prepared, cell, known, examination);
  nursery.giveBack(last);
  return examination.read();
}

/** Runs until it ends, or until the moment has come and the process is dead. */
async function whileAt(
  scene: KillScene,
  moment: KillMoment,
  child: Child,
  known: ReadonlySet<string>,
  work: () => Promise<unknown>,
): Promise<void> {
  const { wire } = scene;
  if (moment.at === "line") wire.arm();
  else {
    const fault = moment.at === "request-before" ? "died-before" : "died-after";
    wire.arm({ call: moment.nth, fault, kill: child.kill });
  }
  const over = new AbortController();
  const watching =
    moment.at === "line"
      ? killAtLine(scene.folder(), known, moment.nth, child, over.signal)
      : Promise.resolve();
  // a killed call fails, and an undisturbed one may end in any way
  await work().catch(() => undefined);
  over.abort();
  await watching;
  if (child.isDead()) await child.gone;
  wire.disarm();
}

/** Looks at the file of a run that was not known, over and over, and kills the process when it has so many lines. */
async function killAtLine(
  folder: string,
  known: ReadonlySet<string>,
  lines: number,
  child: Child,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const names = await readdir(join(folder, "runs")).catch(() => []);
    const run = names.map((name) => name.replace(".jsonl", "")).find((name) => !known.has(name));
    if (run !== undefined && (await countLines(folder, run)) >= lines) {
      child.kill();
      return;
    }
    await setTimeout(1);
  }
}

async function countLines(folder: string, run: string): Promise<number> {
  return (await readFile(join(folder, "runs", `${run}.jsonl`), "utf8")).split("\n").length - 1;
}

/** Two processes begin the same plan at once. */
async function runRace(
  scene: KillScene,
  nursery: Nursery,
  prepared: Prepared,
): Promise<{ readonly race: KillSample["races"][number]; readonly findings: Findings }> {
  await scene.reset();
  scene.wire.arm();
  scene.judge.begin(prepared.scenario.closed);
  const examination = examine(scene);
  const children = [await nursery.take(scene.folder()), await nursery.take(scene.folder())];
  const ends = await Promise.all(
    children.map(({ hands }) =>
      act(hands, prepared).then(
        ({ status }) => ({ status, code: undefined }),
        (error: Error & { readonly code?: string }) => ({ status: "refused", code: error.code ?? "none" }),
      ),
    ),
  );
  await examination.arrived(prepared.goal);
  for (const child of children) nursery.giveBack(child);
  const race = {
    done: ends.filter(({ status }) => status === "done").length,
    codes: ends.flatMap(({ code }) => code ?? []),
  };
  return { race, findings: examination.read() };
}

function describe({ first, second, way }: KillCell): string {
  const words = (moment: KillMoment): string => `${moment.at} ${moment.nth}`;
  return `killed at ${words(first)}${second === undefined ? "" : `, then at ${words(second)}`}, ${way}`;
}
