import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { mermaidOfPlan, mermaidOfReport } from "../../src/reporters/index.ts";
import { disfigured, largeRun, type Ran, runTo } from "./runs.ts";

/** All that is written, line by line: ids are its own, and a label holds nothing that could end it. */
const label = String.raw`"(?:[\p{L}\p{M}\p{N} .,:/()+\-–…✔✖◐○?!]|#\d+;|<br/>)*"`;
const grammar = [
  /^flowchart TD$/,
  new RegExp(String.raw`^ {2}subgraph g\d+\[${label}\]$`, "u"),
  new RegExp(String.raw`^ {4}n\d+\[${label}\]$`, "u"),
  /^ {2}end$/,
  /^ {2}n\d+ -->(?:\|"\d+"\|)? n\d+$/,
  /^ {2}classDef is-[a-z-]+ [a-z0-9#:,\- ]+$/,
  /^ {2}class n\d+(?:,n\d+)* is-[a-z-]+$/,
];

function strangeLines(text: string): readonly string[] {
  return text
    .trimEnd()
    .split("\n")
    .filter((line) => !grammar.some((rule) => rule.test(line)));
}

/** A label as Mermaid shows it. */
function shown(text: string): string {
  return text.replaceAll(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

let done: Ran;
let failed: Ran;
beforeAll(async () => {
  [done, failed] = await Promise.all([runTo("done"), runTo("failed")]);
});

describe("mermaidOfPlan", () => {
  it("draws each step once, by phase, and only the edges that no others stand for", () => {
    const text = mermaidOfPlan(done.plan);
    expect(strangeLines(text)).toEqual([]);
    const nodes = [...text.matchAll(/^ {4}n\d+\["(\S+) /gm)].map(([, id]) => id);
    expect(nodes.toSorted()).toEqual(done.plan.steps.map(({ id }) => id).toSorted());
    const edges = text.match(/-->/g) ?? [];
    expect(edges.length).toBeLessThan(done.plan.steps.flatMap(({ after }) => after).length);
    expect(text).toContain('subgraph g0["widen"]');
    expect(text).not.toContain("done");
  });

  it("shows any name as it is, and gives it no meaning", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 60 }), (name) => {
        const [first, ...rest] = done.plan.steps;
        const summary = `<${name}"`;
        const text = mermaidOfPlan({ ...done.plan, steps: [{ ...first, summary } as never, ...rest] });
        expect(strangeLines(text)).toEqual([]);
        const plain = name.replaceAll(/[^\p{L}\p{N}]/gu, "");
        expect(shown(text).replaceAll(/[^\p{L}\p{N}]/gu, "")).toContain(plain);
      }),
    );
  });

  it("says when there is nothing to do", () => {
    expect(mermaidOfPlan({ ...done.plan, steps: [] })).toBe('flowchart TD\n  n0["nothing to do"]\n');
  });
});

describe("mermaidOfReport", () => {
  it("tells by word and class what became of each step", () => {
    const text = mermaidOfReport(failed.plan, failed.report);
    expect(strangeLines(text)).toEqual([]);
    for (const { id, status } of failed.report.steps) {
      const [, node] = new RegExp(`^ {4}(n\\d+)\\["${id} `, "m").exec(text) ?? [];
      expect(text).toMatch(new RegExp(`^ {2}class (n\\d+,)*${node}(,n\\d+)* is-${status}$`, "m"));
    }
    expect(text).toContain("<br/>✖ failed");
  });

  it("folds a large run by stage, with counts, to less than Mermaid takes", () => {
    const { plan, report } = largeRun(done, 1_000);
    const text = mermaidOfReport(plan, report);
    expect(strangeLines(text)).toEqual([]);
    expect(text.length).toBeLessThan(50_000);
    expect(text).toMatch(/100 steps, 100 links, \d+ in effect<br\/>✖ failed/);
    expect(text).toMatch(/-->\|"\d+"\|/);
  });

  it("writes what names hold as codes", () => {
    const { plan, report } = disfigured(failed);
    const text = mermaidOfReport(plan, report);
    expect(strangeLines(text)).toEqual([]);
    expect(text).not.toMatch(/<script|<img|javascript:alert\(1\)"/);
  });
});
