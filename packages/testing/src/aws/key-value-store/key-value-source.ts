import type { Source } from "../../data-plane/sources.ts";
import type { KeyValueModels } from "./models.ts";

const nothing: ReadonlyMap<string, string> = new Map();

/**
 * What a store holds, as the data plane's API has it now: edges follow it in their own time. Nothing for a store that is
 * gone, or not ready. Subscribers hear of every write that changed it.
 */
export function keyValueSource(models: KeyValueModels, arn: string): Source<ReadonlyMap<string, string>> {
  const current = (state = models.now()): ReadonlyMap<string, string> =>
    state.stores.get(arn)?.content.items ?? nothing;
  return {
    current: () => current(),
    subscribe: (changed) =>
      models.subscribe((before) => {
        if (current(before) !== current()) changed();
      }),
  };
}
