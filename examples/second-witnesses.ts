/** Witnesses beside the prober: what the application is told, what visitors get, what the load balancer logs. */
import type { Check, ConnectionLog, LoggedConnections } from "@handfast/core";
import type { ConnectionRecord, OriginRequest, RequestCounts } from "@handfast/testing";

/**
 * A check that counts with which certificate requests reach the application since it looked last. Over connections that
 * are kept from before the change some still come without: only when all, or none, come with it is anything sure.
 */
export function countAtApplication(requests: readonly OriginRequest[], due: string): Check {
  const lookedAt = new Map<string, number>();
  return async ({ runId }) => {
    const from = lookedAt.get(runId);
    lookedAt.set(runId, requests.length);
    const seen = from === undefined ? [] : requests.slice(from);
    const withIt = seen.filter((request) => isSeen(request, due)).length;
    const evidence = { requests: seen.length, withCertificate: withIt };
    const reason = `${withIt} of ${seen.length} requests reached the application with the certificate`;
    if (seen.length === 0) return { verdict: "inconclusive", reason: "it begins to count now", evidence };
    if (withIt === seen.length) return { verdict: "passed", reason, evidence };
    return { verdict: withIt === 0 ? "failed" : "inconclusive", reason, evidence };
  };
}

/** A check that counts what visitors get. Before a narrowing nobody can be failed by it: it comes too late for that. */
export function countVisitors(counts: () => RequestCounts): Check {
  return async () => {
    const { ok, failed } = counts();
    const reason = `${failed} of ${ok + failed} visitors were failed`;
    return { verdict: failed === 0 ? "passed" : "failed", reason, evidence: { ok, failed } };
  };
}

/** The load balancer's connection log, as a reader of stored logs would tell of it. */
export function readConnections(records: readonly ConnectionRecord[]): ConnectionLog {
  return async ({ from, to }) => {
    const groups = Map.groupBy(
      records.filter(({ at }) => at >= from && at < to),
      ({ leaf, verdict, reason }) => `${leaf?.serial} ${verdict} ${reason}`,
    );
    const connections = [...groups.values()].flatMap((group): LoggedConnections[] => {
      const [{ leaf, verdict, reason }] = group as [ConnectionRecord];
      return [
        {
          shown: leaf === undefined ? "nothing" : { ...validityOf(leaf), serial: plainSerial(leaf.serial) },
          outcome: verdict === "accepted" ? "served" : "refused",
          reason,
          count: group.length,
          lastAt: Math.max(...group.map(({ at }) => at)),
        },
      ];
    });
    return { from, to, complete: true, unreadable: 0, connections };
  };
}

/** Load balancers pass the leaf on as URL-encoded PEM. */
function isSeen({ seen }: OriginRequest, due: string): boolean {
  return seen !== undefined && decodeURIComponent(seen).includes(due);
}

function validityOf({ notBefore, notAfter }: NonNullable<ConnectionRecord["leaf"]>) {
  return { notBefore, notAfter };
}

function plainSerial(hex: string): string {
  return hex.toLowerCase().replace(/^(00)+/, "");
}
