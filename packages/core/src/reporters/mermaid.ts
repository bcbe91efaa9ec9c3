import { oneLine } from "../plan/plain-text.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import type { Report } from "../report/report.ts";
import { type StepStatus, statusWords } from "./status-words.ts";
import { type GraphNode, graphOf } from "./step-graph.ts";

/** Text and fill both given, so that they can be read on light and dark pages. */
const classes: Readonly<Record<StepStatus | "planned", string>> = {
  planned: "fill:#f2f4f7,stroke:#667085,color:#1d2939",
  settled: "fill:#d9f2e3,stroke:#1a7f43,color:#0b3d20",
  done: "fill:#fdf0cc,stroke:#9a6700,color:#4d3300",
  unknown: "fill:#fbe0dc,stroke:#b42318,color:#5c120c,stroke-dasharray:5 3",
  failed: "fill:#fbe0dc,stroke:#b42318,color:#5c120c,stroke-width:3px",
  skipped: "fill:#f2f4f7,stroke:#98a2b3,color:#475467,stroke-dasharray:5 3",
  "not-started": "fill:#ffffff,stroke:#98a2b3,color:#475467",
};

/**
 * A plan as a Mermaid flowchart: its steps by phase, and what waits for what. GitHub, GitLab and most wikis draw it.
 * More than 60 steps are drawn by stage, with counts.
 *
 * @returns Mermaid text without a fence around it
 * @example
 * ```ts
 * import type { MtlsPlan } from "@handfast/core";
 * import { mermaidOfPlan } from "@handfast/core/reporters";
 *
 * export const block = (plan: MtlsPlan): string => `\`\`\`mermaid\n${mermaidOfPlan(plan)}\`\`\`\n`;
 * ```
 */
export function mermaidOfPlan(plan: MtlsPlan): string {
  return draw(plan, undefined);
}

/**
 * A run as a Mermaid flowchart: its plan, and what became of each step, as a word and as a colour.
 *
 * @returns Mermaid text without a fence around it
 * @example
 * ```ts
 * import type { MtlsPlan, Report } from "@handfast/core";
 * import { mermaidOfReport } from "@handfast/core/reporters";
 *
 * export const block = (plan: MtlsPlan, report: Report): string =>
 *   `\`\`\`mermaid\n${mermaidOfReport(plan, report)}\`\`\`\n`;
 * ```
 */
export function mermaidOfReport(plan: MtlsPlan, report: Report): string {
  return draw(plan, report);
}

function draw(plan: MtlsPlan, report: Report | undefined): string {
  const { nodes, edges, isFolded } = graphOf(plan, report);
  if (nodes.length === 0) return 'flowchart TD\n  n0["nothing to do"]\n';
  // names of others are never ids: what they may hold has no end
  const ids = new Map(nodes.map(({ key }, index) => [key, `n${index}`]));
  const groups = Map.groupBy(nodes, ({ stage, phase }) => `${stage} ${phase}`);
  const lines = ["flowchart TD"];
  for (const [index, group] of [...groups.values()].entries()) {
    lines.push(`  subgraph g${index}["${escapeMermaid(group[0]?.phase ?? "")}"]`);
    for (const node of group) lines.push(`    ${ids.get(node.key)}["${labelOf(node, isFolded)}"]`);
    lines.push("  end");
  }
  for (const { from, to, count } of edges) {
    const label = count > 1 ? `|"${count}"|` : "";
    lines.push(`  ${ids.get(from)} -->${label} ${ids.get(to)}`);
  }
  for (const [status, members] of Map.groupBy(nodes, (node) => node.status ?? "planned")) {
    const name = `is-${status}`;
    lines.push(`  classDef ${name} ${classes[status]}`);
    lines.push(`  class ${members.map(({ key }) => ids.get(key)).join(",")} ${name}`);
  }
  return `${lines.join("\n")}\n`;
}

function labelOf({ key, title, status }: GraphNode, isFolded: boolean): string {
  const text = escapeMermaid(isFolded ? title : `${key} ${title}`, 120);
  if (status === undefined) return text;
  const { mark, word } = statusWords[status];
  return `${text}<br/>${escapeMermaid(`${mark} ${word}`)}`;
}

/**
 * Text for a quoted label of Mermaid: whatever is no letter, digit, or plain punctuation goes as an entity code, so that
 * quotes, backticks, HTML and line ends mean nothing.
 */
function escapeMermaid(text: string, most = 400): string {
  return oneLine(text, most).replaceAll(
    /[^\p{L}\p{M}\p{N} .,:/()+\-–…✔✖◐○?!]/gu,
    (character) => `#${character.codePointAt(0)};`,
  );
}
