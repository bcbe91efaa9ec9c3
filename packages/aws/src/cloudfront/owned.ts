import { functionObject, listObject } from "../revocation/names.ts";
import { fileObject } from "../s3/keys.ts";
import type { CloudFrontAction } from "./actions.ts";
import { listPlace, storeObject } from "./names.ts";
import { type CloudFrontState, frontOf, listInUse, storeOf } from "./state.ts";

/**
 * What a plan stands on: the fields of the distribution that the adapter writes, and what is in the store and the list
 * behind them. Not the distribution's other fields, nor who else refers to the store, nor what the distribution might be
 * switched to: a store that a plan switches to without making it is looked at when it is switched to (`expects`).
 */
export function ownedByCloudFront(state: CloudFrontState): unknown {
  const { distribution, functions, lists, stores } = state;
  if (distribution === null) return null;
  const store = storeOf(distribution.viewer);
  const list = listInUse(state);
  const held = store === undefined ? undefined : stores[store];
  return {
    ...frontOf(distribution),
    store: held === undefined ? null : { ready: held.ready, anchors: held.anchors, ocsp: held.ocsp },
    list: list === undefined ? null : (lists[list] ?? null),
    function: functions[distribution.connectionFunction ?? ""] ?? null,
  };
}

/** What a step makes where it is not there yet: the keys that its outcome then has. */
export function madeByCloudFront(
  distribution: string,
  action: CloudFrontAction,
  bucket: string,
): readonly string[] {
  switch (action.kind) {
    case "create-store":
      return [storeObject(action.store, distribution), fileObject(action.bundle, distribution, bucket)];
    case "create-list":
      return [listObject(listPlace(distribution, action.list))];
    case "write-list":
      return action.files.map((file) => fileObject(file, distribution, bucket));
    case "create-function":
      return [functionObject(action.name, distribution)];
    default:
      return [];
  }
}
