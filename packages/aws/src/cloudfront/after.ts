import { canonicalText, type Seen, type StepCheck } from "@handfast/core";
import { holdsExactly } from "../digest-sets.ts";
import type { CloudFrontAction } from "./actions.ts";
import { describe } from "./describe.ts";
import { isListOf } from "./names.ts";
import { isMade } from "./prepare-store.ts";
import { type CloudFrontState, frontOf, listInUse, type StoreState, storeOf } from "./state.ts";
import type { CloudFrontStep } from "./step.ts";
import type { CloudFrontTarget } from "./target.ts";

type Of<K extends CloudFrontAction["kind"]> = Extract<CloudFrontAction, { kind: K }>;

/** The state of a target once a step is in effect; the same one when the step leaves it alone. */
export function afterCloudFront(
  target: CloudFrontTarget,
  state: CloudFrontState,
  { action, object }: CloudFrontStep,
): CloudFrontState {
  switch (action.kind) {
    case "set-viewer":
      return object === target.distribution ? withFront(state, action) : state;
    case "create-store":
      return withStore(state, action);
    case "delete-store":
      return state.stores[action.store] === undefined
        ? state
        : { ...state, stores: without(state.stores, action.store) };
    case "delete-file":
      return state;
    default:
      // lists and functions belong to one distribution each
      return isListOf(target.distribution, action.list) ? withList(state, action) : state;
  }
}

function withFront(state: CloudFrontState, { to, expects }: Of<"set-viewer">): CloudFrontState {
  if (state.distribution === null) return state;
  const distribution = { ...state.distribution, ...to };
  const store = storeOf(to.viewer);
  if (store === undefined || expects === undefined || state.stores[store] !== undefined)
    return { ...state, distribution };
  const seen: StoreState = { ...expects, ready: true, ours: false, taken: false, full: false };
  return { ...state, distribution, stores: { ...state.stores, [store]: seen } };
}

function withStore(state: CloudFrontState, { store, anchors, ocsp }: Of<"create-store">): CloudFrontState {
  const now = state.stores[store];
  if (now?.ready === true && isMade(now, anchors, ocsp)) return state;
  const made = { ready: true, ours: true, anchors: { known: anchors }, ocsp };
  const { taken, full } = now ?? { taken: false, full: false };
  return { ...state, stores: { ...state.stores, [store]: { ...made, taken, full } } };
}

function withList(
  state: CloudFrontState,
  action: Of<"create-list" | "write-list" | "create-function" | "delete-function" | "delete-list">,
): CloudFrontState {
  const { lists, functions } = state;
  switch (action.kind) {
    case "create-list":
      if (lists[action.list]?.ready === true) return state;
      return {
        ...state,
        lists: { ...lists, [action.list]: { ready: true, crls: { known: [] }, halfway: false } },
      };
    case "write-list": {
      const { list, to } = action;
      return { ...state, lists: { ...lists, [list]: { ready: true, crls: { known: to }, halfway: false } } };
    }
    case "create-function":
      if (functions[action.name] === "live") return state;
      return { ...state, functions: { ...functions, [action.name]: "live" } };
    case "delete-function":
      return { ...state, functions: without(functions, action.name) };
    case "delete-list":
      return { ...state, lists: without(lists, action.list) };
  }
}

function without<V>(from: Readonly<Record<string, V>>, name: string): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => key !== name));
}

/** Where a step stands in the world that was just read. */
export function checkCloudFront(
  { action }: Pick<CloudFrontStep, "action">,
  { now, settled }: Pick<Seen<CloudFrontState>, "now" | "settled">,
): StepCheck {
  switch (action.kind) {
    case "create-store":
      return checkStore(action, now.stores[action.store]);
    case "create-list": {
      const list = now.lists[action.list];
      if (list === undefined) return "todo";
      return list.ready ? "done" : "pending";
    }
    case "write-list":
      return checkList(action, now.lists[action.list]);
    case "create-function":
      return now.functions[action.name] === "live" ? "done" : "todo";
    case "set-viewer":
      return checkFront(action, now, settled);
    case "delete-store": {
      const store = now.stores[action.store];
      if (store === undefined) return "done";
      const isUsed = store.taken || storeOf(now.distribution?.viewer) === action.store;
      return isUsed ? { moved: `a distribution refers to ${action.store} again` } : "todo";
    }
    case "delete-function":
      if (now.functions[action.name] === undefined) return "done";
      return now.distribution?.connectionFunction === action.name
        ? { moved: `the distribution refers to ${action.name} again` }
        : "todo";
    case "delete-list":
      if (now.lists[action.list] === undefined) return "done";
      return listInUse(now) === action.list ? { moved: `${action.list} is in use again` } : "todo";
    // no state tells of files; deleting one that is gone is success
    case "delete-file":
      return "todo";
  }
}

function checkStore({ store, anchors, ocsp }: Of<"create-store">, now: StoreState | undefined): StepCheck {
  if (now === undefined) return "todo";
  if (now.failed !== undefined) return { failed: now.failed };
  if (!now.ready) return "pending";
  if (isMade(now, anchors, ocsp)) return "done";
  // the bundle is put anew where it is gone
  const { count = anchors.length } = "unknown" in now.anchors ? now.anchors : { count: -1 };
  if (count === anchors.length && now.ocsp === ocsp) return "todo";
  return { moved: `${store} holds other CAs than its name says` };
}

function checkList(
  { from, to }: Of<"write-list">,
  now: CloudFrontState["lists"][string] | undefined,
): StepCheck {
  if (now === undefined || !now.ready) return "todo";
  if (holdsExactly(now.crls, to)) return now.halfway ? "todo" : "done";
  if ("unknown" in from) return "todo";
  if ("unknown" in now.crls) return { moved: now.crls.unknown };
  if (holdsExactly(now.crls, from.known)) return "todo";
  return { moved: `the list is made from ${now.crls.known.length} other CRLs` };
}

function checkFront({ from, to }: Of<"set-viewer">, now: CloudFrontState, settled: boolean): StepCheck {
  if (now.distribution === null) return { failed: "the distribution is gone" };
  const at = frontOf(now.distribution);
  const text = canonicalText(at);
  if (text === canonicalText(to)) return settled ? "done" : "pending";
  if (text === canonicalText(from)) return "todo";
  return { moved: `viewers of the distribution are at ${describe(at)}` };
}
