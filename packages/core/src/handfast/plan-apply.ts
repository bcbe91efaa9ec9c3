/** From a spec to a plan: resolve, observe, add what earlier runs still bind, plan. */

import type { Evidence } from "../accept/evidence.ts";
import type { Digest, Secret } from "../adapter/contract.ts";
import { observe } from "../observation/observe.ts";
import type { Link } from "../plan/graph.ts";
import { endsOf } from "../plan/graph.ts";
import { makePlan, refuseBlocked, type WantedEndpoint } from "../plan/make-plan.ts";
import type { MtlsPlan, PlanLink } from "../plan/plan.ts";
import type { Spec } from "../spec/spec.ts";
import { identityOf, type PastRun, unsettledUntil } from "./history.ts";
import { openGlass } from "./open-glass.ts";
import { blocker, resolveSpec, type SpecEndpoint } from "./resolve-spec.ts";
import type { Workshop } from "./workshop.ts";

/** A plan, and the bytes that it speaks of. */
export interface MadePlan {
  readonly plan: MtlsPlan;
  readonly facts: Evidence;
}

/** Makes the plan for a spec. */
export async function planSpec(
  workshop: Workshop,
  spec: Spec,
  signal: AbortSignal,
  past: readonly PastRun[],
): Promise<MadePlan> {
  const resolved = await resolveSpec(spec, workshop.readText);
  const findings = [...resolved.findings, ...(await unusableSecrets(workshop, resolved.secrets))];
  const earlier = earlierLinks(workshop, resolved.endpoints, resolved.links, past);
  const asked = [...resolved.endpoints, ...earlier.endpoints].map((endpoint) => ({
    ...endpoint,
    adapter: workshop.adapter(endpoint.adapter),
  }));
  refuseBlocked(findings);
  const { seen, bytes } = await observe(asked, { clock: workshop.clock, signal });
  const endpoints = asked.map(
    (endpoint): WantedEndpoint => ({
      key: endpoint.key,
      adapter: endpoint.adapter,
      target: endpoint.target,
      seen: seen.get(endpoint.key) as NonNullable<ReturnType<typeof seen.get>>,
      want: endpoint.want === undefined ? undefined : { face: endpoint.want },
      mayWeaken: endpoint.mayWeaken,
      mayDropEarly: endpoint.mayDropEarly,
      mayMixWaves: endpoint.mayMixWaves,
      evidence: endpoint.evidence,
      unsettledUntil: stillUnderWay(workshop, past, endpoint),
    }),
  );
  const known = new Map([...(await workshop.bytesOf(earlier.blobs)), ...bytes, ...resolved.bytes]);
  const facts = await workshop.evidenceFor(endpoints, known);
  findings.push(...openGlass(workshop, past, asked));
  const plan = makePlan({
    kind: "apply",
    now: workshop.clock.now(),
    validMs: workshop.planValidMs,
    endpoints,
    links: [...resolved.links, ...earlier.links],
    waves: resolved.waves,
    proof: workshop.proof,
    facts,
    findings,
    compromised: resolved.compromised,
  });
  return { plan, facts };
}

/** CA certificates that a spec called compromised, in whichever run. */
export function compromisedIn(past: readonly PastRun[]): readonly Digest[] {
  return [...new Set(past.flatMap(({ plan }) => plan.compromised ?? []))];
}

/** A change of an earlier run that no provider can tell of, and that may still be on its way. */
export function stillUnderWay(
  workshop: Workshop,
  past: readonly PastRun[],
  { adapter, target }: Pick<WantedEndpoint, "adapter" | "target">,
): number | undefined {
  const identity = identityOf(adapter, target);
  for (const run of past) {
    for (const [key, endpoint] of Object.entries(run.plan.endpoints)) {
      const known = workshop.adapters.get(endpoint.adapter);
      if (known === undefined || identityOf(known, endpoint.target) !== identity) continue;
      const until = unsettledUntil(run, key, workshop.clock.now());
      if (until !== undefined && until > workshop.clock.now()) return until;
    }
  }
  return undefined;
}

interface Earlier {
  readonly endpoints: readonly (Omit<SpecEndpoint, "want"> & {
    readonly want?: SpecEndpoint["want"] | undefined;
  })[];
  readonly links: readonly Link[];
  readonly blobs: MtlsPlan["blobs"];
}

/**
 * Links of the last run at each endpoint that the spec no longer names: what they carry is still served, and must stay
 * so. An endpoint at their other end is only looked at.
 */
function earlierLinks(
  workshop: Workshop,
  endpoints: readonly SpecEndpoint[],
  links: readonly Link[],
  past: readonly PastRun[],
): Earlier {
  const keys = new Map(
    endpoints.map(({ key, adapter, target }) => [identityOf(workshop.adapter(adapter), target), key]),
  );
  const named = new Set(links.map(({ key }) => key));
  const added = new Map<string, Earlier["endpoints"][number]>();
  const found = new Map<string, Link>();
  const blobs: MtlsPlan["blobs"] = {};
  const covered = new Set<string>();
  for (const { plan } of past) {
    if (plan.kind === "retire") continue;
    const identities = new Map(
      Object.entries(plan.endpoints).flatMap(([key, endpoint]) => {
        const adapter = workshop.adapters.get(endpoint.adapter);
        return adapter === undefined ? [] : [[key, identityOf(adapter, endpoint.target)] as const];
      }),
    );
    for (const link of plan.links) {
      const ends = endsOf(link as Link).map((key) => identities.get(key) ?? "");
      if (!link.named || !ends.some((end) => keys.has(end) && !covered.has(end))) continue;
      const rename = (key: string): string => keys.get(identities.get(key) ?? "") ?? nameFor(key, endpoints);
      const renamed = renameLink(link, rename);
      if (named.has(renamed.key)) continue;
      found.set(renamed.key, { ...renamed, named: false });
      Object.assign(blobs, plan.blobs);
      for (const key of endsOf(link as Link)) {
        const endpoint = plan.endpoints[key];
        if (endpoint === undefined || keys.has(identities.get(key) ?? "")) continue;
        const { adapter, target } = endpoint;
        added.set(rename(key), {
          key: rename(key),
          adapter,
          target: target as never,
          mayWeaken: false,
          mayDropEarly: false,
        });
      }
    }
    for (const identity of identities.values()) covered.add(identity);
  }
  return { endpoints: [...added.values()], links: [...found.values()], blobs };
}

/** A name of an earlier spec may stand for something else in this one. */
function nameFor(key: string, endpoints: readonly SpecEndpoint[]): string {
  return endpoints.some((endpoint) => endpoint.key === key) ? `earlier ${key}` : key;
}

function renameLink(link: PlanLink, rename: (key: string) => string): Link {
  const from = "endpoint" in link.from ? { endpoint: rename(link.from.endpoint) } : link.from;
  const to = "endpoint" in link.to ? { endpoint: rename(link.to.endpoint) } : link.to;
  const name = (end: Link["from"] | Link["to"]): string =>
    "endpoint" in end ? end.endpoint : "population" in end ? end.population : end.verifier;
  return { ...(link as Link), from, to, key: `${name(from)} -> ${name(to)}` };
}

async function unusableSecrets(workshop: Workshop, secrets: readonly Secret[]) {
  const tried = await Promise.all(
    secrets.map(async (secret) => {
      try {
        await workshop.secret(secret);
        return [];
      } catch (error) {
        return [blocker(error, `secrets.${secret.key}`)];
      }
    }),
  );
  return tried.flat();
}
