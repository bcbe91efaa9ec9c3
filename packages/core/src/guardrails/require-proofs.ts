import type { Finding } from "../adapter/contract.ts";
import { endsOf, type Link } from "../plan/graph.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { reachOf } from "../plan/reach.ts";
import { type Change, changesOf, stepsByEndpoint } from "./changes.ts";
import { isJudged, type Policy, type PolicyOptions } from "./policy.ts";

/** What {@link requireProofs} can be given. */
export interface ProofsOptions extends PolicyOptions {
  /** Keys of links that need none, as plans have them, e.g. `laptops -> shop`: of people who can't be probed. */
  readonly except?: readonly string[] | undefined;
}

/**
 * Refuses plans in which a verifier gets stricter before every named link to it was proved by real handshakes, in the
 * state just before: a step that proves the link comes earlier, and nothing at either end switches in between. Where a
 * verifier goes at once from asking nobody to refusing, no handshake can show anything, so that is refused too.
 *
 * Judges `apply`, unless `kinds` says otherwise.
 *
 * @example
 * ```ts
 * import { requireProofs } from "@handfast/core/guardrails";
 *
 * export const proofs = requireProofs({ except: ["laptops -> shop"] });
 * ```
 */
export function requireProofs(options: ProofsOptions = {}): Policy {
  const except = new Set(options.except);
  return function requireProofs(plan): readonly Finding[] {
    if (!isJudged(plan, options)) return [];
    const isUnproved = judgeProofs(plan);
    const links = (plan.links as readonly Link[]).filter(({ key, named }) => named && !except.has(key));
    const narrowings = changesOf(plan).filter(({ step }) => step.phase === "narrow");
    return links.flatMap((link): Finding[] => {
      const { to } = link;
      if (!("endpoint" in to)) return [];
      const early = narrowings.find(
        (change) => change.endpoints.includes(to.endpoint) && isUnproved(link, change),
      );
      if (early === undefined) return [];
      return [
        {
          code: "proof-required",
          severity: "blocker",
          target: to.endpoint,
          message: `no handshake proves ${link.key} before ${early.step.id} (${early.step.summary}) makes ${to.endpoint} stricter`,
          mend: "give the link a probe and createHandfast a prober, let the verifier ask before it refuses, or name the link in except",
        },
      ];
    });
  };
}

function judgeProofs(plan: MtlsPlan): (link: Link, narrowing: Change) => boolean {
  const { isBefore } = reachOf(plan.steps);
  const proofs = Map.groupBy(
    // what a verifier itself does tells nothing of what its presenter shows
    plan.steps.filter((step) => step.kind === "prove").filter(({ by }) => by === "link"),
    ({ link }) => link,
  );
  const switches = stepsByEndpoint(changesOf(plan), () => true);
  return (link, { step: { id: narrowing } }) => {
    const earlier = endsOf(link)
      .flatMap((key) => switches.get(key) ?? [])
      .filter(({ id }) => id !== narrowing && isBefore(id, narrowing));
    const proving = (proofs.get(link.key) ?? []).filter(({ id }) => isBefore(id, narrowing));
    return !proving.some(({ id }) => earlier.every((other) => isBefore(other.id, id)));
  };
}
