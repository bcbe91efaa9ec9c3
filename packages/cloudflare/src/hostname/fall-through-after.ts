import type { GlobalAction } from "../global/actions.ts";
import type { ZoneAction } from "../zone/actions.ts";
import type { HostnameAction } from "./actions.ts";
import type { HostnameState } from "./state.ts";
import type { HostnameTarget } from "./target.ts";

/** What the hostname adapter reads: its own actions, and those that change what a hostname falls through to. */
export type ReadAction = HostnameAction | ZoneAction | GlobalAction;

/** Whether an action is of the zone or of global origin pulls: planned and performed by their adapters. */
export function isFallThrough(action: ReadAction): action is ZoneAction | GlobalAction {
  return action.kind === "global-switch" || action.kind.startsWith("zone-");
}

/** Whether an action is the hostname adapter's own. */
export const isHostnameAction = (action: ReadAction): action is HostnameAction => !isFallThrough(action);

/** What a hostname falls through to, once a write to its zone or to global origin pulls is in effect. */
export function afterFallThrough(
  target: HostnameTarget,
  state: HostnameState,
  action: ZoneAction | GlobalAction,
): HostnameState {
  if (action.zone !== target.zone) return state;
  switch (action.kind) {
    case "global-switch":
      return { ...state, global: action.on };
    case "zone-switch":
      return { ...state, zone: { ...state.zone, enabled: action.enabled } };
    case "zone-upload":
      return { ...state, zone: { ...state.zone, shows: action.bundle } };
    case "zone-delete":
      return { ...state, zone: { ...state.zone, shows: action.next } };
  }
}
