import type { Clock } from "../clock.ts";

/** Values of a provider that exists only in memory, by object name. */
export type MemoryValue =
  | {
      readonly kind: "listener";
      readonly mode: "off" | "request" | "optional" | "required";
      readonly store: string | null;
      readonly ignoreExpiry: boolean;
    }
  | { readonly kind: "store"; readonly anchors: readonly string[]; readonly crls: readonly string[] }
  | { readonly kind: "association"; readonly shows: MemoryShown | "nothing" | "inherited" }
  | { readonly kind: "zone"; readonly certificates: readonly MemoryShown[] }
  | { readonly kind: "certificate" };

/** A certificate that is shown in memory, with its chain: SHA-256 of their DER, in hex. */
export interface MemoryShown {
  readonly certificate: string;
  readonly chain: readonly string[];
}

/** How a world in memory behaves. */
export interface MemoryWorldOptions {
  readonly clock: Clock;
  /** Nodes that pick changes up in their own time. Default 1. */
  readonly nodes?: number | undefined;
  /** When a node picks up a change, in milliseconds after the call. Default: at once. */
  readonly lag?: ((node: number, object: string) => number) | undefined;
  /** Called before every write; throws to refuse it. */
  readonly refuse?: ((object: string, value: MemoryValue | undefined) => void) | undefined;
}

/**
 * A provider in memory: objects with a value, and nodes that run older values for a while. It stands behind the
 * reference adapters, and behind every odd world of the tests.
 */
export class MemoryWorld {
  readonly clock: Clock;
  readonly nodes: number;
  readonly #lag: (node: number, object: string) => number;
  readonly #refuse: ((object: string, value: MemoryValue | undefined) => void) | undefined;
  readonly #history = new Map<string, { readonly at: number; readonly value: MemoryValue | undefined }[]>();
  readonly #watchers = new Set<() => void>();
  /** DER of certificates and CRLs that were handed over, by digest. */
  readonly bytes = new Map<string, Uint8Array>();
  /** The idempotency key under which each object was created. */
  readonly makers = new Map<string, string>();
  /** Made so far: reads of an object, writes of one, and calls that write, of however many. */
  readonly calls = { reads: 0, writes: 0, performs: 0 };

  constructor(options: MemoryWorldOptions) {
    this.clock = options.clock;
    this.nodes = options.nodes ?? 1;
    this.#lag = options.lag ?? (() => 0);
    this.#refuse = options.refuse;
  }

  /** The value by the control plane; undefined when there is no such object. */
  get(object: string): MemoryValue | undefined {
    return this.#history.get(object)?.at(-1)?.value;
  }

  /** The value that one node runs now. */
  at(object: string, node: number): MemoryValue | undefined {
    const now = this.clock.now();
    return this.#history
      .get(object)
      ?.findLast(({ at }, index) => index === 0 || at + this.#lag(node, object) <= now)?.value;
  }

  /** Whether every node runs the newest value. */
  isSettled(object: string): boolean {
    const newest = this.#history.get(object)?.at(-1);
    if (newest === undefined) return true;
    const lags = Array.from({ length: this.nodes }, (_, node) => this.#lag(node, object));
    return (this.#history.get(object)?.length ?? 0) < 2 || newest.at + Math.max(...lags) <= this.clock.now();
  }

  /** Writes a value; `undefined` deletes. */
  set(object: string, value: MemoryValue | undefined): void {
    this.#refuse?.(object, value);
    this.calls.writes += 1;
    const history = this.#history.get(object);
    if (history === undefined) this.#history.set(object, [{ at: this.clock.now(), value }]);
    else history.push({ at: this.clock.now(), value });
    for (const watcher of this.#watchers) watcher();
  }

  /** Names of all objects that exist, by prefix. */
  names(prefix: string): readonly string[] {
    return [...this.#history.keys()]
      .filter((name) => name.startsWith(prefix) && this.get(name) !== undefined)
      .sort();
  }

  /** Calls back after every write. Returns the way to stop. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }
}
