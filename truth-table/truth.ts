import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApplication } from "./application.ts";
import type { Ask, Cell } from "./cell.ts";
import { makeCertificates } from "./certificates.ts";
import { type ForeignProcess, versionOf } from "./foreign-process.ts";
import type { ForeignServer } from "./foreign-server.ts";
import { type Repetitions, repeatRefusals } from "./repeat.ts";
import { type RunningServer, type Surroundings, startServer } from "./start-server.ts";
import { type Effort, fillTable } from "./table.ts";

export interface TruthOptions {
  /** Those that run here. */
  readonly servers: readonly ForeignServer[];
  readonly ask: Ask;
  readonly effort: Effort;
  /** Probes under load, over all servers together. */
  readonly repetitions: number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Called after each cell and each repetition. */
  readonly onProgress?: ((done: string) => void) | undefined;
}

/** Everything that a run found. */
export interface Truth {
  readonly cells: readonly Cell[];
  readonly repetitions: Repetitions;
}

/** The sums of a run. */
export interface Tally {
  readonly servers: number;
  readonly cells: number;
  readonly wrong: number;
  readonly repetitions: number;
  readonly falseAccepted: number;
}

/** What a page holds, and nothing else on earth. */
const answer = "served behind the truth table";

/** Starts the servers, fills their tables, then repeats what must be refused; ends and removes all that it made. */
export async function findTruth(options: TruthOptions): Promise<Truth> {
  const folder = await mkdtemp(join(tmpdir(), "handfast-truth-"));
  const processes = new Set<ForeignProcess>();
  // Where this process is ended in the midst of it, nothing of it stays behind.
  const abandon = (): void => {
    for (const { kill } of processes) kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  const application = await startApplication(answer);
  try {
    const certificates = await makeCertificates(folder, Date.now());
    const surroundings = { folder, certificates, application, answer, processes };
    return await fillAndRepeat(options, surroundings);
  } finally {
    await Promise.all([...processes].map(({ end }) => end()));
    await application.close();
    await rm(folder, { recursive: true, force: true });
    process.off("exit", abandon);
  }
}

async function fillAndRepeat(options: TruthOptions, surroundings: Surroundings): Promise<Truth> {
  const { ask, effort, random, repetitions: count } = options;
  const progress = (what: string): (() => void) => {
    let done = 0;
    return () => options.onProgress?.(`${++done} ${what}`);
  };
  const onCell = progress("cells");
  const foreignClient = versionOf("openssl", "version") !== undefined;
  const running: RunningServer[] = [];
  const tables = await Promise.allSettled(
    options.servers.map(async (server) => {
      const started = await startServer(server, surroundings);
      running.push(started);
      return fillTable(started, surroundings, { ask, effort, foreignClient, onCell });
    }),
  );
  const cells = tables.flatMap((table) => {
    if (table.status === "rejected") throw table.reason;
    return table.value;
  });
  const onLook = progress("repetitions");
  return { cells, repetitions: await repeatRefusals(running, surroundings, { ask, random, count, onLook }) };
}

/** Counts a run. */
export function tallyOf({ cells, repetitions }: Truth): Tally {
  return {
    servers: new Set(cells.map(({ server }) => server)).size,
    cells: cells.length,
    wrong: cells.filter(({ problems }) => problems.length > 0).length,
    repetitions: repetitions.all.length,
    falseAccepted: repetitions.all.filter(({ look }) => look.result.verdict === "accepted").length,
  };
}
