import { type MemoryValue, MemoryWorld } from "@handfast/core";
import type { VirtualClock } from "./virtual-clock.ts";

/** Objects by name, as the control plane has them. */
export type Snapshot = Readonly<Record<string, MemoryValue>>;

/** How the nodes of a world behave. */
export interface Nodes {
  readonly count: number;
  /** Milliseconds after a write until a node runs it. */
  readonly lagMs?: ((node: number, object: string) => number) | undefined;
}

/** Longer than any node lags, any step takes and anything is waited for. Milliseconds. */
export const longestMs = 20 * 60_000;

/** Marks an object that a provider made a second time because it was asked under another key. */
export const secondMark = "~";

/** A world that tells the clock when its nodes change, and counts what is made in it. */
export class WatchedWorld extends MemoryWorld {
  readonly #clock: VirtualClock;
  readonly #lagMs: (node: number, object: string) => number;
  readonly #writtenAt = new Map<string, number>();
  /** How often each object was made since the counting began. */
  readonly #made = new Map<string, number>();

  constructor(clock: VirtualClock, { count, lagMs = () => 0 }: Nodes) {
    super({ clock, nodes: count, lag: lagMs });
    this.#clock = clock;
    this.#lagMs = lagMs;
  }

  override set(object: string, value: MemoryValue | undefined): void {
    if (value !== undefined && this.get(object) === undefined)
      this.#made.set(object, (this.#made.get(object) ?? 0) + 1);
    // what was retired in between is made anew when it is needed
    if (value === undefined && isBeside(object)) this.#made.delete(object);
    this.#writtenAt.set(object, this.#clock.now());
    super.set(object, value);
    for (let node = 0; node < this.nodes; node += 1)
      this.#clock.stopAt(this.#clock.now() + this.#lagMs(node, object));
  }

  /** What was there before does not count as made. */
  startCounting(): void {
    this.#made.clear();
  }

  /** Objects that were made more than once, and stores of one content of which at least one was made. */
  duplicates(): readonly string[] {
    const again = [...this.#made].filter(([, count]) => count > 1).map(([object]) => `${object} made again`);
    const stores = this.names("store/");
    const twins = [...Map.groupBy(stores, (name) => contentOf(this.get(name)))]
      .filter(([, names]) => names.length > 1 && names.some((name) => this.#made.has(name)))
      .map(([, names]) => `${names.join(" and ")} hold the same`);
    const second = this.names("").filter((name) => name.includes(secondMark));
    return [...again, ...twins, ...second.map((name) => `${name} made a second time`)];
  }

  /** All that comes next depends on: values, what the nodes still run, and who made what. */
  condition(): unknown {
    const now = this.#clock.now();
    return [...this.#writtenAt].map(([name, at]) => [
      name,
      Math.max(-longestMs, at - now),
      this.get(name) ?? null,
      Array.from({ length: this.nodes }, (_, node) => this.at(name, node) ?? null),
      this.makers.get(name) !== undefined,
      this.#made.get(name) ?? 0,
    ]);
  }

  snapshot(): Snapshot {
    return Object.fromEntries(this.names("").map((name) => [name, this.get(name) as MemoryValue]));
  }
}

/** Whether an object carries no traffic by itself: it is made beside, and pointed to. */
export function isBeside(object: string): boolean {
  return /^(store|certificate)\//.test(object);
}

function contentOf(value: MemoryValue | undefined): string {
  return value?.kind === "store" ? JSON.stringify([value.anchors.toSorted(), value.crls.toSorted()]) : "";
}
