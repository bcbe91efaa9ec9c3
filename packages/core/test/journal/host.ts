import type { Clock } from "../../src/clock.ts";
import type { ProcessTable } from "../../src/journal/process-mark.ts";
import type { Register, StoredText } from "../../src/journal/register.ts";

/** A clock that stands still until it is turned. */
export interface HandClock extends Clock {
  /** Wakes each sleeper at its own time, and lets what it starts come to rest. */
  advance(ms: number): Promise<void>;
  /** Goes on by so much while nothing runs: no sleeper wakes. */
  jump(ms: number): void;
  /** How many sleep. */
  pending(): number;
}

/** Lets all that needs no time come to rest. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

export function handClock(start = Date.UTC(2026, 0, 1)): HandClock {
  let passed = 0;
  let jumped = 0;
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();
  return {
    now: () => start + passed + jumped,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", stop);
          resolve();
        };
        const sleeper = { due: passed + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", stop, { once: true });
      }),
    advance: async (ms) => {
      const until = passed + ms;
      for (;;) {
        await rest();
        const [next] = [...sleepers].sort((a, b) => a.due - b.due);
        if (next === undefined || next.due > until) break;
        passed = Math.max(passed, next.due);
        next.wake();
      }
      passed = until;
    },
    jump: (ms) => {
      jumped += ms;
    },
    pending: () => sleepers.size,
  };
}

/** The processes of a host of that name; none of another host can be looked at. */
export function processesOf(host: string, runs = true): ProcessTable {
  return { self: { host, pid: 1, machine: host, boot: host }, look: () => ({ runs }) };
}

/** A register in memory whose calls a test can stop, fail, or answer wrongly. */
export function testRegister() {
  let writes = 0;
  let now: StoredText | undefined;
  const calls: string[] = [];
  const register: Register = {
    where: "a test",
    read: async () => {
      calls.push("read");
      return now;
    },
    version: async () => {
      calls.push("version");
      return now?.version;
    },
    swap: async (version, text) => {
      calls.push("swap");
      if (version !== now?.version) return undefined;
      writes += 1;
      now = { version: String(writes), text };
      return String(writes);
    },
  };
  return {
    calls,
    register,
    /** What is held now. */
    held: (): readonly { readonly run: string; readonly beat: number }[] =>
      now === undefined ? [] : JSON.parse(now.text).held,
    put: (text: string): void => {
      writes += 1;
      now = { version: String(writes), text };
    },
  };
}
