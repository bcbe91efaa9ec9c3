import type { Graph, States } from "./graph.ts";
import type { MtlsPlan, PlanStep } from "./plan.ts";

/** How long and how many calls: along the longest chain of "after" edges. Steps stand behind those they wait for. */
export function estimateOf(steps: readonly PlanStep[]): MtlsPlan["estimate"] {
  const ends = new Map<string, { typical: number; most: number }>();
  for (const step of steps) {
    const ready = latest(step.after.flatMap((id) => ends.get(id) ?? []));
    const { typical, most } = durationOf(step);
    ends.set(step.id, { typical: ready.typical + typical, most: ready.most + most });
  }
  const { typical, most } = latest([...ends.values()]);
  return { calls: callsOf(steps), typicalMs: typical, atMostMs: most };
}

/**
 * Calls by budget. Steps of one batch count together where they stand equally far down the plan: those are due at about
 * the same time.
 */
export function callsOf(
  steps: readonly PlanStep[],
  depths: ReadonlyMap<string, number> = depthsOf(steps),
): Record<string, number> {
  const calls: Record<string, number> = {};
  const batches = new Map<string, number>();
  for (const { id, ...step } of steps) {
    if (step.kind !== "write") continue;
    const depth = depths.get(id) ?? 0;
    const { cost, batch } = step.step;
    if (batch !== undefined) {
      const name = `${cost.budget} ${batch.key} ${depth}`;
      const members = batches.get(name) ?? 0;
      batches.set(name, members + 1);
      if (members % batch.most !== 0) continue;
    }
    calls[cost.budget] = (calls[cost.budget] ?? 0) + cost.calls;
  }
  return calls;
}

/** How far down the plan each step stands: one more than the deepest of those it waits for. */
export function depthsOf(steps: readonly PlanStep[]): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  for (const { id, after } of steps)
    depths.set(id, 1 + after.reduce((deepest, before) => Math.max(deepest, depths.get(before) ?? 0), 0));
  return depths;
}

interface Duration {
  readonly typical: number;
  readonly most: number;
}

function latest(ends: readonly Duration[]): Duration {
  let [typical, most] = [0, 0];
  for (const end of ends) {
    typical = Math.max(typical, end.typical);
    most = Math.max(most, end.most);
  }
  return { typical, most };
}

function durationOf(step: PlanStep): Duration {
  if (step.kind === "settle") return { typical: 0, most: step.atMostMs };
  if (step.kind === "prove" || step.kind === "evidence") return { typical: 0, most: step.atMostMs };
  if (step.kind === "wave") return { typical: step.bakeMs, most: step.bakeMs };
  const { settles } = step.step;
  return settles.by === "call"
    ? { typical: 0, most: 0 }
    : { typical: settles.typicalMs, most: settles.atMostMs };
}

/** The first step that can't be taken back exactly, ever. */
export function pointOfNoReturnOf(steps: readonly PlanStep[]): Pick<MtlsPlan, "pointOfNoReturn"> {
  for (const step of steps) {
    if (step.kind === "write" && typeof step.step.back === "object") {
      return { pointOfNoReturn: { step: step.id, because: step.step.back.never } };
    }
  }
  return {};
}

/** The earliest date on which something that the image before relies on runs out. */
export function wayBackClosesAt(graph: Graph, start: States): Pick<MtlsPlan, "wayBackCloses"> {
  let first: { at: number; because: string } | undefined;
  const note = (at: number | undefined, because: string): void => {
    if (at !== undefined && at > graph.at && (first === undefined || at < first.at)) first = { at, because };
  };
  for (const { key, goal } of graph.endpoints.values()) {
    if (goal === undefined) continue;
    const face = graph.face(key, start.get(key));
    if (face.role === "presenter" && typeof face.shows === "object" && "certificate" in face.shows) {
      const { subject, notAfter } = graph.facts.certificate(face.shows.certificate);
      note(notAfter, `${subject}, shown by ${key} before, expires`);
    }
    if (face.role === "verifier" && face.mode !== "off" && "known" in face.anchors && "known" in face.crls) {
      for (const anchor of face.anchors.known) {
        const { subject, notAfter } = graph.facts.certificate(anchor);
        note(notAfter, `${subject}, trusted by ${key} before, expires`);
      }
      for (const crl of face.crls.known)
        note(graph.facts.crl(crl).nextUpdate, `a revocation list of ${key} runs out`);
    }
  }
  return first === undefined
    ? {}
    : { wayBackCloses: { at: new Date(first.at).toISOString(), because: first.because } };
}
