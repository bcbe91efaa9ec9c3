import { execFile } from "node:child_process";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fileJournal, type Journal, memoryJournal } from "@handfast/core";
import { makePlan } from "../packages/core/src/plan/make-plan.ts";
import { type Bench, type BenchCase, cpuTime } from "./bench.ts";
import { type Estate, inputOf, makeEstate } from "./estate.ts";
import { jumpingClock, type Material, makeMaterial, makeRollout } from "./rollout.ts";

/** Hostnames of which a rollout has about so many steps: one to move each, three to prove it, and those of verifiers. */
const hostnamesOf = { "1,000 steps": 246, "10,000 steps": 2_463 } as const;

/** Milliseconds on the wall, of work that waits for a disk. */
async function wallTime(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "handfast-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Applies a rollout of 1,000 steps to a file journal; how long, and the lines that it wrote. */
function applyToFile(
  material: Material,
): Promise<{ readonly ms: number; readonly steps: number; readonly lines: readonly string[] }> {
  return inFolder(async (folder) => {
    // the journal's leases keep real time: they are renewed while the disk works
    const journal = fileJournal(folder);
    const rollout = makeRollout(material, hostnamesOf["1,000 steps"], journal, jumpingClock());
    const plan = await rollout.plan();
    const ms = await wallTime(async () => {
      const { status } = await rollout.apply(plan);
      if (status !== "done") throw new Error(`the run is ${status}`);
    });
    const [run] = await readdir(join(folder, "runs"));
    const text = await readFile(join(folder, "runs", run ?? ""), "utf8");
    return { ms, steps: plan.steps.length, lines: text.split(/(?<=\n)/) };
  });
}

/** Writes lines one by one, each down to the disk, and nothing else. */
function syncAlone(lines: readonly string[]): Promise<number> {
  return inFolder((folder) =>
    wallTime(() => {
      const file = openSync(join(folder, "lines"), "a");
      try {
        for (const line of lines) {
          writeSync(file, line);
          fdatasyncSync(file);
        }
      } finally {
        closeSync(file);
      }
    }),
  );
}

/** Microseconds of processor time a step, of planning and applying. */
async function perStep(material: Material, hostnames: number): Promise<number> {
  const clock = jumpingClock();
  const journal: Journal = memoryJournal({ clock });
  const rollout = makeRollout(material, hostnames, journal, clock);
  let steps = 0;
  const ms = await cpuTime(async () => {
    const plan = await rollout.plan();
    const { status } = await rollout.apply(plan);
    if (status !== "done") throw new Error(`the run is ${status}`);
    steps = plan.steps.length;
  });
  return (ms * 1_000) / steps;
}

/** Node lets garbage lie as long as there is room: so there is little, and the run must still come through. Megabytes. */
const heap = ["--max-old-space-size=150", "--max-semi-space-size=16"];

/** By how many megabytes planning and applying make a process of its own grow. */
async function growth(hostnames: number): Promise<number> {
  const script = fileURLToPath(import.meta.resolve("./engine-memory.ts"));
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...process.execArgv, ...heap, script, String(hostnames)]);
  return Number(stdout);
}

/** Milliseconds in which the adapters' own schemas parse what was observed. */
function parseTime(estate: Estate): Promise<number> {
  const { endpoints } = inputOf(estate);
  return cpuTime(() => {
    for (const { adapter, seen } of endpoints) {
      const { state } = adapter.definition.schema;
      for (const one of [seen.now, ...seen.may]) state.parse(one);
    }
  });
}

function planTime(estate: Estate): Promise<number> {
  const input = inputOf(estate);
  return cpuTime(() => {
    const { steps } = makePlan(input);
    if (steps.length < 1_250) throw new Error(`a plan of ${steps.length} steps only`);
  });
}

/** A plan for 1,000 hostnames, 200 listeners and 50 distributions. */
function planOfEstate(name: string, rotates: boolean): BenchCase {
  return {
    name: `plan of 1,250 endpoints: ${name}`,
    unit: "ms",
    against: "parsing the observations by zod",
    target: 10,
    prepare: async () => {
      const estate = await makeEstate(rotates);
      return { ours: () => planTime(estate), against: () => parseTime(estate) };
    },
  };
}

export const bench: Bench = {
  name: "engine",
  cases: [
    {
      name: "a step with the file journal",
      unit: "ms",
      against: "its fsyncs alone",
      target: 3,
      prepare: async () => {
        const material = await makeMaterial();
        const { lines, steps } = await applyToFile(material);
        return {
          ours: async () => (await applyToFile(material)).ms / steps,
          against: async () => (await syncAlone(lines)) / steps,
        };
      },
    },
    {
      name: "plan and apply of 10,000 steps",
      unit: "µs/step",
      against: "the same for 1,000 steps",
      // Linear: ten times the steps in less than twelve times the time.
      target: 1.2,
      rounds: 3,
      prepare: async () => {
        const material = await makeMaterial();
        return {
          ours: () => perStep(material, hostnamesOf["10,000 steps"]),
          against: () => perStep(material, hostnamesOf["1,000 steps"]),
        };
      },
    },
    {
      name: "memory for 10,000 steps",
      unit: "MB",
      against: "200 MB",
      target: 1,
      rounds: 2,
      prepare: async () => ({
        ours: () => growth(hostnamesOf["10,000 steps"]),
        against: async () => 200,
      }),
    },
    planOfEstate("first rollout", false),
    planOfEstate("rotation", true),
  ],
};
