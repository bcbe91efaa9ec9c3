import { digestOf, isHandfastError, type Journal, type NewEntry } from "@handfast/core";
import { expect, onTestFinished } from "vitest";
import { type TurnableClock, turnableClock } from "../../clock.ts";
import type { JournalUnderTest, MakeJournal } from "./journal-under-test.ts";

export const plan = {
  format: 1,
  steps: [{ key: "a", action: { kind: "put", path: "ä/\u2028/😀" } }],
  "": null,
};

/** An entry of each kind, as a run may have them. */
export const everyKind: readonly NewEntry[] = [
  { kind: "run-started", plan, planDigest: digestOf(plan), origin: "apply", absent: ["s1"] },
  { kind: "step-intended", step: "shop/trust", attempt: 1 },
  { kind: "step-done", step: "shop/trust", outcome: { made: ["store/shop"], adopted: false } },
  { kind: "step-settled", step: "shop/trust" },
  { kind: "run-resumed" },
  { kind: "step-intended", step: "shop/mode", attempt: 2 },
  {
    kind: "step-failed",
    step: "shop/mode",
    error: {
      code: "REMOTE_UNAVAILABLE",
      message: "set listener mode failed [listener=shop]: 503",
      who: "executor",
      details: { adapter: "aws.alb", operation: "ModifyListener", provider: { status: 503 } },
    },
    effect: "unknown",
  },
  { kind: "step-done", step: "shop/mode", outcome: {}, found: true },
  { kind: "step-skipped", step: "shop/narrow", because: "the step before it failed" },
  {
    kind: "proof",
    step: "shop/mode",
    verdict: "inconclusive",
    reason: "nothing reached it",
    evidence: { handshakes: [{ ok: false, ms: 1.5, certificate: null }], deep: { deeper: [[], {}] } },
  },
  { kind: "run-ended", status: "held" },
  { kind: "run-retired" },
];

/** A short entry, told from others by `step`. */
export function settled(step: string | number): NewEntry {
  return { kind: "step-settled", step: String(step) };
}

/** A journal for one test, and the clock that dates its entries. Its writers are closed when the test ends. */
export async function prepare(
  makeJournal: MakeJournal,
): Promise<JournalUnderTest & { readonly clock: TurnableClock }> {
  const clock = turnableClock();
  const made = await makeJournal(clock);
  onTestFinished(async () => made.dispose?.());
  const closing = (journal: Journal): Journal => ({
    open: async (run, claim) => {
      const writer = await journal.open(run, claim);
      onTestFinished(() => writer.close());
      return writer;
    },
    read: (run) => journal.read(run),
    runs: () => journal.runs(),
    blobs: journal.blobs,
  });
  return { journal: closing(made.journal), again: () => closing(made.again()), stored: made.stored, clock };
}

/** The code of the handfast error that a promise rejects with. Any other end fails the test. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    (value) => expect.fail(`resolved with ${JSON.stringify(value)} where an error is due`),
    (error: unknown) => error,
  );
  if (!isHandfastError(thrown)) throw thrown;
  return thrown.code;
}
