/** What binds a plan to the world that it was made for, and to itself. */
import type { Finding, Permission, Step } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { digestOf } from "../certificate/digest.ts";
import { HandfastError } from "../errors.ts";
import { withCallRates } from "./call-rates.ts";
import type { MtlsPlan } from "./plan.ts";

/** A plan before it is bound. */
export type PlanDraft = Omit<MtlsPlan, "expiresAt" | "scopes" | "permissions" | "digest">;

/** How long a plan may lie before it is started, unless said otherwise. */
export const defaultValidMs: number = 24 * 60 * 60_000;

/** Adds what the plan is bound to, and its digest. What comes out is plain JSON. */
export function sealPlan(
  draft: PlanDraft,
  adapters: ReadonlyMap<string, Adapter>,
  validMs: number = defaultValidMs,
): MtlsPlan {
  const bound = JSON.parse(
    JSON.stringify({
      ...draft,
      estimate: withCallRates(draft, adapters),
      expiresAt: new Date(Date.parse(draft.createdAt) + validMs).toISOString(),
      scopes: scopesOf(draft, adapters),
      permissions: permissionsOf(draft, adapters),
    }),
  ) as Omit<MtlsPlan, "digest">;
  return { ...bound, digest: digestOf(bound) };
}

/** The same plan with more to be said of it, and the digest that it has then. */
export function addFindings({ digest: _, ...plan }: MtlsPlan, findings: readonly Finding[]): MtlsPlan {
  const said = { ...plan, findings: [...plan.findings, ...findings] };
  return { ...said, digest: digestOf(said) };
}

/**
 * Refuses a plan that is not as it was made.
 *
 * @throws HandfastError `PLAN_EDITED`
 */
export function checkSeal({ digest, ...rest }: MtlsPlan): void {
  if (digestOf(rest) === digest) return;
  throw new HandfastError(
    "PLAN_EDITED",
    `read plan failed: it does not have the digest ${digest.slice(0, 12)} that it carries, so somebody changed it since it was made; change the spec and plan again, nothing was changed`,
    { facts: { digest } },
  );
}

/**
 * Refuses a plan for another region, bucket or account than these adapters reach.
 *
 * @throws HandfastError `PLAN_STALE`
 */
export function checkScopes(plan: MtlsPlan, adapters: ReadonlyMap<string, Adapter>): void {
  for (const [name, now] of Object.entries(scopesOf(plan, adapters))) {
    const then = plan.scopes[name] ?? {};
    const names = [...new Set([...Object.keys(then), ...Object.keys(now)])];
    const other = names.find((field) => then[field] !== now[field]);
    if (other === undefined) continue;
    throw new HandfastError(
      "PLAN_STALE",
      `apply plan failed [${name}]: it was made for ${other} ${then[other] ?? "(none)"}, and this adapter has ${now[other] ?? "(none)"}; make the adapter as it was for the plan, or plan again, nothing was changed`,
      { adapter: name, facts: { field: other } },
    );
  }
}

function scopesOf({ endpoints }: PlanDraft, adapters: ReadonlyMap<string, Adapter>): MtlsPlan["scopes"] {
  const names = [...new Set(Object.values(endpoints).map(({ adapter }) => adapter))].toSorted();
  return Object.fromEntries(names.map((name) => [name, { ...adapters.get(name)?.facts.scope }]));
}

function permissionsOf(
  { endpoints, steps }: PlanDraft,
  adapters: ReadonlyMap<string, Adapter>,
): MtlsPlan["permissions"] {
  const found = new Map<string, Map<string, Permission>>();
  const note = (key: string, step?: Step<unknown>): void => {
    const endpoint = endpoints[key];
    const adapter = adapters.get(endpoint?.adapter ?? "");
    if (endpoint === undefined || adapter === undefined) return;
    const { name } = adapter.facts;
    const known = found.get(name) ?? new Map<string, Permission>();
    for (const { allow, on } of adapter.definition.permissions(endpoint.target, step))
      known.set(`${allow} ${on}`, { allow, on });
    found.set(name, known);
  };
  for (const key of Object.keys(endpoints)) note(key);
  for (const step of steps) if (step.kind === "write") note(step.target, step.step as Step<unknown>);
  return Object.fromEntries(
    [...found].map(([name, known]) => [
      name,
      [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, permission]) => permission),
    ]),
  );
}
