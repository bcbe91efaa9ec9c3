import type { Clock } from "@handfast/core";

/** Time that never runs back, though a machine's clock may be set back. It is the clock's own time until that happens. */
export class SteadyTime {
  #time: number | undefined;
  #seen = 0;

  /** Now. */
  at(clock: Clock): number {
    const now = clock.now();
    this.#time = this.#time === undefined ? now : this.#time + Math.max(0, now - this.#seen);
    this.#seen = now;
    return this.#time;
  }
}
