import { canonicalText, type Digest, type Finding, type Wanted, type WantedVerifier } from "@handfast/core";
import { holdsExactly, sortDigests } from "../digest-sets.ts";
import { withoutRehearsal } from "../rehearsal/rehearsal.ts";
import { undoneBy } from "./managers.ts";
import { type AlbState, type Authentication, type StoreState, storeName } from "./state.ts";
import type { AlbTarget } from "./target.ts";

type Realised =
  | { readonly state: AlbState; readonly findings?: readonly Finding[] }
  | { readonly findings: readonly Finding[] };

/** Neutral to native: prefers the store in use, then one that handfast made, when the content is the same. */
export function realiseAlb(target: AlbTarget, wanted: Wanted, base: AlbState): Realised {
  if (wanted.role !== "verifier")
    return refuse("not-a-verifier", "a listener shows no certificate", "use a presenter's adapter");
  if (wanted.mode === "off" && (base.listener?.authentication.mode ?? "off") === "off")
    return { state: withoutRehearsal(base) };
  const blocked = listenerFinding(target, base);
  if (blocked !== undefined || base.listener === null)
    return { findings: blocked === undefined ? [] : [blocked] };
  const { listener } = base;
  const set = (authentication: Authentication, stores = base.stores): Realised => {
    const state = { ...withoutRehearsal(base), listener: { ...listener, authentication }, stores };
    const changes = canonicalText(authentication) !== canonicalText(listener.authentication);
    if (!changes || base.manager === undefined) return { state };
    return { state, findings: [undoneBy(base.manager, target.listener, authentication)] };
  };
  if (wanted.mode === "off") return set({ mode: "off" });
  if (wanted.mode === "request") return set({ mode: "passthrough" });
  if (wanted.mode === "optional") {
    return refuse(
      "mode-unsupported",
      "ALB has no mode that accepts a missing certificate and refuses a bad one",
      `choose "request" or "required"`,
    );
  }
  const anchors = sortDigests(wanted.anchors);
  const crls = sortDigests(wanted.crls);
  const flags = flagsOf(target, wanted);
  const existing = findStore(base, anchors, crls);
  if (existing !== undefined) return set({ mode: "verify", store: existing, ...flags, cut: false });
  const store = storeName(anchors, crls);
  const there = base.stores[store];
  const inUse =
    base.listener.authentication.mode === "verify" && base.listener.authentication.store === store;
  if (there !== undefined && (inUse || !canComplete(there, anchors, crls))) {
    return refuse(
      "store-name-taken",
      `trust store ${store} exists, and what is in it is not what its name says`,
      `point its listeners elsewhere and delete ${store}`,
    );
  }
  const made: StoreState = {
    ready: true,
    ours: true,
    taken: false,
    anchors: { known: anchors },
    crls: { known: crls },
  };
  return set({ mode: "verify", store, ...flags, cut: false }, { ...base.stores, [store]: made });
}

/** The finding that stands in the way of any change to a listener: it is not there, or has no TLS. */
export function listenerFinding({ listener }: AlbTarget, { listener: now }: AlbState): Finding | undefined {
  if (now === null) {
    return {
      code: "listener-not-found",
      severity: "blocker",
      message: `there is no listener ${listener} that these credentials see`,
      mend: "correct the ARN in the spec, or use credentials of the account that owns it",
    };
  }
  if (now.protocol === "HTTPS") return undefined;
  return {
    code: "listener-not-https",
    severity: "blocker",
    message: `listener ${listener} speaks ${now.protocol}; only an HTTPS listener can ask for client certificates`,
    mend: "the load balancer's owner gives the listener protocol HTTPS and a server certificate, or the spec names another",
  };
}

function flagsOf(
  target: AlbTarget,
  wanted: WantedVerifier,
): { ignoreExpiry: boolean; advertiseNames: boolean } {
  return {
    ignoreExpiry: wanted.ignoreExpiry ?? target.ignoreExpiry ?? false,
    advertiseNames: wanted.advertiseNames ?? target.advertiseNames ?? false,
  };
}

/** A ready store with exactly this content: the listener's own first, then ours by name. */
function findStore(
  { listener, stores }: AlbState,
  anchors: readonly Digest[],
  crls: readonly Digest[],
): string | undefined {
  const fits = (key: string): boolean => {
    const store = stores[key];
    return store?.ready === true && holdsExactly(store.anchors, anchors) && holdsExactly(store.crls, crls);
  };
  const now = listener?.authentication;
  if (now?.mode === "verify" && !now.cut && fits(now.store)) return now.store;
  const cut = now?.mode === "verify" && now.cut ? now.store : undefined;
  const all = Object.keys(stores).filter((key) => key !== cut && stores[key]?.ours === true);
  return [storeName(anchors, crls), ...all.toSorted()].find((key) => all.includes(key) && fits(key));
}

/** Whether a store that a stopped run left behind can be finished: the right anchors, some of the CRLs, nobody's yet. */
function canComplete(store: StoreState, anchors: readonly Digest[], crls: readonly Digest[]): boolean {
  if (!store.ours || store.taken) return false;
  if (!store.ready) return true;
  return (
    holdsExactly(store.anchors, anchors) &&
    "known" in store.crls &&
    store.crls.known.every((crl) => crls.includes(crl))
  );
}

function refuse(code: string, message: string, mend: string): Realised {
  return { findings: [{ code, severity: "blocker", message, mend }] };
}
