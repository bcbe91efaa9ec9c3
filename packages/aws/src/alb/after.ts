import type { Seen, Step, StepCheck } from "@handfast/core";
import { canonicalText } from "@handfast/core";
import { holdsExactly, sortDigests } from "../digest-sets.ts";
import { afterRehearsal, checkRehearsal, rehearsalObject } from "../rehearsal/rehearsal.ts";
import type { AlbAction } from "./actions.ts";
import { describe } from "./describe.ts";
import { type AlbState, referredTo, type StoreState } from "./state.ts";
import type { AlbTarget } from "./target.ts";

type AlbStep = Step<AlbAction>;

/** The state of a target once a step is in effect; the same one when the step leaves it alone. */
export function afterAlb(target: AlbTarget, state: AlbState, { action, object }: AlbStep): AlbState {
  if (action.kind === "set-listener") {
    if (object !== target.listener || state.listener === null) return state;
    const listener = { ...state.listener, authentication: action.to };
    const [store] = referredTo(action.to);
    if (store === undefined || action.expects === undefined || state.stores[store] !== undefined) {
      return { ...state, listener };
    }
    const seen: StoreState = { ...action.expects, ready: true, ours: false, taken: false };
    return { ...state, listener, stores: { ...state.stores, [store]: seen } };
  }
  if (action.kind === "open-rehearsal" || action.kind === "close-rehearsal")
    return object === rehearsalObject(target.listener, action.port) ? afterRehearsal(state, action) : state;
  if (action.kind === "delete-file") return state;
  const { store } = action;
  const now = state.stores[store];
  if (action.kind === "delete-store") {
    if (now === undefined) return state;
    return {
      ...state,
      stores: Object.fromEntries(Object.entries(state.stores).filter(([key]) => key !== store)),
    };
  }
  const put = (next: StoreState): AlbState => ({ ...state, stores: { ...state.stores, [store]: next } });
  if (action.kind === "create-store") {
    if (now?.ready === true && holdsExactly(now.anchors, action.anchors)) return state;
    return put({
      ready: true,
      ours: true,
      taken: now?.taken ?? false,
      anchors: { known: action.anchors },
      crls: { known: [] },
    });
  }
  if (now === undefined || "unknown" in now.crls || now.crls.known.includes(action.crl)) return state;
  return put({ ...now, crls: { known: sortDigests([...now.crls.known, action.crl]) } });
}

/** Where a step stands in what was just read. */
export function checkAlb({ action }: AlbStep, { now }: Pick<Seen<AlbState>, "now">): StepCheck {
  if (action.kind === "set-listener") {
    if (now.listener === null) return { failed: "the listener is gone" };
    const at = canonicalText(now.listener.authentication);
    if (at === canonicalText(action.to)) return "done";
    if (at === canonicalText(action.from)) return "todo";
    return { moved: `the listener is at ${describe(now.listener.authentication)}` };
  }
  if (action.kind === "open-rehearsal" || action.kind === "close-rehearsal")
    return checkRehearsal(now, action);
  // no state tells of files; deleting one that is gone is success
  if (action.kind === "delete-file") return "todo";
  const store = now.stores[action.store];
  if (action.kind === "delete-store") {
    if (store === undefined) return "done";
    const { authentication } = now.listener ?? {};
    const refers = authentication?.mode === "verify" && authentication.store === action.store;
    return refers || store.taken ? { moved: `a listener refers to ${action.store} again` } : "todo";
  }
  if (store === undefined) return "todo";
  if (action.kind === "create-store") {
    if (!store.ready) return "pending";
    if (holdsExactly(store.anchors, action.anchors)) return "done";
    if ("unknown" in store.anchors)
      return { failed: `${action.store} can't be read back: ${store.anchors.unknown}` };
    return { moved: `${action.store} holds other CAs than its name says` };
  }
  return "known" in store.crls && store.crls.known.includes(action.crl) ? "done" : "todo";
}
