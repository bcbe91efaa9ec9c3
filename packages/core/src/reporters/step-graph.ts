import { countOf } from "../plan/plain-text.ts";
import type { MtlsPlan, Phase, PlanStep } from "../plan/plan.ts";
import { reachOf } from "../plan/reach.ts";
import type { Report, StepReport } from "../report/report.ts";
import { type StepStatus, worstOf } from "./status-words.ts";

/** A box of a drawn plan: a step, or all steps of one stage where there are too many to draw. */
export interface GraphNode {
  readonly key: string;
  readonly phase: Phase;
  /** Steps of one stage are drawn together. */
  readonly stage: number;
  readonly title: string;
  /** Absent where only the plan is drawn. */
  readonly status?: StepStatus | undefined;
  readonly steps: readonly string[];
}

/** What has to be in effect before, without what follows from others. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** How many edges between steps stand behind it. */
  readonly count: number;
}

export interface StepGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** True when nodes stand for several steps. */
  readonly isFolded: boolean;
}

/** More is no picture any more; Mermaid refuses more than 500 edges. */
const mostNodes = 60;
const mostEdges = 300;

const phaseOrder = [
  "settle",
  "prepare",
  "widen",
  "present",
  "prove",
  "narrow",
  "wave",
  "retire",
] as const satisfies readonly Phase[];

/** The phases that a plan has, in the order in which a link goes through them. */
export function phasesInOrder({ steps }: Pick<MtlsPlan, "steps">): readonly Phase[] {
  const used = new Set(steps.map(({ phase }) => phase));
  return phaseOrder.filter((phase) => used.has(phase));
}

/** The steps of a plan as a graph to be drawn: one node a step, or a stage where there are more than 60. */
export function graphOf(
  plan: MtlsPlan,
  report: Report | undefined,
  { folded = false }: { readonly folded?: boolean } = {},
): StepGraph {
  const reports = new Map(report?.steps.map((step) => [step.id, step]));
  const needed = neededBefore(plan.steps);
  const stages = stagesOf(plan.steps, needed);
  const count = [...needed.values()].reduce((sum, { length }) => sum + length, 0);
  if (!folded && plan.steps.length <= mostNodes && count <= mostEdges) {
    return {
      isFolded: false,
      nodes: plan.steps.map(({ id, phase, summary }) => ({
        key: id,
        phase,
        stage: stages.get(id) ?? 0,
        title: summary,
        status: reports.get(id)?.status,
        steps: [id],
      })),
      edges: plan.steps.flatMap(({ id }) =>
        (needed.get(id) ?? []).map((from) => ({ from, to: id, count: 1 })),
      ),
    };
  }
  return fold(plan.steps, needed, stages, reports);
}

/** Of the steps that each waits for, those that no other one waits for anyway. */
export function neededBefore(steps: readonly PlanStep[]): ReadonlyMap<string, readonly string[]> {
  const reach = reachOf(steps);
  return new Map(
    steps.map(({ id, after }) => {
      const all = [...new Set(after)];
      return [id, all.filter((one) => !all.some((other) => other !== one && reach.isBefore(one, other)))];
    }),
  );
}

/** How often the phase changes on the longest way to each step: edges never lead to an earlier stage. */
function stagesOf(
  steps: readonly PlanStep[],
  needed: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const reach = reachOf(steps);
  const phases = new Map(steps.map(({ id, phase }) => [id, phase]));
  const stages = new Map<string, number>();
  for (const { id, phase } of steps.toSorted((a, b) => reach.position(a.id) - reach.position(b.id))) {
    const before = (needed.get(id) ?? []).map(
      (from) => (stages.get(from) ?? 0) + (phases.get(from) === phase ? 0 : 1),
    );
    stages.set(id, Math.max(0, ...before));
  }
  return stages;
}

function fold(
  steps: readonly PlanStep[],
  needed: ReadonlyMap<string, readonly string[]>,
  stages: ReadonlyMap<string, number>,
  reports: ReadonlyMap<string, StepReport>,
): StepGraph {
  const byStage = (step: PlanStep): string => `${stages.get(step.id) ?? 0} ${step.phase}`;
  const isLong = new Set(steps.map(byStage)).size > mostNodes;
  // too many stages, too: then phases alone, in the order in which they first come
  const keyOf = isLong ? (step: PlanStep): string => step.phase : byStage;
  const groups = Map.groupBy(
    steps.toSorted((a, b) => (stages.get(a.id) ?? 0) - (stages.get(b.id) ?? 0)),
    keyOf,
  );
  const places = new Map([...groups.keys()].map((key, index) => [key, index]));
  const groupOf = new Map(steps.map((step) => [step.id, keyOf(step)]));
  const counts = new Map<string, Map<string, number>>();
  for (const { id } of steps) {
    const to = groupOf.get(id) ?? "";
    for (const before of needed.get(id) ?? []) {
      const from = groupOf.get(before) ?? "";
      if ((places.get(from) ?? 0) >= (places.get(to) ?? 0)) continue;
      const known = counts.get(from) ?? new Map<string, number>();
      counts.set(from, known.set(to, (known.get(to) ?? 0) + 1));
    }
  }
  return {
    isFolded: true,
    nodes: [...groups].map(([key, group]) => ({
      key,
      phase: group[0]?.phase ?? "prepare",
      stage: isLong ? (places.get(key) ?? 0) : (stages.get(group[0]?.id ?? "") ?? 0),
      title: titleOf(group, reports),
      status: statusOf(group, reports),
      steps: group.map(({ id }) => id),
    })),
    edges: [...counts].flatMap(([from, all]) => [...all].map(([to, count]) => ({ from, to, count }))),
  };
}

function titleOf(group: readonly PlanStep[], reports: ReadonlyMap<string, StepReport>): string {
  const links = new Set(group.flatMap((step) => (step.kind === "prove" ? [step.link] : []))).size;
  const endpoints = new Set(group.flatMap((step) => ("target" in step ? [step.target] : []))).size;
  const about = [
    countOf(group.length, "step"),
    ...(links === 0 ? [] : [countOf(links, "link")]),
    ...(endpoints === 0 ? [] : [countOf(endpoints, "endpoint")]),
  ].join(", ");
  if (reports.size === 0) return about;
  const settled = group.filter(({ id }) => reports.get(id)?.status === "settled").length;
  return `${about}, ${settled} in effect`;
}

function statusOf(
  group: readonly PlanStep[],
  reports: ReadonlyMap<string, StepReport>,
): StepStatus | undefined {
  const all = group.flatMap(({ id }) => reports.get(id)?.status ?? []);
  return all.length === 0 ? undefined : worstOf(all);
}
