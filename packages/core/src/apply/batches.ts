import type { Clock } from "../clock.ts";
import type { Slots } from "./slots.ts";
import type { Turn } from "./turn.ts";

/** For so long a batch waits for those that become due a moment later: less than the call that they are spared. */
const gatherMs = 50;

/** What batches are run with. */
export interface BatchOptions {
  readonly clock: Clock;
  readonly slots: Slots;
  /** Makes one call for some turns, and answers what each that failed ended in. */
  perform(turns: readonly Turn[]): Promise<ReadonlyMap<Turn, unknown>>;
}

/** Somebody who waits to go along. */
interface Seat {
  readonly turn: Turn;
  readonly most: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Gathers the writes that go together in one call. Those of one key go one call after the other, each with all that came
 * while the one before was under way: so a slow provider makes batches larger, never more. Keys don't wait for each other
 * beyond the slots, of which a call takes one.
 */
export class Batches {
  readonly #options: BatchOptions;
  readonly #waiting = new Map<string, Seat[]>();

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** Resolves when the turn was performed, with whomever. */
  perform(key: string, most: number, turn: Turn): Promise<void> {
    return new Promise((resolve, reject) => {
      const seat = { turn, most, resolve, reject };
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined) {
        waiting.push(seat);
        return;
      }
      this.#waiting.set(key, [seat]);
      void this.#serve(key);
    });
  }

  async #serve(key: string): Promise<void> {
    const waiting = this.#waiting.get(key) ?? [];
    while (waiting.length > 0) {
      if (waiting.length < mostOf(waiting)) await this.#options.clock.sleep(gatherMs);
      // who comes while a slot is waited for goes along too
      await this.#options.slots.use(() => this.#go(waiting.splice(0, mostOf(waiting))));
    }
    this.#waiting.delete(key);
  }

  async #go(seats: readonly Seat[]): Promise<void> {
    const failures = await this.#options.perform(seats.map(({ turn }) => turn));
    for (const { turn, resolve, reject } of seats) {
      if (failures.has(turn)) reject(failures.get(turn));
      else resolve();
    }
  }
}

function mostOf(seats: readonly Seat[]): number {
  return Math.min(...seats.map(({ most }) => most));
}
