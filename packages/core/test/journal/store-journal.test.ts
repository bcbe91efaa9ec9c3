import { expect, test } from "vitest";
import { HandfastError } from "../../src/errors.ts";
import type { JournalStore } from "../../src/journal/journal-store.ts";
import type { StoredText } from "../../src/journal/register.ts";
import { storeJournal } from "../../src/journal/store-journal.ts";
import { handClock, rest } from "./host.ts";
import { codeOf, settled } from "./run-folder.ts";

/** A store in memory, with a way to reach behind it and to stand in its way. */
function setUp() {
  const clock = handClock();
  const texts = new Map<string, StoredText>();
  const bytes = new Map<string, Uint8Array>();
  const calls: string[] = [];
  let writes = 0;
  let meet: (call: string, name: string) => Promise<void> | undefined = () => undefined;
  const put = (name: string, text: string): string => {
    writes += 1;
    texts.set(name, { version: String(writes), text });
    return String(writes);
  };
  const call = async <R>(kind: string, name: string, effect: () => R): Promise<R> => {
    calls.push(kind);
    await meet(kind, name);
    return effect();
  };
  const store: JournalStore = {
    where: "store",
    list: (prefix) => call("list", prefix, () => [...texts.keys()].filter((name) => name.startsWith(prefix))),
    read: (name) => call("read", name, () => texts.get(name)),
    version: (name) => call("version", name, () => texts.get(name)?.version),
    swap: (name, version, text) =>
      call("swap", name, () => (texts.get(name)?.version === version ? put(name, text) : undefined)),
    putBytes: (name, given) => call("putBytes", name, () => void bytes.set(name, Uint8Array.from(given))),
    getBytes: (name) => call("getBytes", name, () => bytes.get(name)),
  };
  return {
    calls,
    clock,
    journal: storeJournal(store, { clock }),
    put,
    texts,
    /** What each call meets before its effect. */
    onCall: (then: typeof meet): void => {
      meet = then;
    },
  };
}

const first = "runs/run/000001";
const end = '{"format":1,"by":"somebody","fence":1}\n';

test("append writes what waits in one go, and in the order of the calls", async () => {
  const { journal, calls, texts } = setUp();
  const writer = await journal.open("run");
  calls.length = 0;
  await Promise.all(Array.from({ length: 200 }, (_, step) => writer.append(settled(step))));
  expect(calls).toEqual(["version", "swap"]);
  await Promise.all(Array.from({ length: 300 }, (_, step) => writer.append(settled(step))));
  expect(calls.splice(0)).toEqual(["version", "swap", "version", "swap", "version", "swap"]);
  const more = [writer.append(settled("a"))];
  await Promise.resolve();
  more.push(writer.append(settled("b")), writer.append(settled("c")));
  await Promise.all(more);
  expect(calls.length).toBeLessThanOrEqual(4);
  expect((await journal.read("run")).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 503 }, (_, seq) => seq),
  );
  expect([...texts.keys()].filter((name) => name.startsWith("runs/")).length).toBeGreaterThan(1);
  await writer.close();
});

test("append is dead after a failure, and what waited behind it is refused with it", async () => {
  const { journal, onCall } = setUp();
  const writer = await journal.open("run");
  await writer.append(settled("a"));
  onCall(async (call) => {
    if (call === "swap")
      throw new HandfastError("REMOTE_UNAVAILABLE", "put failed: 503; wait", { provider: { status: 503 } });
  });
  const refused = ["b", "c"].map((step) => writer.append(settled(step)));
  for (const one of await Promise.allSettled(refused)) {
    expect(one).toMatchObject({
      status: "rejected",
      reason: {
        code: "JOURNAL_UNWRITABLE",
        message: expect.stringContaining("put failed: 503; wait"),
        details: { file: `store/${first}`, provider: { status: 503 } },
      },
    });
  }
  onCall(() => undefined);
  expect(await codeOf(writer.append(settled("d")))).toBe("JOURNAL_UNWRITABLE");
  await writer.close();
  expect(await journal.read("run")).toHaveLength(1);
});

test("open shuts out a write of an earlier holder that is still under way", async () => {
  const { journal, onCall, texts } = setUp();
  const before = await journal.open("run");
  await before.append(settled("a"));
  let arrive = (): void => undefined;
  onCall((call, name) => {
    if (call !== "swap" || name !== first) return undefined;
    onCall(() => undefined);
    return new Promise((resolve) => {
      arrive = resolve;
    });
  });
  const late = codeOf(before.append(settled("late")));
  await rest();
  const after = await journal.open("run", { force: true });
  arrive();
  expect(await late).toBe("JOURNAL_HELD");
  expect(texts.get(first)?.text).not.toContain("late");
  expect(await after.append(settled("b"))).toMatchObject({ seq: 1 });
  await after.close();
});

test("open goes on from a write of an earlier holder that arrived while it read", async () => {
  const { journal, onCall } = setUp();
  const before = await journal.open("run");
  await before.append(settled("a"));
  const gates: (() => void)[] = [];
  const wait = () => new Promise<void>((resolve) => void gates.push(resolve));
  // the first is the late write, the second the one by which open shuts it out
  onCall((call, name) => (call === "swap" && name === first && gates.length < 2 ? wait() : undefined));
  const late = codeOf(before.append(settled("late")));
  await rest();
  const opening = journal.open("run", { force: true });
  await rest();
  for (const arrive of gates) arrive();
  expect(await late).toBe("none");
  const after = await opening;
  expect(await after.append(settled("b"))).toMatchObject({ seq: 2 });
  await after.close();
  await before.close();
});

test.each<
  [string, (texts: Map<string, StoredText>, put: (name: string, text: string) => string) => void, string]
>([
  ["has a part of a newer format", (_, put) => put(first, end.replace(":1,", ":2,")), "format 2"],
  ["has a part that does not say who wrote it", (texts, put) => put(first, cutLine(texts)), "who wrote"],
  ["has a part that is empty", (_, put) => put(first, ""), "who wrote"],
  [
    "has a part whose last line is not whole",
    (texts, put) => put(first, texts.get(first)?.text.slice(0, -1) ?? ""),
    "who wrote",
  ],
  ["lacks its first part", (texts) => texts.delete(first), "is not there"],
])("read and open refuse a run that %s", async (_, damage, reason) => {
  const { journal, texts, put } = setUp();
  const writer = await journal.open("run");
  for (const step of ["a", "b"]) await writer.append(settled(step.repeat(70_000)));
  await writer.close();
  damage(texts, put);
  for (const refused of [journal.read("run"), journal.open("run")]) {
    await expect(refused).rejects.toMatchObject({
      code: "JOURNAL_CORRUPT",
      message: expect.stringContaining(reason),
      details: { file: `store/${first}`, run: "run" },
    });
  }
});

function cutLine(texts: Map<string, StoredText>): string {
  const text = texts.get(first)?.text ?? "";
  return text.slice(0, text.lastIndexOf("\n", -2) + 1);
}

test("storeJournal ends a call that has no answer in time, and leaves no sleeper behind", async () => {
  const { journal, clock, onCall } = setUp();
  onCall(() => new Promise(() => undefined));
  const codes = [journal.read("run"), journal.open("run"), journal.blobs.put(Buffer.from("a"))].map(codeOf);
  await clock.advance(10_000);
  expect(await Promise.all(codes)).toEqual(["FILE_UNREADABLE", "FILE_UNREADABLE", "JOURNAL_UNWRITABLE"]);
  expect(clock.pending()).toBe(0);
});

test("storeJournal repeats no words of an error that is none of handfast's", async () => {
  const { journal, onCall } = setUp();
  onCall(async () => {
    throw new Error("request with a token: s3cret");
  });
  const thrown: unknown = await journal.read("run").catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: "FILE_UNREADABLE" });
  expect(JSON.stringify(thrown) + String(thrown) + JSON.stringify((thrown as Error).cause)).not.toContain(
    "s3cret",
  );
});

test("close leaves no sleeper behind, whatever came before", async () => {
  const { journal, clock } = setUp();
  const writer = await journal.open("run", { writes: ["a"] });
  await writer.append(settled("a"));
  await clock.advance(100_000);
  await writer.check();
  const breaker = await journal.open("other", { writes: ["a"], force: true });
  expect(await codeOf(writer.check())).toBe("JOURNAL_HELD");
  await Promise.all([writer.close(), breaker.close()]);
  expect(clock.pending()).toBe(0);
});
