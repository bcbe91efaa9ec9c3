import { type Clock, systemClock } from "@handfast/core";

/** A clock that stands still until it is turned. */
export interface TurnableClock extends Clock {
  /** Turns the clock by `ms` milliseconds, waking each sleeper at its own time, and lets the work they start settle. */
  advance(ms: number): Promise<void>;
  /** How many sleepers there are. */
  pending(): number;
  /**
   * From now on the clock jumps to the next sleeper whenever nothing else goes on in the process. Calling the
   * answer, or disposing of it, ends that.
   */
  autoAdvance(): (() => void) & Disposable;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Turns of the event loop with nothing new in them, after which the process counts as idle. */
const idleTurns = 30;

/** For so many real milliseconds too: work on other threads that Node does not list, such as making a key, ends in less. */
const idleMs = 1;

/** Work that Node does outside the event loop and that will come back to it: file, name and connect requests. */
const underWay = /(^FSReq|Req$|ReqWrap$|^ConnectWrap$|WriteWrap$|ShutdownWrap$)/;

/**
 * A virtual clock: `sleep` ends when the clock was turned far enough, never by itself.
 *
 * @param start milliseconds since the epoch. Defaults to 2026-01-01T00:00:00Z.
 * @example
 * ```ts
 * import { turnableClock } from "@handfast/testing";
 *
 * const clock = turnableClock();
 * const waited = clock.sleep(20_000).then(() => clock.now());
 * await clock.advance(20_000);
 * export const at: number = await waited;
 * ```
 */
export function turnableClock(start: number = Date.UTC(2026, 0, 1)): TurnableClock {
  let time = start;
  let changes = 0;
  let automatic = 0;
  let walking = false;
  const sleepers: Sleeper[] = [];

  const remove = (sleeper: Sleeper): void => {
    const index = sleepers.indexOf(sleeper);
    if (index >= 0) sleepers.splice(index, 1);
    changes += 1;
  };

  const settle = async (): Promise<void> => {
    let seen = changes;
    let since = performance.now();
    for (let quiet = 0; quiet < idleTurns || performance.now() - since < idleMs; ) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const busy = seen !== changes || process.getActiveResourcesInfo().some((name) => underWay.test(name));
      quiet = busy ? 0 : quiet + 1;
      if (busy) since = performance.now();
      seen = changes;
    }
  };

  /** Wakes all that are due at the earliest time not after `until`. */
  const wakeNext = (until: number): boolean => {
    const next = sleepers[0];
    if (next === undefined || next.due > until) return false;
    time = Math.max(time, next.due);
    for (const sleeper of sleepers.filter(({ due }) => due <= time)) {
      remove(sleeper);
      sleeper.wake();
    }
    return true;
  };

  const walk = async (): Promise<void> => {
    if (walking) return;
    walking = true;
    try {
      while (automatic > 0 && sleepers.length > 0) {
        await settle();
        if (automatic > 0) wakeNext(Number.POSITIVE_INFINITY);
      }
    } finally {
      walking = false;
    }
  };

  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = (): void => {
          remove(sleeper);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          due: time + Math.max(0, ms),
          wake: () => {
            signal?.removeEventListener("abort", stop);
            resolve();
          },
        };
        const after = sleepers.findIndex(({ due }) => due > sleeper.due);
        sleepers.splice(after < 0 ? sleepers.length : after, 0, sleeper);
        changes += 1;
        signal?.addEventListener("abort", stop, { once: true });
        if (automatic > 0) void walk();
      }),
    advance: async (ms) => {
      const until = time + ms;
      await settle();
      while (wakeNext(until)) await settle();
      time = Math.max(time, until);
    },
    pending: () => sleepers.length,
    autoAdvance: () => {
      let on = true;
      automatic += 1;
      void walk();
      const stop = (): void => {
        if (on) automatic -= 1;
        on = false;
      };
      return Object.assign(stop, { [Symbol.dispose]: stop });
    },
  };
}

/**
 * Real time, sped up: while one millisecond passes on `clock`, `factor` milliseconds pass here.
 *
 * @param factor how many times faster; above 0.
 * @param clock what it is driven by. Defaults to the machine's own clock.
 * @throws {RangeError} when `factor` is not a finite number above 0
 * @example
 * ```ts
 * import { scaledClock } from "@handfast/testing";
 *
 * // Twenty seconds of waiting pass in a tenth of a second.
 * export const clock = scaledClock(200);
 * ```
 */
export function scaledClock(factor: number, clock: Clock = systemClock): Clock {
  if (!Number.isFinite(factor) || factor <= 0) throw new RangeError("scaledClock needs a factor above 0");
  const start = clock.now();
  const now = (): number => start + (clock.now() - start) * factor;
  return {
    now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      const due = now() + ms;
      // A timer may fire a little early; a sleeper must never wake before its time.
      for (let left = ms; left > 0; left = due - now()) await clock.sleep(Math.ceil(left / factor), signal);
    },
  };
}
