import type { Clock } from "@handfast/core";
import type { Source } from "./sources.ts";

/** One node's own idea of a source: each change reaches it late, all of them in order. */
export interface LaggingView<T> {
  /** What the node goes by now. */
  current(): T;
  /** How many changes are on their way to the node. */
  pending(): number;
  /** Stops listening to the source. */
  close(): void;
}

/**
 * Follows a source at a distance. A change is noted when it happens and is in effect `lag()` milliseconds later on
 * the clock, never before the change that preceded it. Nothing waits: the view is worked out when it is asked for.
 */
export function laggingView<T>(source: Source<T>, clock: Clock, lag: () => number): LaggingView<T> {
  let value = source.current();
  const coming: { readonly due: number; readonly value: T }[] = [];
  const arrive = (): void => {
    while (coming[0] !== undefined && coming[0].due <= clock.now()) {
      value = coming[0].value;
      coming.shift();
    }
  };
  const stop = source.subscribe(() => {
    coming.push({ due: clock.now() + lag(), value: source.current() });
  });
  return {
    current: () => {
      arrive();
      return value;
    },
    pending: () => {
      arrive();
      return coming.length;
    },
    close: stop,
  };
}
