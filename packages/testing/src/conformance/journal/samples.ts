import { type Clock, digestOf, isHandfastError, type Journal, type NewEntry } from "@handfast/core";
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

/** A journal prepared for one test. */
export interface PreparedJournal extends JournalUnderTest {
  /** Dates the entries of `journal` and `again()`. */
  readonly clock: TurnableClock;
  /** Other hosts over the same store, each with a clock of its own; undefined where that can't be. */
  readonly hosts: ((name: string, startsAt?: number) => PreparedHost) | undefined;
}

/** Another host, prepared for one test. */
export interface PreparedHost {
  readonly journal: Journal;
  readonly clock: TurnableClock;
  /** Puts its clock on while nothing runs on it, as under a lid: no sleeper wakes. */
  jump(ms: number): void;
}

/** For how long a holder on another host may be silent. */
export const leaseMs = 30_000;

/** A journal for one test, and the clock that dates its entries. Its writers are closed when the test ends. */
export async function prepare(makeJournal: MakeJournal): Promise<PreparedJournal> {
  const turned = turnableClock();
  const made = await makeJournal(turned);
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
  const { elsewhere, idle, stored } = made;
  const hosts = (name: string, startsAt?: number): PreparedHost => {
    const own = turnableClock(startsAt);
    let jumped = 0;
    const clock: Clock = { now: () => own.now() + jumped, sleep: own.sleep };
    const self = { host: name, pid: 1, machine: name, boot: name };
    const processes = { self, look: () => ({ runs: true }) };
    const journal = closing(elsewhere?.({ clock, processes, leaseMs }) ?? expect.fail("no hosts"));
    const jump = (ms: number): void => {
      jumped += ms;
    };
    return { journal, clock: turnedWhenIdle(own, idle), jump };
  };
  return {
    journal: closing(made.journal),
    again: () => closing(made.again()),
    stored,
    clock: turnedWhenIdle(turned, idle),
    hosts: elsewhere === undefined ? undefined : hosts,
  };
}

/** A clock that is turned in small steps, and only while nothing is under way. */
function turnedWhenIdle(clock: TurnableClock, idle: JournalUnderTest["idle"]): TurnableClock {
  if (idle === undefined) return clock;
  const advance = async (ms: number): Promise<void> => {
    const until = clock.now() + ms;
    while (clock.now() < until) {
      await idle();
      const left = until - clock.now();
      await clock.advance(clock.pending() > 0 ? Math.min(1_000, left) : left);
    }
    await idle();
  };
  return { ...clock, advance };
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
