import { beforeAll, describe, expect, it } from "vitest";
import { githubSummary } from "../../src/reporters/index.ts";
import { disfigured, type End, ends, largeRun, type Ran, runTo } from "./runs.ts";

let runs: ReadonlyMap<End, Ran>;
beforeAll(async () => {
  runs = new Map(await Promise.all(ends.map(async (end) => [end, await runTo(end)] as const)));
});
const ran = (end: End): Ran => runs.get(end) as Ran;

/** All but the code block: what stands in that is no Markdown. */
function withoutGraph(text: string): string {
  return text.replace(/^```mermaid\n[\s\S]*?^```$/m, "");
}

describe("githubSummary", () => {
  it("shows a plan before it runs: what it costs, who loses access, each step, and a graph", () => {
    const { plan } = ran("done");
    const text = githubSummary(plan);
    expect(text).toMatch(/^## Plan: apply, 21 steps$/m);
    expect(text).toContain(`\`${plan.digest}\``);
    expect(text).toMatch(/^\| shop \| clients without a certificate, .* \| nobody \|$/m);
    for (const { id, phase, summary } of plan.steps)
      expect(text).toContain(`| ${id} | ${phase} | ${summary.replaceAll(">", "&#62;")} |`);
    expect(text).toMatch(/```mermaid\nflowchart TD\n[\s\S]*\n```\n\n<\/details>/);
  });

  it.for([
    ["done", /^## ✔ apply: done$/m, /Next: take it back: handfast\.rollback/],
    ["failed", /^## ✖ apply: failed$/m, /\*\*PROOF&#95;FAILED\*\* .*HTTP 525/],
    ["held", /^## ! apply: held$/m, /\*\*PROOF&#95;INCONCLUSIVE\*\* /],
    ["aborted", /^## ■ apply: aborted$/m, /– skipped/],
    ["taken back", /^## ✖ apply: failed$/m, /Taken back by run \S+: done/],
  ] as const)("tells what became of a run: %s", ([end, head, body]) => {
    const { plan, report } = ran(end);
    const text = githubSummary(plan, report);
    expect(text).toMatch(head);
    expect(text).toMatch(body);
    expect(text).toContain("of 21 |");
  });

  it("names the likely cause of a proof that failed, with its check and its mend", () => {
    const { plan, report } = ran("failed");
    expect(githubSummary(plan, report)).toMatch(
      /^\*\*rest\/r2 -&#62; shop\*\*: .* likely\)\n\n- Check: .*\n- Mend: /m,
    );
  });

  it("gives no name a meaning: no HTML, code, link, mention, formula or cell of theirs", () => {
    const { plan, report } = disfigured(ran("failed"));
    const text = githubSummary(plan, report);
    const allowed = /<\/?(?:details|summary)>|<br\/>/g;
    expect(text.replaceAll(allowed, "")).not.toMatch(/<[a-z/!]/i);
    expect(withoutGraph(text)).not.toMatch(/https?:\/\/|@team|\$\{\{|\[link\]|`|\*\*bold|~~~/);
    const tables = text.split("\n\n").filter((part) => part.startsWith("| "));
    for (const table of tables) {
      const widths = new Set(
        table
          .trimEnd()
          .split("\n")
          .map((line) => line.split("|").length),
      );
      expect(widths.size).toBe(1);
    }
    expect(text.match(/^```/gm)).toHaveLength(2);
    expect(text).not.toMatch(/^# new|^line/m);
  });

  it("stays below what GitHub takes for a step, however large the run", () => {
    const { plan, report } = largeRun(ran("done"), 1_000);
    const text = githubSummary(plan, report);
    expect(Buffer.byteLength(text)).toBeLessThan(1_048_576);
    expect(text).toContain("…and 600 more.");
    expect(text).toContain("Steps: 1000");
  });
});
