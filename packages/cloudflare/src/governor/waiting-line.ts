import type { Clock } from "@handfast/core";

/** Somebody who stands in line for calls. */
export interface Waiter {
  readonly calls: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly patienceMs: number;
}

/** What the first in line is told: to go, to wait until something changes, or so long at most, or an error. */
export type Verdict = "go" | "wait" | { readonly waitMs: number } | { readonly refused: Error };

interface Standing extends Waiter {
  readonly go: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * First come, first served. Only the first in line waits on a clock, and nobody does when the line is empty: an aborted
 * waiter leaves nothing behind.
 */
export class WaitingLine {
  readonly #judge: (first: Waiter) => Verdict;
  readonly #standing: Standing[] = [];
  #isRunning = false;
  #pause = new AbortController();

  /** @param judge asked of the first in line alone; on `go` it has taken the calls */
  constructor(judge: (first: Waiter) => Verdict) {
    this.#judge = judge;
  }

  /** How many stand in line. */
  get length(): number {
    return this.#standing.length;
  }

  /** Resolves when it is this waiter's turn; rejects with the signal's reason, or what the judge says. */
  join(waiter: Waiter): Promise<void> {
    return new Promise((resolve, reject) => {
      waiter.signal.throwIfAborted();
      const leave = (): void => waiter.signal.removeEventListener("abort", stop);
      const standing: Standing = {
        ...waiter,
        go: () => {
          leave();
          resolve();
        },
        fail: (reason) => {
          leave();
          reject(reason);
        },
      };
      const stop = (): void => {
        this.#standing.splice(this.#standing.indexOf(standing), 1);
        standing.fail(waiter.signal.reason);
        this.#pause.abort();
      };
      waiter.signal.addEventListener("abort", stop, { once: true });
      this.#standing.push(standing);
      void this.#run();
    });
  }

  /** Something changed: the first in line is judged anew. */
  wake(): void {
    this.#pause.abort();
  }

  /** Sends all away for whom `refuse` has an error. */
  sendAway(refuse: (waiter: Waiter) => Error | undefined): void {
    for (const standing of [...this.#standing]) {
      const error = refuse(standing);
      if (error === undefined) continue;
      this.#standing.splice(this.#standing.indexOf(standing), 1);
      standing.fail(error);
    }
    this.#pause.abort();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let first = this.#standing[0]; first !== undefined; first = this.#standing[0]) {
      const verdict = this.#judge(first);
      if (verdict === "go") {
        this.#standing.shift();
        first.go();
      } else if (verdict !== "wait" && "refused" in verdict) {
        this.#standing.shift();
        first.fail(verdict.refused);
      } else await this.#wait(first, verdict === "wait" ? undefined : verdict.waitMs);
    }
    this.#isRunning = false;
  }

  async #wait(first: Standing, waitMs: number | undefined): Promise<void> {
    this.#pause = new AbortController();
    const { signal } = this.#pause;
    if (waitMs === undefined) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      return;
    }
    try {
      await first.clock.sleep(waitMs, signal);
    } catch (error) {
      if (signal.aborted || this.#standing[0] !== first) return;
      // a clock that does not work helps nobody who comes by it
      this.#standing.shift();
      first.fail(error);
    }
  }
}
