/** The crash matrix: a process that dies behind every single entry of its journal. */
import type { Journal } from "@handfast/core";
import { expect } from "vitest";
import { type AdapterCase, NotEquipped } from "./adapter-case.ts";
import { Rollout } from "./rollout.ts";
import type { Stage } from "./stage.ts";

/** Far more entries than a rollout has: a matrix that gets here does not end. */
const mostEntries = 400;

export const crashingCases: readonly AdapterCase[] = [
  {
    title: "createHandfast resumes after a crash behind every entry of the journal, and ends as without one",
    run: async (open) => {
      const clean = await crashAfter(await open(), Number.POSITIVE_INFINITY);
      const [faces, exists] = [await clean.rollout.faces(), await clean.rollout.stage.inventory()];
      await matrix(open, async ({ rollout, run, where }) => {
        const heir = rollout.instance(
          rollout.journal,
          rollout.stage.world.again?.() ?? rollout.stage.adapter,
        );
        Rollout.expectDone(await heir.resume(run), `resume ${where}`);
        expect(await rollout.faces(), `faces ${where}`).toBe(faces);
        expect(await rollout.stage.inventory(), `what exists ${where}`).toEqual(exists);
        expect((await heir.plan(rollout.spec(heir, "a"))).steps, `steps left ${where}`).toEqual([]);
      });
    },
  },
  {
    title: "createHandfast goes back after a crash behind every entry of the journal, to the image before",
    run: async (open) => {
      await matrix(open, async ({ rollout, run, where, start }) => {
        const heir = rollout.instance(
          rollout.journal,
          rollout.stage.world.again?.() ?? rollout.stage.adapter,
        );
        Rollout.expectDone(await heir.rollback(run, { mayUnrevoke: true }), `rollback ${where}`);
        expect(await rollout.faces(), `faces ${where}`).toBe(start);
      });
    },
  },
  {
    title: "createHandfast retires what a call made whose answer nobody heard, once it has gone back",
    run: async (open) => {
      await matrix(open, async ({ rollout, run, where, existed }) => {
        if (existed === undefined) throw new NotEquipped("the world has no inventory");
        const heir = rollout.instance(
          rollout.journal,
          rollout.stage.world.again?.() ?? rollout.stage.adapter,
        );
        const { runId } = await heir.rollback(run, { mayUnrevoke: true });
        for (const one of [run, runId]) Rollout.expectDone(await heir.retire(one), `retire ${where}`);
        expect(await rollout.stage.inventory(), `what exists ${where}`).toEqual(existed);
      });
    },
  },
];

interface Crash {
  readonly rollout: Rollout;
  /** Id of the run that was cut short; undefined when it came to its end. */
  readonly run: string | undefined;
  /** The faces before it, and what existed. */
  readonly start: string;
  readonly existed: readonly string[] | undefined;
}

/** Lets an apply die behind each of its entries in turn, each in a world of its own. */
async function matrix(
  open: () => Promise<Stage>,
  survive: (crash: Crash & { readonly run: string; readonly where: string }) => Promise<void>,
): Promise<void> {
  for (let entries = 1; ; entries += 1) {
    expect(entries, "entries of one journal").toBeLessThan(mostEntries);
    const crash = await crashAfter(await open(), entries);
    if (crash.run === undefined) {
      expect(entries, "entries behind which it died, and one").toBeGreaterThan(3);
      return;
    }
    await survive({ ...crash, run: crash.run, where: `after a crash behind entry ${entries}` });
  }
}

async function crashAfter(stage: Stage, entries: number): Promise<Crash> {
  const rollout = new Rollout(stage);
  const [start, existed] = [await rollout.faces(), await stage.inventory()];
  const handfast = rollout.instance(dyingJournal(rollout.journal, entries));
  const plan = await handfast.plan(rollout.spec(handfast, "a"));
  const report = await handfast.apply(plan).catch((error: unknown) => {
    if (error instanceof Killed) return undefined;
    throw error;
  });
  if (report !== undefined) {
    Rollout.expectDone(report, "apply, which nobody killed");
    return { rollout, start, existed, run: undefined };
  }
  const [run] = await rollout.journal.runs();
  return { rollout, start, existed, run: run ?? expect.fail("the journal has no run after a crash") };
}

class Killed extends Error {
  override readonly name = "Killed";
}

/** A journal whose process dies once so many entries are written. */
function dyingJournal(journal: Journal, entries: number): Journal {
  return {
    blobs: journal.blobs,
    read: (run) => journal.read(run),
    runs: () => journal.runs(),
    open: async (run, claim) => {
      const writer = await journal.open(run, claim);
      let left = entries;
      return {
        ...writer,
        append: async (entry) => {
          if (left === 0) throw new Killed(`killed behind entry ${entries}`);
          left -= 1;
          return await writer.append(entry);
        },
      };
    },
  };
}
