/** Everything that is checked between reading a plan and its first step. */
import type { Evidence } from "../accept/evidence.ts";
import type { Permission, Secret, Seen, Step } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { digestOf } from "../certificate/digest.ts";
import { inTime } from "../clock.ts";
import { HandfastError } from "../errors.ts";
import type { Claim } from "../journal/journal.ts";
import { observe } from "../observation/observe.ts";
import { refusedAt } from "../plan/check-plan.ts";
import { type MtlsPlan, type PlanStep, planSchema } from "../plan/plan.ts";
import { refusalOf } from "../plan/refusal.ts";
import { checkScopes, checkSeal } from "../plan/seal-plan.ts";
import type { RunRecord } from "../report/fold-run.ts";
import type { Workshop } from "./workshop.ts";

type Write = Extract<PlanStep, { kind: "write" }>;

/** What an endpoint of a plan is, and what was just seen of it. */
interface Looked {
  readonly key: string;
  readonly adapter: Adapter;
  readonly target: unknown;
  readonly seen: Seen<unknown>;
}

/**
 * Reads a plan that may come from anywhere.
 *
 * @throws HandfastError `PLAN_INVALID`, `PLAN_EDITED`, `PLAN_STALE` where an adapter reaches something else
 */
export function readPlan(workshop: Workshop, given: MtlsPlan): MtlsPlan {
  const parsed = planSchema.safeParse(given);
  if (parsed.success) {
    checkSeal(parsed.data);
    for (const { adapter } of Object.values(parsed.data.endpoints)) workshop.adapter(adapter);
    checkScopes(parsed.data, workshop.adapters);
    return parsed.data;
  }
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: path.map((part) => (typeof part === "symbol" ? String(part) : part)),
    message,
  }));
  const first = issues.slice(0, 3).map(({ path, message }) => `${path.join(".") || "(root)"}: ${message}`);
  throw new HandfastError(
    "PLAN_INVALID",
    `read plan failed: ${first.join("; ")}; plan again, nothing was changed`,
    { issues },
  );
}

/** The remote objects that a plan's run needs for itself: those that it writes, and those that it relies on. */
export function claimOf({ endpoints, steps }: MtlsPlan, signal: AbortSignal): Claim {
  const writes = new Set(steps.flatMap((step) => (step.kind === "write" ? [step.step.object] : [])));
  const reads = new Set<string>();
  for (const { before, goal } of Object.values(endpoints))
    for (const object of before.objects) (goal === undefined ? reads : writes).add(object);
  return { writes: [...writes], reads: [...reads].filter((object) => !writes.has(object)), signal };
}

/** A plan that lay for too long was read and approved in another world. */
export function refuseLate({ clock }: Workshop, { expiresAt, createdAt }: MtlsPlan): void {
  if (clock.now() < Date.parse(expiresAt)) return;
  throw new HandfastError(
    "PLAN_EXPIRED",
    `apply plan failed: it had to be started before ${expiresAt}; plan again, nothing was changed`,
    { facts: { plannedAt: createdAt, expiresAt } },
  );
}

/**
 * A plan that lay for a while, or a run that did, may end where a certificate has run out by now.
 *
 * @param doing for the message: `apply plan`
 */
export function refuseRunOut(workshop: Workshop, plan: MtlsPlan, facts: Evidence, doing: string): void {
  const refused = refusedAt(plan, workshop.adapters, facts, workshop.clock.now());
  if (refused === undefined) return;
  const mend = doing === "apply plan" ? "plan again" : "roll back, or plan anew";
  throw new HandfastError(
    "PLAN_STALE",
    `${doing} failed: ${refused}, though it was not so when the plan was made at ${plan.createdAt}; ${mend}, nothing was changed`,
    { facts: { plannedAt: plan.createdAt } },
  );
}

/**
 * A plan is true only of the world that it was made for: what it stands on must be as it was, and no step may find what
 * it does not expect.
 *
 * @returns ids of the steps that are certainly still to be done: what they make is not there yet
 */
export async function refuseStale(
  workshop: Workshop,
  plan: MtlsPlan,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (plan.steps.length === 0) return [];
  const looked = await look(workshop, plan, Object.keys(plan.endpoints), signal);
  const moved = [...looked.values()].filter(({ key, adapter, target, seen }) => {
    const before = plan.endpoints[key]?.before.now;
    const owned = (state: unknown): string => digestOf(adapter.definition.owned(target, state) ?? null);
    return owned(seen.now) !== owned(before);
  });
  const names = moved.map(({ key }) => key);
  const absent: string[] = [];
  const begun = new Set<string>();
  for (const step of plan.steps) {
    if (step.kind !== "write") continue;
    const where = checkStep(step, looked);
    if (where === "todo") absent.push(step.id);
    // a later step at the same object expects what the first one leaves
    const isFirst = !begun.has(step.step.object);
    begun.add(step.step.object);
    if (isFirst && typeof where === "object" && step.step.effect !== "remove") names.push(step.target);
  }
  if (names.length === 0) {
    refuseInTheWay(plan, looked);
    return absent;
  }
  const all = [...new Set(names)];
  throw new HandfastError(
    "PLAN_STALE",
    `apply plan failed: ${all.slice(0, 5).join(", ")}${all.length > 5 ? ` and ${all.length - 5} more` : ""} changed since the plan was made; plan again, nothing was changed`,
    { target: all[0], facts: { plannedAt: plan.createdAt } },
  );
}

/** What stands in the way of a change was not there when the plan was made, or it would not have been made. */
function refuseInTheWay(plan: MtlsPlan, looked: ReadonlyMap<string, Looked>): void {
  if (plan.kind === "retire") return;
  const blocking = [...looked.values()].flatMap(({ key, seen }) =>
    seen.findings
      .filter(({ severity }) => severity === "blocker")
      .map((finding) => ({ ...finding, target: finding.target ?? key })),
  );
  if (blocking.length === 0) return;
  throw refusalOf("PLAN_BLOCKED", "apply plan failed, nothing was changed", blocking);
}

/** What a run wrote must still be so: since it stopped it may have been rolled back, or somebody else was there. */
export async function refuseOvertaken(
  workshop: Workshop,
  runId: string,
  plan: MtlsPlan,
  record: RunRecord,
  signal: AbortSignal,
): Promise<void> {
  const last = new Map<string, Write>();
  for (const step of plan.steps) {
    if (step.kind === "write" && (record.steps.get(step.id)?.attempts ?? 0) > 0)
      last.set(step.step.object, step);
  }
  const settled = [...last.values()].filter(({ id }) => record.steps.get(id)?.status === "settled");
  const looked = await look(
    workshop,
    plan,
    settled.map(({ target }) => target),
    signal,
  );
  const undone = settled.find((step) => !["done", "pending"].includes(String(checkStep(step, looked))));
  if (undone === undefined) return;
  throw new HandfastError(
    "RUN_STATE",
    `resume run ${runId} failed [${undone.target}]: it is not so any more that the run did ${undone.id}, ${undone.summary}: it was rolled back, or somebody else changed it; plan anew or roll back, nothing was changed`,
    { run: runId, step: undone.id, target: undone.target },
  );
}

function checkStep({ target: key, step }: Write, looked: ReadonlyMap<string, Looked>) {
  const { adapter, target, seen } = looked.get(key) as Looked;
  return adapter.definition.check(target, step as Step<unknown>, seen);
}

async function look(
  workshop: Workshop,
  plan: MtlsPlan,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Looked>> {
  const asked = [...new Set(keys)].flatMap((key) => {
    const endpoint = plan.endpoints[key];
    return endpoint === undefined
      ? []
      : [{ key, target: endpoint.target, adapter: workshop.adapter(endpoint.adapter) }];
  });
  const { seen } = await observe(asked, { clock: workshop.clock, signal });
  return new Map(asked.map((one) => [one.key, { ...one, seen: seen.get(one.key) as Seen<unknown> }]));
}

/** What the plan's gates ask must be at hand before the first step. */
export function checkGates({ checks, logs, prober }: Workshop, plan: MtlsPlan): void {
  const needed = plan.steps.flatMap((step): [kind: string, name: string, isThere: boolean][] => {
    if (step.kind === "wave") return (step.checks ?? []).map((name) => ["check", name, checks.has(name)]);
    if (step.kind === "evidence") return [["reader of logs", step.logs, logs.has(step.logs)]];
    return step.kind === "prove" ? [["prober", step.link, prober !== undefined]] : [];
  });
  const missing = needed.find(([, , isThere]) => !isThere);
  if (missing === undefined) return;
  const [kind, name] = missing;
  throw new HandfastError(
    "GATE_MISSING",
    kind === "prober"
      ? `apply plan failed: it proves ${name}, and createHandfast was given no prober; give it one, or plan without, nothing was changed`
      : `apply plan failed: createHandfast was given no ${kind} named ${name}, which the plan needs; give it the one of that name, nothing was changed`,
    { facts: { needed: name } },
  );
}

/** Every private key that a step will need is read once before the first step. */
export async function checkSecrets(workshop: Workshop, plan: MtlsPlan): Promise<void> {
  const found = new Map<string, Secret>();
  const search = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { key, spki } = value as Partial<Secret>;
    if (typeof key === "string" && typeof spki === "string") found.set(`${key} ${spki}`, { key, spki });
    for (const inner of Object.values(value)) search(inner);
  };
  for (const step of plan.steps) if (step.kind === "write") search(step.step.action);
  const proved = new Set(plan.steps.flatMap((step) => (step.kind === "prove" ? [step.link] : [])));
  for (const { key, probe } of plan.links)
    if (proved.has(key)) {
      search(probe?.show);
      search(probe?.direct?.show);
    }
  for (const secret of found.values()) await workshop.secret(secret);
}

/** Whoever does not answer within this time has not refused. Milliseconds. */
const longestAnswerMs = 60_000;

/**
 * Asks every provider whether the credential may do all that the plan does, so that no run stops half-way for want of a
 * permission. What nobody can tell is found when it is called.
 */
export async function checkPermissions(
  workshop: Workshop,
  plan: MtlsPlan,
  signal: AbortSignal,
): Promise<void> {
  if (plan.steps.length === 0) return;
  const asked = Object.entries(plan.permissions).filter(([, needed]) => needed.length > 0);
  const answers = await Promise.all(
    asked.map(async ([name, needed]) => {
      const { clock } = workshop;
      const asking = workshop.adapter(name).definition.checkPermissions(needed, { clock, signal });
      const answer = await inTime(clock, longestAnswerMs, asking);
      const refused = answer?.value.refused ?? [];
      return refused.map((permission): [string, Permission] => [name, permission]);
    }),
  );
  const refused = answers.flat();
  if (refused.length === 0) return;
  const list = refused.map(([name, { allow, on }]) => `${allow} on ${on} (${name})`);
  throw new HandfastError(
    "PERMISSION_MISSING",
    `apply plan failed: the credentials lack ${list.slice(0, 5).join(", ")}${list.length > 5 ? ` and ${list.length - 5} more` : ""}; have them allowed, then try again, nothing was changed`,
    {
      adapter: refused[0]?.[0],
      issues: refused.map(([name, { allow, on }]) => ({ path: [name, allow], message: on })),
    },
  );
}
