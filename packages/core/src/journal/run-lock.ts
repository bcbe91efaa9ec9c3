import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { type Disk, makeFolder, syncFolder, writeBeside } from "./disk.ts";
import { lockCorrupt, runHeld, runTaken, systemCode, unreadable, unwritable } from "./journal-errors.ts";
import { isGone, type ProcessTable, processMarkSchema } from "./process-mark.ts";

const operation = "open run";

/** How often others may get in first before this one gives up. */
const mostTries = 20;

const holderSchema = z.object({
  ...processMarkSchema.shape,
  /** Tells one taking from another, also within a process. */
  owner: z.string(),
  /** When it was taken, by the holder's clock. */
  since: z.iso.datetime(),
});

type Holder = z.infer<typeof holderSchema>;

/** What a run is locked with. */
export interface RunLockSite {
  readonly disk: Disk;
  /** The folder of this run's lock files. */
  readonly folder: string;
  readonly run: string;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** Gives a new text at each call, one that no other process gives. */
  readonly mark: () => string;
}

/** A run that was taken. */
export interface RunLock {
  /** How often the run was taken so far: grows with every taking, so that a later holder can be told from an earlier. */
  readonly generation: number;
  /** Throws `JOURNAL_HELD` when somebody has taken the run since. */
  check(operation: string): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a run. Each taking is a file of its own, numbered from 1 and never deleted: who creates the next number holds
 * the run, and one file can be created once only. So of many who find the same holder dead, exactly one takes over.
 * (A lock that is removed and made again can't promise that: moxystudio/node-proper-lockfile#121.) The holder lets go
 * by emptying its file, which even a full disk allows.
 *
 * @throws HandfastError `JOURNAL_HELD`, `JOURNAL_CORRUPT`, `JOURNAL_UNWRITABLE`
 */
export async function takeRun(site: RunLockSite): Promise<RunLock> {
  const { disk, folder, run, clock, processes } = site;
  const holder: Holder = {
    ...processes.self,
    owner: site.mark(),
    since: new Date(clock.now()).toISOString(),
  };
  for (let tries = 1; ; tries += 1) {
    const last = await findLast(disk, folder);
    const file = join(folder, String(last));
    const before = last === 0 ? undefined : await readHolder(disk, file);
    if (before !== undefined && !isGone(before, processes)) throw runHeld(operation, run, before, file);
    if (tries > mostTries) throw runTaken(operation, run, file);
    const next = join(folder, String(last + 1));
    if (await create(site, next, holder)) return keepLock(site, last + 1);
  }
}

async function keepLock(site: RunLockSite, generation: number): Promise<RunLock> {
  const { disk, folder, run } = site;
  const own = join(folder, String(generation));
  const next = join(folder, String(generation + 1));
  const release = async (): Promise<void> => {
    try {
      const handle = await disk.open(own, "r+");
      try {
        await handle.truncate(0);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw unwritable("close run", own, error);
    }
  };
  try {
    await syncFolder(disk, folder);
  } catch (error) {
    // Why it can't be kept is what has to be told.
    await release().catch(() => undefined);
    throw unwritable(operation, own, error);
  }
  return {
    generation,
    check: async (asking) => {
      try {
        await disk.access(next);
      } catch (error) {
        if (systemCode(error) === "ENOENT") return;
        throw unwritable(asking, next, error);
      }
      throw runTaken(asking, run, next);
    },
    release,
  };
}

/** The number of the last taking; 0 when there was none. */
async function findLast(disk: Disk, folder: string): Promise<number> {
  try {
    const names = await disk.readdir(folder);
    return names
      .filter((name) => /^[1-9]\d*$/.test(name))
      .reduce((last, name) => Math.max(last, Number(name)), 0);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return 0;
    throw unwritable(operation, folder, error);
  }
}

/** Who holds a run; undefined when it was let go. */
async function readHolder(disk: Disk, file: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await disk.readFile(file, "utf8");
  } catch (error) {
    throw unreadable(operation, file, error);
  }
  if (text === "") return undefined;
  const parsed = holderSchema.safeParse(parseJson(text));
  if (!parsed.success) throw lockCorrupt(file);
  return parsed.data;
}

/** Creates a lock file with all its content at once. False when somebody else was first. */
async function create(site: RunLockSite, file: string, holder: Holder): Promise<boolean> {
  const { disk, folder } = site;
  let isFirst = true;
  try {
    await makeFolder(disk, folder);
    await writeBeside(disk, file, site.mark(), JSON.stringify(holder), async (from) => {
      try {
        await disk.link(from, file);
      } catch (error) {
        if (systemCode(error) !== "EEXIST") throw error;
        isFirst = false;
      }
      await disk.unlink(from).catch(() => undefined);
    });
  } catch (error) {
    throw unwritable(operation, file, error);
  }
  // A network file system may do it, lose its own answer, and do it again.
  return isFirst || (await readHolder(disk, file))?.owner === holder.owner;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
