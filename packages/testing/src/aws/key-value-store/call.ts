import type { KeyValueModels, KeyValueState, KeyValueStore } from "./models.ts";
import { refuse } from "./refusals.ts";
import type { KeyValueSettings } from "./settings.ts";

/** One call to the data plane. */
export interface KeyValueCall {
  readonly arn: string;
  /** Empty where the operation is about the whole store. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly ifMatch: string | undefined;
  /** As text. */
  readonly body: string;
  readonly models: KeyValueModels;
  /** What a read sees: as a rule the state now, under a fault an older one. */
  readonly view: KeyValueState;
  readonly settings: KeyValueSettings;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What an operation answers with. */
export interface KeyValueAnswer {
  readonly etag?: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** @throws AwsRefused ResourceNotFoundException */
export function findStore(state: KeyValueState, arn: string): KeyValueStore {
  const store = state.stores.get(arn);
  if (store === undefined) throw refuse("ResourceNotFoundException", `There is no key value store ${arn}`);
  return store;
}

/**
 * A store whose content can be used.
 *
 * @throws AwsRefused ResourceNotFoundException, ConflictException
 */
export function findReadyStore({ arn, now }: KeyValueCall, state: KeyValueState): KeyValueStore {
  const store = findStore(state, arn);
  const status = statusOf(store, now);
  if (status !== "READY") throw refuse("ConflictException", `The key value store is ${status}`);
  return store;
}

/** What both planes say of a store. */
export function statusOf(
  { readyAt, failure }: KeyValueStore,
  now: number,
): "PROVISIONING" | "READY" | "FAILED" {
  if (now < readyAt) return "PROVISIONING";
  return failure === undefined ? "READY" : "FAILED";
}
