import { styleText } from "node:util";
import { countOf, oneLine } from "./plain-text.ts";
import type { MtlsPlan, Phase, PlanStep } from "./plan.ts";
import { type Reach, reachOf } from "./reach.ts";

/** How text for people is made. */
export interface RenderOptions {
  /** Colours by ANSI escapes. Default false. */
  readonly colour?: boolean | undefined;
}

const colours = {
  settle: "gray",
  prepare: "gray",
  widen: "green",
  present: "cyan",
  prove: "magenta",
  narrow: "yellow",
  wave: "blue",
  retire: "red",
} as const satisfies Record<Phase, string>;

/**
 * A plan as text to read before it runs: what is done in which order and why it can wait for nothing less, what it
 * costs, who gains and loses access, and how long the way back is open.
 *
 * @example
 * ```ts
 * import { type MtlsPlan, renderPlan } from "@handfast/core";
 *
 * export const show = (plan: MtlsPlan): string => renderPlan(plan, { colour: true });
 * ```
 */
export function renderPlan(plan: MtlsPlan, options: RenderOptions = {}): string {
  const paint = painter(options);
  const lines = [headline(plan)];
  if (plan.steps.length === 0) lines.push("  nothing to do");
  else {
    const reach = reachOf(plan.steps);
    lines.push("", ...plan.steps.flatMap((step) => describe(step, plan, reach, paint)));
  }
  if (plan.findings.length > 0) {
    lines.push(
      "",
      "Findings",
      ...plan.findings.map(({ severity, code, message, mend }) => {
        const colour = severity === "info" ? "gray" : "yellow";
        const how = mend === undefined ? "" : `; ${oneLine(mend)}`;
        return `  ${paint(colour, severity.padEnd(7))} ${oneLine(message)} [${oneLine(code)}]${how}`;
      }),
    );
  }
  if (plan.steps.length > 0) lines.push("", ...costs(plan), ...bounds(plan));
  return `${lines.join("\n")}\n`;
}

/** Paints text when colours are on. */
export function painter({
  colour,
}: RenderOptions): (style: Parameters<typeof styleText>[0], text: string) => string {
  return (style, text) => (colour === true ? styleText(style, text, { validateStream: false }) : text);
}

/** Milliseconds for people: `40 s`, `2 min`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

function headline(plan: MtlsPlan): string {
  const what = {
    apply: "Plan",
    rollback: `Way back from run ${oneLine(plan.of ?? "")}`,
    retire: `Retire what run ${oneLine(plan.of ?? "")} left`,
    "break-glass": "Break-glass",
  }[plan.kind];
  const endpoints = Object.values(plan.endpoints).filter(
    ({ goal }) => goal !== undefined || plan.kind === "retire",
  );
  return `${what}: ${countOf(plan.steps.length, "step")} at ${countOf(endpoints.length, "endpoint")}, ${countOf(plan.links.length, "link")}`;
}

function describe(step: PlanStep, plan: MtlsPlan, reach: Reach, paint: ReturnType<typeof painter>): string[] {
  // what another one waits for anyway need not be said
  const after = step.after.filter(
    (id) => !step.after.some((other) => other !== id && reach.isBefore(id, other)),
  );
  const wait = after.length === 0 ? "" : `  after ${ids(after)}`;
  const lines = [
    `  ${oneLine(step.id).padStart(4)}  ${paint(colours[step.phase], step.phase.padEnd(8))} ${oneLine(step.summary)}${paint("gray", wait)}`,
  ];
  if (step.kind === "write") {
    const { back, settles } = step.step;
    const notes: string[] = [];
    if (settles.by === "status")
      notes.push(
        `in effect after about ${duration(settles.typicalMs)}, at most ${duration(settles.atMostMs)}`,
      );
    if (settles.by === "time")
      notes.push(`in effect after at most ${duration(settles.atMostMs)}, which only time tells`);
    if (typeof back === "object") notes.push(`can't be taken back: ${oneLine(back.never)}`);
    if (plan.pointOfNoReturn?.step === step.id) notes.push("point of no return");
    if (notes.length > 0) lines.push(paint("gray", `                 ${notes.join("; ")}`));
  }
  return lines;
}

/** At most four ids; the rest as a count. */
function ids(all: readonly string[]): string {
  const listed = oneLine((all.length <= 4 ? all : all.slice(0, 3)).join(", "));
  return all.length <= 4 ? listed : `${listed} and ${all.length - 3} more`;
}

/** What the plan is bound to. */
function bounds({ permissions, expiresAt, digest }: MtlsPlan): string[] {
  const needed = Object.entries(permissions)
    .filter(([, list]) => list.length > 0)
    .flatMap(([adapter, list]) => [
      oneLine(adapter),
      ...bySubject(list.map(({ allow }) => allow)).map((line) => `  ${oneLine(line, 20_000)}`),
    ]);
  return [
    ...needed.map((line, index) => `${index === 0 ? "Needs" : "     "}      ${line}`),
    `Valid      until ${oneLine(expiresAt.slice(0, 16).replace("T", " "))} UTC, digest ${oneLine(digest.slice(0, 12))}`,
  ];
}

/** `s3:GetObject` and `s3:PutObject` as `s3: GetObject, PutObject`. */
function bySubject(allowed: readonly string[]): readonly string[] {
  const groups = Map.groupBy(new Set(allowed), (allow) => (allow.includes(":") ? allow.split(":")[0] : ""));
  return [...groups].map(([service, names]) => {
    if (service === "" || service === undefined) return names.join(", ");
    return `${service}: ${names.map((name) => name.slice(service.length + 1)).join(", ")}`;
  });
}

function costs(plan: MtlsPlan): string[] {
  const { calls, rates = {}, typicalMs, atMostMs } = plan.estimate;
  const lines = [`Takes      about ${duration(typicalMs)} of waiting, at most ${duration(atMostMs)}`];
  const budgets = Object.entries(calls).map(([budget, count]) => `${count} to ${oneLine(budget)}`);
  if (budgets.length > 0) lines.push(`Writes     ${budgets.join(", ")}`);
  const paced = Object.entries(rates).map(
    ([budget, { calls: all, ms }]) =>
      `about ${countOf(all, "call")} to ${oneLine(budget)}, reads included${ms === 0 ? "" : `, which take ${duration(ms)} at its rate`}`,
  );
  lines.push(...paced.map((line, index) => `${index === 0 ? "Rate " : "     "}      ${line}`));
  if (plan.kind === "retire") return lines;
  lines.push(
    plan.pointOfNoReturn === undefined
      ? "Way back   exact from every step, until it is retired"
      : `Way back   closes with ${oneLine(plan.pointOfNoReturn.step)}: ${oneLine(plan.pointOfNoReturn.because)}`,
  );
  if (plan.wayBackCloses !== undefined)
    lines.push(
      `           closes by itself on ${oneLine(plan.wayBackCloses.at.slice(0, 10))}: ${oneLine(plan.wayBackCloses.because)}`,
    );
  return lines;
}
