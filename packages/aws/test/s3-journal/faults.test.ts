import { isHandfastError, type Journal, type RunWriter } from "@handfast/core";
import { type Fault, turnableClock } from "@handfast/testing";
import { expect, onTestFinished, test } from "vitest";
import { type BucketWorldOptions, bucket, makeBucket } from "./bucket.ts";

const internal: Fault = { kind: "refuse", status: 500, code: "InternalError" };
const conflict: Fault = { kind: "refuse", status: 409, code: "ConditionalRequestConflict" };

const settled = (step: string) => ({ kind: "step-settled", step }) as const;

/** A bucket and a journal in it. Time stands still: that of the journal is `clock`, that of the bucket `options.clock`. */
async function setUp(options: Partial<BucketWorldOptions> = {}) {
  const clock = turnableClock();
  const world = await makeBucket({ clock, maxAttempts: 4, ...options });
  onTestFinished(world.close);
  const journal = world.journal({ clock });
  return { ...world, clock, journalAgain: () => world.journal({ clock }), journal };
}

async function open(journal: Journal, run = "run", claim = {}): Promise<RunWriter> {
  const writer = await journal.open(run, claim);
  onTestFinished(() => writer.close());
  return writer;
}

/** What a promise rejects with: code, and what S3 said. Any other end fails the test. */
async function refusalOf(promise: Promise<unknown>) {
  const thrown: unknown = await promise.then(
    () => expect.fail("resolved where an error is due"),
    (error: unknown) => error,
  );
  if (!isHandfastError(thrown)) throw thrown;
  return { code: thrown.code, provider: thrown.details.provider, message: thrown.message };
}

const lostAnswers: readonly (readonly [string, Fault])[] = [
  ["a 500", internal],
  ["a cut", { kind: "cut" }],
  ["a 503", { kind: "refuse", status: 503, code: "SlowDown" }],
];

test.each(lostAnswers)(
  "s3Journal knows its own write again after %s that hid its effect",
  async (_, fault) => {
    const { storm, journal, journalAgain, log } = await setUp();
    const lose = (nth = 1) => storm.add({ operation: "PutObject", moment: "after", nth, times: 1, fault });
    const first = lose();
    const writer = await open(journal, "run", { writes: ["a"] });
    expect(first.hits()).toBe(1);
    // the second table, the first part, the same part once more
    lose();
    const other = await open(journal, "other", { writes: ["b"] });
    lose();
    await writer.append(settled("a"));
    lose();
    await writer.append(settled("b"));
    await Promise.all([writer.check(), other.check()]);
    expect(log.calls.filter(({ status }) => status === 412)).toHaveLength(4);
    expect(await journalAgain().read("run")).toMatchObject([{ step: "a" }, { step: "b" }]);
    lose();
    await writer.close();
    await (await open(journalAgain(), "run", { writes: ["a"] })).append(settled("c"));
  },
);

test("s3Journal says so when it can't know whether an entry was written, and the next writer goes on from what is there", async () => {
  for (const moment of ["before", "after"] as const) {
    const { storm, journal, journalAgain } = await setUp({ maxAttempts: 1 });
    const writer = await open(journal);
    await writer.append(settled("a"));
    storm.add({ operation: "PutObject", moment, fault: internal });
    const { code, provider, message } = await refusalOf(writer.append(settled("b")));
    expect({ code, provider }).toMatchObject({
      code: "JOURNAL_UNWRITABLE",
      provider: { code: "InternalError", status: 500 },
    });
    expect(message).toContain(`s3://${bucket}/handfast/journal/runs/run/000001`);
    expect(await refusalOf(writer.append(settled("c")))).toMatchObject({ code: "JOURNAL_UNWRITABLE" });
    await writer.close();
    const again = await open(journalAgain());
    const there = moment === "after" ? 2 : 1;
    expect(await journal.read("run")).toHaveLength(there);
    expect(await again.append(settled("d"))).toMatchObject({ seq: there });
  }
});

test("open says so when it can't know whether the lease was written, and is in nobody's way then", async () => {
  const { storm, journal } = await setUp({ maxAttempts: 1 });
  storm.add({ operation: "PutObject", moment: "after", fault: internal });
  expect(await refusalOf(journal.open("run", { writes: ["a"] }))).toMatchObject({
    code: "JOURNAL_UNWRITABLE",
  });
  await open(journal, "other", { writes: ["a"] });
});

test("s3Journal tries a write again that met another, and gives up when that never ends", async () => {
  const { storm, journal } = await setUp();
  storm.add({ operation: "PutObject", times: 2, fault: conflict });
  const writer = await open(journal);
  storm.add({ operation: "PutObject", times: 3, fault: conflict });
  await writer.append(settled("a"));
  const forever = storm.add({ operation: "PutObject", times: Number.POSITIVE_INFINITY, fault: conflict });
  expect(await refusalOf(writer.append(settled("b")))).toMatchObject({
    code: "JOURNAL_UNWRITABLE",
    provider: { code: "ConditionalRequestConflict", status: 409 },
  });
  expect(forever.hits()).toBeLessThan(20);
  forever.remove();
});

test("s3Journal outlasts a throttle that passes", async () => {
  const { storm, journal } = await setUp();
  storm.add({ times: 2, fault: { kind: "throttle" } });
  const writer = await open(journal);
  storm.add({ times: 2, fault: { kind: "throttle" } });
  await writer.append(settled("a"));
  expect(await journal.read("run")).toHaveLength(1);
});

const downs: readonly (readonly [string, Fault, object])[] = [
  ["throttles", { kind: "throttle" }, { code: "SlowDown", status: 503 }],
  ["is down", { kind: "refuse", status: 503, code: "ServiceUnavailable" }, { code: "ServiceUnavailable" }],
  ["can't be reached", { kind: "cut" }, { code: "ECONNRESET" }],
  [
    "forbids it",
    { kind: "refuse", status: 403, code: "AccessDenied" },
    { code: "AccessDenied", status: 403 },
  ],
];

test.each(downs)(
  "every call says why, when the store %s in the midst of a run",
  async (_, fault, provider) => {
    const { storm, journal } = await setUp({ maxAttempts: 1 });
    const writer = await open(journal, "run", { writes: ["a"] });
    await writer.append(settled("a"));
    const down = storm.add({
      // HEAD is answered without a body: S3's own code can't be told there
      matching: ({ operation }) => operation !== "HeadObject",
      times: Number.POSITIVE_INFINITY,
      fault,
    });
    const reading = { code: "FILE_UNREADABLE", provider };
    const writing = { code: "JOURNAL_UNWRITABLE", provider };
    expect(await refusalOf(journal.open("other"))).toMatchObject(reading);
    expect(await refusalOf(journal.read("run"))).toMatchObject(reading);
    expect(await refusalOf(journal.runs())).toMatchObject(reading);
    expect(await refusalOf(journal.blobs.get("0".repeat(64)))).toMatchObject(reading);
    expect(await refusalOf(journal.blobs.put(Buffer.from("b")))).toMatchObject(writing);
    expect(await refusalOf(writer.append(settled("b")))).toMatchObject(writing);
    await writer.close();
    down.remove();
    expect(await (await open(journal, "run", { writes: ["a"] })).append(settled("c"))).toMatchObject({
      seq: 1,
    });
  },
);

test("lost aborts while the store is down, before others may take over, and close ends all the same", async () => {
  const { storm, journal, clock, idle } = await setUp({ maxAttempts: 1 });
  const writer = await open(journal, "run", { writes: ["a"] });
  storm.add({ times: Number.POSITIVE_INFINITY, fault: { kind: "cut" } });
  for (let seconds = 0; seconds < 19; seconds += 1) {
    await clock.advance(1_000);
    await idle();
  }
  expect(writer.lost.aborted).toBe(false);
  for (let seconds = 19; seconds < 29; seconds += 1) {
    await clock.advance(1_000);
    await idle();
  }
  expect(writer.lost.aborted).toBe(true);
  expect(await refusalOf(writer.append(settled("a")))).toMatchObject({ code: "JOURNAL_HELD" });
  await writer.close();
  expect(clock.pending()).toBe(0);
});

test("a store that hangs holds up no call for longer than callMs", async () => {
  const far = turnableClock();
  const { storm, journal, clock, idle } = await setUp({ clock: far });
  const writer = await open(journal);
  await writer.append(settled("a"));
  storm.add({ times: Number.POSITIVE_INFINITY, fault: { kind: "delay", ms: 3_600_000 } });
  const calls = [
    ["FILE_UNREADABLE", journal.read("run")],
    ["FILE_UNREADABLE", journal.open("other")],
    ["FILE_UNREADABLE", writer.check()],
    ["JOURNAL_UNWRITABLE", journal.blobs.put(Buffer.from("b"))],
  ] as const;
  const refusals = calls.map(([, call]) => refusalOf(call));
  await clock.advance(9_000);
  const late = refusalOf(writer.append(settled("b")));
  await clock.advance(1_000);
  for (const [index, [code]] of calls.entries()) {
    const refusal = await refusals[index];
    expect(refusal?.code).toBe(code);
    expect(refusal?.message).toContain("no answer came within 10000 ms");
  }
  await clock.advance(10_000);
  expect((await late).code).toBe("FILE_UNREADABLE");
  storm.clear();
  await far.advance(3_600_000);
  await idle();
});

test("a write that arrives after its writer gave up, and another went on, is refused by the bucket", async () => {
  const far = turnableClock();
  const { storm, journal, journalAgain, clock, log } = await setUp({ clock: far, maxAttempts: 1 });
  const before = await open(journal);
  await before.append(settled("a"));
  const delayed = storm.add({ operation: "PutObject", fault: { kind: "delay", ms: 60_000 } });
  const late = refusalOf(before.append(settled("late")));
  while (delayed.hits() === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  await clock.advance(10_000);
  expect((await late).code).toBe("JOURNAL_UNWRITABLE");
  const after = await open(journalAgain(), "run", { force: true });
  await after.append(settled("b"));
  const refused = log.calls.length;
  await far.advance(60_000);
  expect(log.calls.slice(refused).map(({ status }) => status)).toEqual([409]);
  expect(await after.append(settled("c"))).toMatchObject({ seq: 2 });
  expect(await journal.read("run")).toMatchObject([{ step: "a" }, { step: "b" }, { step: "c" }]);
});
