import type { Clock } from "@handfast/core";
import { type LaggingView, laggingView } from "./lagging-view.ts";
import type { DistributionView, Source } from "./sources.ts";

/** Where a key value store's content comes from, by its ARN. Every change must be a new map. */
export type KeyValueSources = (arn: string) => Source<ReadonlyMap<string, string>> | undefined;

/** What one node knows of the key value stores that its distribution's functions may read. */
export interface KeyValueViews {
  /** `undefined` for a store that nobody has. */
  read(arn: string): ReadonlyMap<string, string> | undefined;
  /** The most changes of any store that have not reached the node yet. */
  pending(): number;
  close(): void;
}

/** Follows every store from the moment at which the distribution names it. */
export function keyValueViews(options: {
  readonly source: Source<DistributionView>;
  readonly stores: KeyValueSources | undefined;
  readonly clock: Clock;
  readonly lag: () => number;
}): KeyValueViews {
  const { source, stores, clock, lag } = options;
  const views = new Map<string, LaggingView<ReadonlyMap<string, string>>>();
  const follow = (arn: string): LaggingView<ReadonlyMap<string, string>> | undefined => {
    const known = views.get(arn);
    const store = known === undefined ? stores?.(arn) : undefined;
    if (store === undefined) return known;
    const view = laggingView(store, clock, lag);
    views.set(arn, view);
    return view;
  };
  const look = (): void => {
    const arn = source.current().connectionFunction?.keyValueStore;
    if (arn !== undefined) follow(arn);
  };
  look();
  const stop = source.subscribe(look);
  return {
    read: (arn) => follow(arn)?.current(),
    pending: () => Math.max(0, ...[...views.values()].map((view) => view.pending())),
    close: () => {
      stop();
      for (const view of views.values()) view.close();
    },
  };
}
