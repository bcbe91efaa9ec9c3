import type { Clock } from "@handfast/core";

/** Tells who wants to know that the state changed, by a call or by the clock alone. */
export interface Changes {
  /** Calls back after every change; returns the way to stop. */
  subscribe(changed: () => void): () => void;
  /** To be called after every write. */
  happened(): void;
}

/**
 * Wakes up at the moments when state changes by itself, and only while somebody listens, so that a simulator
 * that nobody watches leaves no timer behind.
 *
 * @param next the first moment after `now` at which something changes by itself
 */
export function changes(clock: Clock, next: (now: number) => number | undefined): Changes {
  const listeners = new Set<() => void>();
  let alarm: AbortController | undefined;

  const arm = (): void => {
    alarm?.abort();
    alarm = undefined;
    if (listeners.size === 0) return;
    const now = clock.now();
    const at = next(now);
    if (at === undefined) return;
    const set = new AbortController();
    alarm = set;
    clock.sleep(at - now, set.signal).then(
      () => {
        if (alarm === set) tell();
      },
      () => undefined,
    );
  };

  const tell = (): void => {
    for (const listener of [...listeners]) listener();
    arm();
  };

  return {
    subscribe: (changed) => {
      const listener = (): void => changed();
      listeners.add(listener);
      arm();
      return () => {
        listeners.delete(listener);
        arm();
      };
    },
    happened: tell,
  };
}
