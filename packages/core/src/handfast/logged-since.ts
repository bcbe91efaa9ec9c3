/** Since when the logs of verifiers tell of what is there now, by the journal. */
import type { Adapter } from "../adapter/define-adapter.ts";
import { canonicalText } from "../certificate/digest.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { identityOf, type PastRun } from "./history.ts";

/**
 * When runs before this one last made a verifier ask for certificates, or had a presenter of its links show another than
 * before: what was logged until then tells of nobody who is to come. By key of the verifier in the plan. What somebody
 * changed without handfast is not known.
 *
 * @returns milliseconds since the epoch; undefined where no run did
 */
export function loggedSince(
  plan: MtlsPlan,
  past: readonly PastRun[],
  adapters: ReadonlyMap<string, Adapter>,
): (verifier: string) => number | undefined {
  return (verifier) => {
    const presenters = plan.links.flatMap(({ from, to }) =>
      "endpoint" in to && to.endpoint === verifier && "endpoint" in from ? [from.endpoint] : [],
    );
    const identities = new Set(
      [verifier, ...presenters].map((key) => identityIn(plan, key, adapters) ?? "nobody"),
    );
    const times = past.flatMap((run) =>
      Object.keys(run.plan.endpoints).flatMap((key) => {
        const identity = identityIn(run.plan, key, adapters);
        return identity !== undefined && identities.has(identity) ? changesOf(run, key, adapters) : [];
      }),
    );
    return times.length === 0 ? undefined : Math.max(...times);
  };
}

function identityIn(
  { endpoints }: MtlsPlan,
  key: string,
  adapters: ReadonlyMap<string, Adapter>,
): string | undefined {
  const endpoint = endpoints[key];
  const adapter = adapters.get(endpoint?.adapter ?? "");
  return endpoint === undefined || adapter === undefined ? undefined : identityOf(adapter, endpoint.target);
}

/** When a run made an endpoint ask, or show another certificate. */
function changesOf({ plan, record }: PastRun, key: string, adapters: ReadonlyMap<string, Adapter>): number[] {
  const endpoint = plan.endpoints[key];
  const adapter = adapters.get(endpoint?.adapter ?? "");
  if (endpoint?.goal === undefined || adapter === undefined) return [];
  const before = adapter.definition.face(endpoint.target, endpoint.before.now);
  const after = adapter.definition.face(endpoint.target, endpoint.goal);
  const isAsking = before.role === "verifier" && before.mode === "off";
  const isShowing =
    before.role === "presenter" &&
    after.role === "presenter" &&
    canonicalText(before.shows) !== canonicalText(after.shows);
  if (!isAsking && !isShowing) return [];
  const times = plan.steps.flatMap((step) => {
    if (step.kind !== "write" || step.target !== key || step.step.effect !== "switch") return [];
    const { endedAt, doneAt, status } = record.steps.get(step.id) ?? {};
    const at = Date.parse((status === "settled" ? endedAt : doneAt) ?? "");
    return Number.isNaN(at) ? [] : [at];
  });
  // a verifier asks from its first switch on; a presenter may show something else in between
  if (times.length === 0) return [];
  return [isAsking ? Math.min(...times) : Math.max(...times)];
}
