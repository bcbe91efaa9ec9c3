import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApplication } from "./application.ts";
import type { Ask, Cell } from "./cell.ts";
import { makeCertificates } from "./certificates.ts";
import { isInstalled } from "./foreign-process.ts";
import type { ForeignServer } from "./foreign-server.ts";
import { type Repetitions, repeatRefusals } from "./repeat.ts";
import { type RunningServer, startServer } from "./start-server.ts";
import { fillTable } from "./table.ts";

export interface TruthOptions {
  /** Those that run here. */
  readonly servers: readonly ForeignServer[];
  readonly ask: Ask;
  /** Every manner of asking in each cell, or one of them in turn. */
  readonly manners: "every" | "in turn";
  /** Probes under load, over all servers together. */
  readonly repetitions: number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
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
  const application = await startApplication(answer);
  const running: RunningServer[] = [];
  try {
    const certificates = await makeCertificates(folder, Date.now());
    const surroundings = { folder, certificates, application, answer };
    const foreignClient = isInstalled("openssl", "version");
    const tables = await Promise.all(
      options.servers.map(async (server) => {
        const started = await startServer(server, surroundings);
        running.push(started);
        return fillTable(started, surroundings, {
          ask: options.ask,
          manners: options.manners,
          foreignClient,
        });
      }),
    );
    const { ask, random, repetitions: count } = options;
    const repetitions = await repeatRefusals(running, surroundings, { ask, random, count });
    return { cells: tables.flat(), repetitions };
  } finally {
    await Promise.all(running.map(({ close }) => close()));
    await application.close();
    await rm(folder, { recursive: true, force: true });
  }
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
