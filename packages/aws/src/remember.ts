import type { Clock } from "@handfast/core";

/** What was asked, by key, for as long as it counts as fresh. */
export interface Memory<V> {
  /** The answer of before while it is fresh; else asks. A failure is not remembered. */
  recall(key: string, clock: Clock, ask: () => Promise<V>): Promise<V>;
}

/**
 * For what changes rarely and is only told, never decided upon, so that waiting for a step does not ask it every time.
 *
 * @param freshMs how long an answer counts, in milliseconds
 * @param keeps whether an answer is remembered at all
 */
export function memory<V>(freshMs: number, keeps: (value: V) => boolean = () => true): Memory<V> {
  const known = new Map<string, { readonly value: V; readonly until: number }>();
  return {
    recall: async (key, clock, ask) => {
      const old = known.get(key);
      if (old !== undefined && clock.now() < old.until) return old.value;
      const value = await ask();
      if (keeps(value)) known.set(key, { value, until: clock.now() + freshMs });
      return value;
    },
  };
}
