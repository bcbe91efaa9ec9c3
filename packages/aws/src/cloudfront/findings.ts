import type { Finding } from "@handfast/core";
import { distributionsPerStore } from "./check-crls.ts";
import { turnOf } from "./names.ts";
import { distributionFinding } from "./obstacles.ts";
import { functionOfOthers } from "./realise.ts";
import { type CloudFrontState, cloudFrontFace, listInUse, storeOf } from "./state.ts";

/** What was noticed about a distribution and what it refers to. */
export function findingsOf(
  distribution: string,
  state: CloudFrontState,
  others: readonly string[],
): Finding[] {
  const absent = distributionFinding(distribution, state);
  if (absent !== undefined) return [absent];
  return [
    ...storeFindings(distribution, state, others),
    ...functionFindings(distribution, state),
    ...listFindings(state),
  ];
}

function storeFindings(
  distribution: string,
  { distribution: now, stores }: CloudFrontState,
  others: readonly string[],
): Finding[] {
  const name = storeOf(now?.viewer);
  if (name === undefined) return [];
  const store = stores[name];
  if (store === undefined) {
    return [
      {
        code: "store-not-visible",
        severity: "warning",
        message: `${distribution} refers to trust store ${name}, which is not among those of this account; what it trusts is unknown`,
      },
    ];
  }
  const found: Finding[] = [];
  if ("unknown" in store.anchors && store.ready) {
    found.push({
      code: "store-unreadable",
      severity: "warning",
      message: `what trust store ${name} trusts is not known: ${store.anchors.unknown}`,
      mend: store.ours
        ? "find out who changed it; a plan that asks for certificates makes another store"
        : `say what is in it by the adapter's option bundles: { "${name}": <PEM> }`,
    });
  }
  if (others.length > 0) {
    found.push({
      code: "store-shared",
      severity: "info",
      message: `trust store ${name} also serves ${others.join(", ")}; it is left as it is`,
    });
  }
  return found;
}

function functionFindings(distribution: string, state: CloudFrontState): Finding[] {
  const name = functionOfOthers(state);
  if (name !== undefined) {
    return [
      {
        code: "connection-function-of-others",
        severity: "info",
        message: `connection function ${name} is associated with ${distribution}: what it refuses is not known here`,
      },
    ];
  }
  const own = state.distribution?.connectionFunction ?? "";
  if (own === "" || state.functions[own] === "live") return [];
  return [
    {
      code: "connection-function-edited",
      severity: "warning",
      message: `connection function ${own} is not what its name says: somebody published another source, or gave it another key value store; what it refuses is not known`,
      mend: "find out who edited it; the next plan puts another one in its place",
    },
  ];
}

function listFindings(state: CloudFrontState): Finding[] {
  const list = listInUse(state);
  const { crls } = cloudFrontFace(state);
  if (list === undefined || "known" in crls || state.lists[list]?.crls !== crls) return [];
  return [
    {
      code: "list-unreadable",
      severity: "warning",
      message: `what revocation list ${list} refuses is not known: ${crls.unknown}`,
      mend: "the next plan writes all of it anew",
    },
  ];
}

/** That more distributions are to be switched than stores of one trust serve, before any of them is. */
export function crowdFinding(
  seen: readonly { readonly distribution: string; readonly state: CloudFrontState }[],
  storesPerTrust: number,
): Finding[] {
  const idle = seen.filter(({ state }) => {
    const store = storeOf(state.distribution?.viewer);
    return state.distribution !== null && (store === undefined || state.stores[store]?.ours !== true);
  });
  const shares = Map.groupBy(idle, ({ distribution }) => turnOf(distribution, storesPerTrust));
  const most = Math.max(0, ...[...shares.values()].map(({ length }) => length));
  if (most <= distributionsPerStore) return [];
  const enough = Math.ceil((idle.length * 1.5) / distributionsPerStore);
  return [
    {
      code: "more-than-a-store-serves",
      severity: "warning",
      message: `${most} distributions would share one trust store if they are all to trust the same CAs, and CloudFront lets a store serve ${distributionsPerStore}`,
      mend: `set the adapter's option storesPerTrust to ${Math.max(enough, storesPerTrust + 1)}, or plan for ${distributionsPerStore} distributions at a time`,
    },
  ];
}
