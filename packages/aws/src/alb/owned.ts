import { rehearsalObject } from "../rehearsal/rehearsal.ts";
import { fileObject } from "../s3/keys.ts";
import type { AlbAction } from "./actions.ts";
import { type AlbState, referredTo, storeObject } from "./state.ts";

/**
 * What a plan stands on: the listener, and what is in the store that it refers to. Not who else refers to that store,
 * and no other store: those come and go with pipelines beside this one. A store that a plan switches to without making
 * it is looked at when it is switched to (`expects` of the step).
 */
export function ownedByAlb({ listener, stores }: AlbState): unknown {
  return {
    listener,
    stores: referredTo(listener?.authentication).map((name) => {
      const store = stores[name];
      if (store === undefined) return { name };
      const { ready, anchors, crls } = store;
      return { name, ready, anchors, crls };
    }),
  };
}

/** What a step makes where it is not there yet: the keys that its outcome then has. */
export function madeByAlb(listener: string, action: AlbAction, bucket: string): readonly string[] {
  switch (action.kind) {
    case "create-store":
      return [storeObject(action.store, listener), fileObject(action.bundle, listener, bucket)];
    case "open-rehearsal":
      return [rehearsalObject(listener, action.port)];
    case "add-crl":
      return [fileObject(action.file, listener, bucket)];
    default:
      return [];
  }
}
