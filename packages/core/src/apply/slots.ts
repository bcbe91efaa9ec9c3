/** A bound on how many things happen at once. */
export class Slots {
  #free: number;
  /** Those who go before others, then the others: each in the order in which they came. */
  readonly #waiting: Readonly<Record<"first" | "last", (() => void)[]>> = { first: [], last: [] };

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` when a slot is free: before all others that wait, or behind them. */
  async use<T>(work: () => Promise<T>, place: "first" | "last" = "last"): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting[place].push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.first.shift() ?? this.#waiting.last.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
