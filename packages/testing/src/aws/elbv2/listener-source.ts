import type { ListenerView, Source } from "../../data-plane/sources.ts";
import type { Elbv2Models, Elbv2State } from "./models.ts";
import { off } from "./mutual-authentication.ts";

/**
 * What a listener enforces, as the control plane has it now. Subscribers hear of every write that changed it.
 */
export function listenerSource(models: Elbv2Models, listenerArn: string): Source<ListenerView> {
  return {
    current: () => viewOf(models.now(), listenerArn),
    subscribe: (changed) =>
      models.subscribe((before) => {
        if (!isSame(viewOf(before, listenerArn), viewOf(models.now(), listenerArn))) changed();
      }),
  };
}

function viewOf(state: Elbv2State, listenerArn: string): ListenerView {
  const mutual = state.listeners.get(listenerArn)?.mutualAuthentication ?? off;
  const store =
    mutual.mode === "verify" && mutual.trustStoreArn !== undefined
      ? state.stores.get(mutual.trustStoreArn)
      : undefined;
  return {
    mode: mutual.mode,
    anchors: store?.anchors ?? none,
    crls: store?.crls ?? none,
    ignoreExpiry: mutual.ignoreExpiry,
    advertiseNames: mutual.advertise === "on",
    storeRemoved: mutual.association === "removed",
  };
}

const none: readonly string[] = [];

/** Lists are replaced, never changed, so the same list has the same content. */
function isSame(one: ListenerView, other: ListenerView): boolean {
  return (
    one.mode === other.mode &&
    one.anchors === other.anchors &&
    one.crls === other.crls &&
    one.ignoreExpiry === other.ignoreExpiry &&
    one.advertiseNames === other.advertiseNames &&
    one.storeRemoved === other.storeRemoved
  );
}
