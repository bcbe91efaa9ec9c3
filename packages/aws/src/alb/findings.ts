import type { Finding } from "@handfast/core";
import type { ListenerRecord } from "./port.ts";
import type { StoreSeen } from "./read-store.ts";

/** What was noticed about the listener itself. */
export function listenerFindings(listener: ListenerRecord | undefined, crowded: boolean): Finding[] {
  if (listener === undefined || !crowded) return [];
  return [
    {
      code: "no-room-to-verify",
      severity: "warning",
      message: `two listeners of ${listener.loadBalancerArn} verify clients already; a third is refused`,
      mend: "move a listener to another load balancer, or turn verification off on one",
    },
  ];
}

/** What was noticed about the store that the listener refers to. */
export function storeFindings(
  listener: ListenerRecord | undefined,
  store: StoreSeen | undefined,
  others: readonly string[],
): Finding[] {
  const block = listener?.authentication;
  if (block?.mode !== "verify") return [];
  const found: Finding[] = [];
  const name = store?.record.name ?? block.storeArn;
  if (block.removed) {
    found.push({
      code: "store-cut-away",
      severity: "warning",
      message: `the owner of trust store ${name} has cut it away: the listener refuses every client`,
      mend: "a plan that asks for certificates gives the listener a store of its own",
    });
  }
  if (store === undefined) {
    found.push({
      code: "store-not-visible",
      severity: "warning",
      message: `trust store ${name} is not among those that this account sees; what it trusts is unknown`,
      mend: "ask its owner whether it is still shared with this account",
    });
    return found;
  }
  if (store.users === undefined) {
    found.push({
      code: "store-of-other-account",
      severity: "info",
      message: `trust store ${name} belongs to another account, which can change it or cut it away`,
    });
  }
  if ("unknown" in store.anchors && store.record.active) {
    found.push({
      code: "store-unreadable",
      severity: "warning",
      message: `trust store ${name} can't be read: ${store.anchors.unknown}`,
      mend: "allow elasticloadbalancing:GetTrustStoreCaCertificatesBundle on it",
    });
  }
  if (others.length > 0) {
    found.push({
      code: "store-shared",
      severity: "info",
      message: `trust store ${name} also serves ${others.join(", ")}; it is left as it is, and this listener gets another`,
    });
  }
  return found;
}
