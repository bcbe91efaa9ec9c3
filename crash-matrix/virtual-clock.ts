import type { Clock } from "@handfast/core";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Turns of the event loop without any call before it counts as idle: core itself defers by at most one. */
const quietTurns = 3;

/**
 * A clock that nobody waits for: when all that runs is asleep, it jumps to the first who is to be woken, and stops on
 * the way at every moment at which some node changes, so that the oracle sees it.
 */
export class VirtualClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];
  #stops: number[] = [];
  #activity = 0;
  #isPumping = false;
  /** Called at every stop and after every turn. */
  onTurn: () => void = () => {};

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Somebody did something: the loop is not idle. */
  touch(): void {
    this.#activity += 1;
  }

  /** A moment at which the world changes by itself. */
  stopAt(at: number): void {
    if (at > this.#now && !this.#stops.includes(at)) this.#stops.push(at);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const leave = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener("abort", leave);
          resolve();
        },
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#sleepers.push(sleeper);
      this.touch();
      void this.#pump();
    });
  }

  /** A dead process wakes up no more. */
  forgetSleepers(): void {
    this.#sleepers = [];
  }

  /** Turns the clock at once. */
  turn(ms: number): void {
    this.#turnTo(this.#now + ms);
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#sleepers.length > 0) {
      await this.#untilIdle();
      if (this.#sleepers.length === 0) break;
      const next = Math.min(...this.#sleepers.map(({ at }) => at));
      this.#turnTo(next);
      const due = this.#sleepers.filter(({ at }) => at <= next);
      this.#sleepers = this.#sleepers.filter(({ at }) => at > next);
      for (const { wake } of due) wake();
    }
    this.#isPumping = false;
  }

  async #untilIdle(): Promise<void> {
    for (let quiet = 0; quiet < quietTurns; ) {
      const before = this.#activity;
      await new Promise((resolve) => setImmediate(resolve));
      quiet = before === this.#activity ? quiet + 1 : 0;
    }
  }

  #turnTo(end: number): void {
    const stops = this.#stops.filter((at) => at <= end).sort((a, b) => a - b);
    this.#stops = this.#stops.filter((at) => at > end);
    for (const at of stops) {
      this.#now = at;
      this.onTurn();
    }
    this.#now = end;
    this.onTurn();
  }
}
