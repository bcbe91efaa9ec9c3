import { countOf, oneLine } from "../../plan/plain-text.ts";
import type { MtlsPlan } from "../../plan/plan.ts";
import type { Report } from "../../report/report.ts";
import { statusWords } from "../status-words.ts";
import { type GraphNode, graphOf, type StepGraph } from "../step-graph.ts";
import { cutToColumns, wrapToColumns } from "../text-columns.ts";
import { type Layout, layOut } from "./layered-layout.ts";
import { type Markup, markup } from "./markup.ts";

const box = { width: 208, height: 80 };
const gap = { x: 16, y: 28 };
const margin = 4;
/** Columns of text that a box takes at its size of type. */
const textColumns = 27;
/** More boxes side by side are drawn by stage. */
const mostBeside = 8;

/** The plan as a drawing: what waits for what, and what became of it. The list of steps says the same in words. */
export function planGraph(plan: MtlsPlan, report: Report): Markup {
  if (plan.steps.length === 0) return markup`<p>The plan has no steps: all was so already.</p>`;
  const { graph, layout } = drawnOf(plan, report);
  const width = Math.ceil(layout.width) + 2 * margin;
  const height = Math.ceil(layout.height) + 2 * margin;
  const about = `${countOf(plan.steps.length, "step")}, from the top down; lines lead to what waits`;
  return markup`<p class="note">${graph.isFolded ? "Steps of one stage are one box: there are too many to draw. " : ""}From the top down; a line leads to what waits. The <a href="#steps">list of steps</a> says the same in words.</p>
<div class="scroll" role="group" aria-label="Drawing of the plan" tabindex="0">
<svg class="graph" role="img" aria-label="${about}" width="${width}" height="${height}" viewBox="${-margin} ${-margin} ${width} ${height}">
${layout.lines.map(({ from, to, points }) => lineOf(points, labelOf(graph, from, to)))}
${graph.nodes.map((node) => boxOf(node, layout, graph.isFolded))}
</svg>
</div>`;
}

function drawnOf(plan: MtlsPlan, report: Report): { graph: StepGraph; layout: Layout } {
  const draw = (folded: boolean): { graph: StepGraph; layout: Layout } => {
    const graph = graphOf(plan, report, { folded });
    const nodes = graph.nodes.map(({ key }) => key);
    return { graph, layout: layOut({ nodes, edges: graph.edges, box, gap }) };
  };
  const drawn = draw(false);
  return drawn.layout.widest > mostBeside && !drawn.graph.isFolded ? draw(true) : drawn;
}

function labelOf({ edges }: StepGraph, from: string, to: string): string | undefined {
  const count = edges.find((edge) => edge.from === from && edge.to === to)?.count ?? 1;
  return count > 1 ? `×${count}` : undefined;
}

function lineOf(points: Layout["lines"][number]["points"], label: string | undefined): Markup {
  const [first = { x: 0, y: 0 }, ...rest] = points;
  let path = `M${round(first.x)} ${round(first.y)}`;
  let before = first;
  for (const point of rest) {
    const middle = round((before.y + point.y) / 2);
    path += ` C${round(before.x)} ${middle} ${round(point.x)} ${middle} ${round(point.x)} ${round(point.y)}`;
    before = point;
  }
  const text =
    label === undefined
      ? undefined
      : markup`<text class="small" x="${round((first.x + (rest[0]?.x ?? first.x)) / 2) + 5}" y="${round((first.y + (rest[0]?.y ?? first.y)) / 2) + 4}">${label}</text>`;
  return markup`<path class="line" d="${path}"/>${text}`;
}

function boxOf(
  { key, phase, title, status = "not-started" }: GraphNode,
  layout: Layout,
  isFolded: boolean,
): Markup {
  const { x, y } = layout.boxes.get(key) ?? { x: 0, y: 0 };
  const { mark, word } = statusWords[status];
  const lines = wrapToColumns(oneLine(title, 200), textColumns);
  const shown = [
    ...lines.slice(0, 2),
    ...(lines.length > 2 ? [cutToColumns(lines.slice(2).join(" "), textColumns)] : []),
  ];
  return markup`<g class="box is-${status}" transform="translate(${round(x)} ${round(y)})"><title>${oneLine(key, 60)}: ${oneLine(title, 300)} (${word})</title><rect width="${box.width}" height="${box.height}" rx="6"/><text class="strong" x="10" y="19">${isFolded ? phase : `${cutToColumns(oneLine(key), 8)} ${phase}`}</text><text class="status" x="${box.width - 10}" y="19" text-anchor="end">${mark} ${word}</text>${shown.map((line, index) => markup`<text x="10" y="${38 + 15 * index}">${line}</text>`)}</g>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
