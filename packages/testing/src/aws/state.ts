/** The state of a service over time: values that are never changed, only followed by others. */
export interface StateOverTime<S extends object> {
  now(): S;
  /** The state before the last write: what a stale read sees. */
  before(): S;
  write(change: Partial<S>): void;
  /** Calls back after every write, with the state before it. Returns the way to stop. */
  subscribe(written: (before: S) => void): () => void;
}

/** A state, and what becomes of it. */
export function stateOverTime<S extends object>(first: S): StateOverTime<S> {
  let now = first;
  let before = first;
  const subscribers = new Set<(before: S) => void>();
  return {
    now: () => now,
    before: () => before,
    write: (change) => {
      before = now;
      now = { ...now, ...change };
      for (const written of [...subscribers]) written(before);
    },
    subscribe: (written) => {
      const own = (state: S): void => written(state);
      subscribers.add(own);
      return () => void subscribers.delete(own);
    },
  };
}

/** A map with one entry set. */
export function withEntry<T>(map: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> {
  return new Map(map).set(key, value);
}

/** A map with one entry gone. */
export function withoutEntry<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
