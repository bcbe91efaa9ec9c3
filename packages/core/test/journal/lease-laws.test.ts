import fc from "fast-check";
import { expect, test } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import type { Claim, Journal, RunWriter } from "../../src/journal/journal.ts";
import type { JournalStore } from "../../src/journal/journal-store.ts";
import type { StoredText } from "../../src/journal/register.ts";
import { storeJournal } from "../../src/journal/store-journal.ts";
import { handClock, processesOf, rest } from "./host.ts";

const leaseMs = 30_000;
const objects = ["a", "b"];

/** What one call to the store meets. */
interface Travel {
  /** Until it takes effect. */
  readonly toMs: number;
  /** From there until the answer is here. */
  readonly backMs: number;
  readonly fate: "answered" | "lost before" | "lost after";
}

/** What a host does and undergoes. */
interface Script {
  readonly clockOffMs: number;
  /** Times at which it stands still, and for how long. */
  readonly freezes: readonly { readonly atMs: number; readonly forMs: number }[];
  /** A clock that is put on, by so much at a time. */
  readonly jumps: readonly { readonly atMs: number; readonly byMs: number }[];
  readonly travels: readonly Travel[];
  readonly runs: readonly {
    readonly afterMs: number;
    readonly run: string;
    readonly writes: readonly string[];
    readonly reads: readonly string[];
    /** How long it works between two writes. */
    readonly worksMs: readonly number[];
    readonly dies: boolean;
  }[];
}

const travel = fc.record({
  toMs: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 300 }) },
    fc.integer({ min: 0, max: 9_000 }),
  ),
  backMs: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 300 }) },
    fc.integer({ min: 0, max: 9_000 }),
  ),
  fate: fc.oneof(
    { weight: 12, arbitrary: fc.constant("answered" as const) },
    fc.constantFrom("lost before" as const, "lost after" as const),
  ),
});

const moment = fc.integer({ min: 0, max: 120_000 });

const script: fc.Arbitrary<Script> = fc.record({
  clockOffMs: fc.constantFrom(0, 300_000, -300_000),
  freezes: fc.array(fc.record({ atMs: moment, forMs: fc.integer({ min: 0, max: 60_000 }) }), {
    maxLength: 3,
  }),
  jumps: fc.array(fc.record({ atMs: moment, byMs: fc.integer({ min: 0, max: 90_000 }) }), { maxLength: 2 }),
  travels: fc.array(travel, { minLength: 1, maxLength: 12 }),
  runs: fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 20_000 }),
      run: fc.constantFrom("one", "two", "three"),
      writes: fc.constantFrom<readonly string[]>(["a"], ["a"], ["a"], ["b"], ["a", "b"], []),
      reads: fc.constantFrom<readonly string[]>([], [], ["a"], ["b"]),
      worksMs: fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 4 }),
      dies: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

interface Row {
  readonly run: string;
  readonly fence: number;
  readonly writes: readonly string[];
  readonly reads: readonly string[];
}

/** Hosts over one store, on one time that passes as fast as anybody waits for it. */
function makeWorld() {
  const time = handClock(0);
  const texts = new Map<string, StoredText>();
  let writes = 0;
  /** Whoever was told that it holds, by fence, and until when nobody may take that from it. */
  const promised = new Map<number, number>();
  const held = (): readonly Row[] => JSON.parse(texts.get("leases")?.text ?? '{"held":[]}').held;

  const swap = (name: string, version: string | undefined, text: string): string | undefined => {
    if (texts.get(name)?.version !== version) return undefined;
    writes += 1;
    texts.set(name, { version: String(writes), text });
    const fences = new Set(held().map(({ fence }) => fence));
    for (const [fence, until] of promised) {
      if (until > time.now() && !fences.has(fence)) expect.fail(`fence ${fence} was taken away too early`);
    }
    return String(writes);
  };

  const host = (name: string, { clockOffMs, freezes, jumps, travels }: Omit<Script, "runs">) => {
    let calls = 0;
    let isDead = false;
    const thawed = async (): Promise<void> => {
      if (isDead) await new Promise<never>(() => undefined);
      for (const { atMs, forMs } of freezes) {
        const left = atMs + forMs - time.now();
        if (time.now() >= atMs && left > 0) await time.sleep(left);
      }
    };
    const clock = {
      now: () =>
        jumps.reduce(
          (now, { atMs, byMs }) => (time.now() >= atMs ? now + byMs : now),
          time.now() + clockOffMs + 1e12,
        ),
      sleep: async (ms: number, signal?: AbortSignal) => {
        await time.sleep(ms, signal);
        await thawed();
        signal?.throwIfAborted();
      },
    };
    const call = async <R>(effect: () => R): Promise<R> => {
      const { toMs, backMs, fate } = travels[calls % travels.length] as Travel;
      calls += 1;
      await time.sleep(toMs);
      const answer = fate === "lost before" ? undefined : effect();
      await time.sleep(backMs);
      await thawed();
      if (fate !== "answered") throw new Error("no answer");
      return answer as R;
    };
    const store: JournalStore = {
      where: "the world",
      list: (prefix) => call(() => [...texts.keys()].filter((key) => key.startsWith(prefix))),
      read: (key) => call(() => texts.get(key)),
      version: (key) => call(() => texts.get(key)?.version),
      swap: (key, version, text) => call(() => swap(key, version, text)),
      putBytes: async () => undefined,
      getBytes: async () => undefined,
    };
    const die = (): void => {
      isDead = true;
    };
    return { clock, die, journal: storeJournal(store, { clock, leaseMs, processes: processesOf(name) }) };
  };

  return {
    time,
    host,
    /** To be called right when `check` has told a writer that it holds. */
    hear: ({ fence }: RunWriter): void => {
      const rows = held();
      const mine = rows.find((row) => row.fence === fence) ?? expect.fail(`${fence} holds nothing`);
      for (const other of rows) {
        const taken = new Set([...other.writes, ...other.reads]);
        const isShared = mine.writes.some((object) => taken.has(object));
        if (other !== mine) expect([other.run === mine.run, isShared]).toEqual([false, false]);
      }
      promised.set(fence, time.now() + leaseMs / 3);
    },
    letGo: ({ fence }: RunWriter): void => {
      promised.delete(fence);
    },
  };
}

type World = ReturnType<typeof makeWorld>;

const refused = (error: unknown): void => {
  if (!isHandfastError(error)) throw error;
  expect(["JOURNAL_HELD", "JOURNAL_UNWRITABLE", "FILE_UNREADABLE"]).toContain(error.code);
};

/** Tries again a few times when others are in the way. */
async function openSoon(journal: Journal, run: string, claim: Claim): Promise<RunWriter> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await journal.open(run, claim);
    } catch (error) {
      if (tries === 4) throw error;
      refused(error);
    }
  }
}

/** Plays one host; answers with the steps that it was told are written, by run. */
async function play(
  world: World,
  name: string,
  script: Script,
): Promise<readonly (readonly [string, string])[]> {
  const { clock, die, journal } = world.host(name, script);
  const written: (readonly [string, string])[] = [];
  for (const [nth, { afterMs, run, writes, reads, worksMs, dies }] of script.runs.entries()) {
    await clock.sleep(afterMs);
    let writer: RunWriter | undefined;
    try {
      writer = await openSoon(journal, run, { writes, reads });
      for (const [step, ms] of worksMs.entries()) {
        await writer.check();
        world.hear(writer);
        const entry = await writer.append({ kind: "step-settled", step: `${name} ${nth} ${step}` });
        written.push([run, "step" in entry ? entry.step : ""]);
        await clock.sleep(ms);
      }
    } catch (error) {
      refused(error);
    }
    if (writer === undefined) continue;
    world.letGo(writer);
    if (dies) {
      die();
      return written;
    }
    await writer.close();
  }
  return written;
}

/** Opens until it gets in. */
async function win(world: World, journal: Journal): Promise<RunWriter> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      return await journal.open("last", { writes: objects });
    } catch (error) {
      refused(error);
      await world.time.sleep(leaseMs);
    }
  }
  return expect.fail("nobody ever wins");
}

/** Lets time pass until a promise is settled. */
async function passTime<T>(world: World, settling: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  settling.then(settle, settle);
  for (let passed = 0; !isSettled; passed += 1) {
    if (passed > 5_000) expect.fail("it takes for ever");
    await world.time.advance(10_000);
  }
  return settling;
}

test("whoever was told that it holds is not taken over from for a third of the lease, whatever hosts, calls and clocks do; what was written stays; and somebody gets in, in the end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(script, { minLength: 2, maxLength: 3 }), async (scripts) => {
      const world = makeWorld();
      const playing = scripts.map((one, index) => play(world, `host-${index}`, one));
      const written = (await passTime(world, Promise.all(playing))).flat();
      const calm = {
        clockOffMs: 0,
        freezes: [],
        jumps: [],
        travels: [{ toMs: 1, backMs: 1, fate: "answered" } as const],
      };
      const { journal } = world.host("calm", calm);
      const last = await passTime(world, win(world, journal));
      await passTime(world, last.check());
      for (const run of await passTime(world, journal.runs())) {
        const entries = await passTime(world, journal.read(run));
        const steps = entries.map((entry) => ("step" in entry ? entry.step : ""));
        const answered = written.flatMap(([of, step]) => (of === run ? [step] : []));
        expect(steps.filter((step) => answered.includes(step)).toSorted()).toEqual(answered.toSorted());
      }
      await passTime(world, last.close());
      await rest();
    }),
    { numRuns: 300 },
  );
});
