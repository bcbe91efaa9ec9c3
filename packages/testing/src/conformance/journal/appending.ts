import { type JournalEntry, journalEntrySchema, type NewEntry, sha256 } from "@handfast/core";
import { expect, test } from "vitest";
import type { MakeJournal } from "./journal-under-test.ts";
import { everyKind, plan, prepare, settled } from "./samples.ts";

// In pieces, so that no source file holds what looks like a key.
const label = (kind: string): string => `-----BEGIN ${kind}PRIVATE ${"KEY"}-----`;

const odd: readonly (readonly [string, unknown])[] = [
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a bigint", 1n],
  ["not a number", Number.NaN],
  ["infinity", Number.POSITIVE_INFINITY],
  ["a date", new Date(0)],
  ["a map", new Map([["a", 1]])],
  ["bytes", new Uint8Array([1])],
  ["an error", new Error("no")],
  ["an item that is missing", [undefined]],
];

const malformed: readonly (readonly [string, unknown])[] = [
  ["an unknown kind", { kind: "step-guessed", step: "a" }],
  ["no kind", { step: "a" }],
  ["no step", { kind: "step-settled" }],
  ["an empty step", { kind: "step-settled", step: "" }],
  ["attempt 0", { kind: "step-intended", step: "a", attempt: 0 }],
  ["a plan that is missing", { kind: "run-started", planDigest: "0".repeat(64), origin: "apply" }],
  ["a digest that is none", { kind: "run-started", plan, planDigest: "abc", origin: "apply" }],
  ["evidence that is a list", { kind: "proof", step: "a", verdict: "passed", reason: "", evidence: [] }],
  ["an error without a code", { kind: "step-failed", step: "a", effect: "none", error: { message: "m" } }],
];

const withKey: readonly (readonly [string, NewEntry])[] = [
  [
    "in the plan",
    { kind: "run-started", plan: { a: [label("")] }, planDigest: "0".repeat(64), origin: "apply" },
  ],
  [
    "in evidence",
    { kind: "proof", step: "a", verdict: "passed", reason: "", evidence: { pem: label("RSA ") } },
  ],
  [
    "in the name of a field",
    { kind: "proof", step: "a", verdict: "passed", reason: "", evidence: { [label("EC ")]: 1 } },
  ],
  ["in a reason", { kind: "step-skipped", step: "a", because: `got ${label("ENCRYPTED ")}` }],
  [
    "in an error",
    {
      kind: "step-failed",
      step: "a",
      effect: "none",
      error: { code: "REMOTE_REJECTED", message: label("OPENSSH "), who: "operator", details: {} },
    },
  ],
];

/** What `append` promises. */
export function testAppending(makeJournal: MakeJournal): void {
  test("append answers with what read gives, for every kind of entry", async () => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    const answered: JournalEntry[] = [];
    for (const entry of everyKind) answered.push(await writer.append(entry));
    expect(await journal.read("run")).toEqual(answered);
    expect(answered).toEqual(
      everyKind.map((entry, seq) => ({
        format: 1,
        run: "run",
        seq,
        at: "2026-01-01T00:00:00.000Z",
        prev: answered[seq - 1] === undefined ? "0".repeat(64) : sha256(JSON.stringify(answered[seq - 1])),
        ...entry,
      })),
    );
    for (const entry of answered) expect(journalEntrySchema.parse(entry)).toEqual(entry);
  });

  test("append dates entries by the clock", async () => {
    const { journal, clock } = await prepare(makeJournal);
    const writer = await journal.open("run");
    await writer.append(settled(0));
    await clock.advance(90_001);
    await writer.append(settled(1));
    const times = (await journal.read("run")).map(({ at }) => at);
    expect(times).toEqual(["2026-01-01T00:00:00.000Z", "2026-01-01T00:01:30.001Z"]);
  });

  test("append writes calls that do not wait for each other in their order, without a gap", async () => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    const steps = Array.from({ length: 60 }, (_, index) => String(index));
    await Promise.all(steps.map((step) => writer.append(settled(step))));
    const entries = await journal.read("run");
    expect(entries.map((entry) => ("step" in entry ? entry.step : undefined))).toEqual(steps);
    expect(entries.map(({ seq }) => seq)).toEqual(steps.map(Number));
  });

  test("append keeps odd but lawful JSON", async () => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    const evidence = JSON.parse(
      String.raw`{"__proto__":{"a":1},"constructor":"c","":"","nul":"\u0000","lines":"a\r\nb\u2028\u2029","half":"\ud800","big":1e308,"long":""}`,
    );
    evidence.long = "x".repeat(1_000_000);
    await writer.append({ kind: "proof", step: "a", verdict: "passed", reason: "", evidence });
    await writer.append(settled("after"));
    const [first, second] = await journal.read("run");
    expect(JSON.stringify(first?.kind === "proof" && first.evidence)).toBe(JSON.stringify(evidence));
    expect(second).toMatchObject({ seq: 1, step: "after" });
  });

  test("append writes what the entry was at the call, and nobody can change it later", async () => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    const made = ["a"];
    const written = writer.append({ kind: "step-done", step: "s", outcome: { made } });
    made.push("b");
    const answered = await written;
    if (answered.kind === "step-done") answered.outcome.made?.push("c");
    const [read] = await journal.read("run");
    if (read?.kind === "step-done") read.outcome.made?.push("d");
    expect(await journal.read("run")).toMatchObject([{ outcome: { made: ["a"] } }]);
  });

  test.each(odd)("append refuses %s, which JSON can't hold, and goes on", async (_, value) => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    const entry: NewEntry = { kind: "proof", step: "a", verdict: "passed", reason: "", evidence: { value } };
    await expect(writer.append(entry)).rejects.toThrow(TypeError);
    await writer.append(settled("next"));
    expect(await journal.read("run")).toMatchObject([{ seq: 0, step: "next" }]);
  });

  test.each(malformed)("append refuses %s and goes on", async (_, entry) => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    await expect(writer.append(entry as NewEntry)).rejects.toThrow(TypeError);
    await writer.append(settled("next"));
    expect(await journal.read("run")).toMatchObject([{ seq: 0, step: "next" }]);
  });

  test("append lets no field of the entry stand for the envelope", async () => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    const stray = {
      kind: "step-settled",
      step: "a",
      seq: 7,
      run: "other",
      at: "1999-01-01T00:00:00Z",
    } as const;
    await writer.append(stray);
    expect(await journal.read("run")).toMatchObject([{ seq: 0, run: "run", at: "2026-01-01T00:00:00.000Z" }]);
  });

  test.each(withKey)("append refuses a private key %s and writes nothing of it", async (_, entry) => {
    const { journal, stored } = await prepare(makeJournal);
    const writer = await journal.open("run");
    await writer.append(settled("before"));
    const thrown = await writer.append(entry).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(TypeError);
    expect(String(thrown)).not.toContain("BEGIN");
    await writer.append(settled("after"));
    expect(await journal.read("run")).toMatchObject([{ step: "before" }, { seq: 1, step: "after" }]);
    if (stored !== undefined) expect(Buffer.from(await stored.read("run")).toString()).not.toContain("BEGIN");
  });
}
