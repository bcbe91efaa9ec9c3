import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { htmlReport } from "../../src/reporters/index.ts";
import { disfigured, type End, ends, largeRun, type Ran, runTo, timedEvents } from "./runs.ts";

let runs: ReadonlyMap<End, Ran>;
beforeAll(async () => {
  runs = new Map(await Promise.all(ends.map(async (end) => [end, await runTo(end)] as const)));
});
const ran = (end: End): Ran => runs.get(end) as Ran;
const pageOf = (run: Ran): string => htmlReport({ ...run, events: timedEvents(run) });

const empty = new Set(["meta", "br"]);
/** A drawing's shapes close themselves. */
const shapes = /^(?:rect|path)$/;

/** The tags of a page, and whether each closes the one that was opened last. */
function tagsOf(page: string): {
  readonly names: ReadonlySet<string>;
  readonly misplaced: readonly string[];
} {
  const names = new Set<string>();
  const misplaced: string[] = [];
  const open: string[] = [];
  const body = page.replace(/<style>[\s\S]*?<\/style>/, "").replace("<!doctype html>", "");
  for (const [tag, slash, name = "", rest = ""] of body.matchAll(/<(\/?)([^\s>/]*)((?:"[^"]*"|[^">])*)>/g)) {
    names.add(name);
    if (slash === "/") {
      if (open.pop() !== name) misplaced.push(tag);
    } else if (rest.endsWith("/")) {
      if (!shapes.test(name)) misplaced.push(tag);
    } else if (!empty.has(name)) open.push(name);
  }
  return { names, misplaced: [...misplaced, ...open] };
}

const known =
  "html head meta title style body header nav main section h1 h2 h3 p a code ul ol li br dl div dt dd table thead tbody tr th td span strong details summary svg g rect path text";

describe("htmlReport", () => {
  it.for(ends)("is one page with a verdict, every step, and nothing from elsewhere: %s", (end) => {
    const run = ran(end);
    const page = pageOf(run);
    const { names, misplaced } = tagsOf(page);
    expect(misplaced).toEqual([]);
    expect([...names].filter((name) => !known.split(" ").includes(name))).toEqual([]);
    expect(page).not.toMatch(/\b(?:src|srcset|data|action|style)=|url\(|@import|href="(?!#)|\bon[a-z]+="/i);
    expect(page).toContain(`run-${run.report.status}">`);
    for (const { id, phase } of run.report.steps)
      expect(page).toContain(`${id} <span class="phase">${phase}</span>`);
    const targets = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    for (const id of targets) expect(page.split(`id="${id}"`)).toHaveLength(2);
  });

  it("forbids everything but its own style sheet, by the digest of that", () => {
    const page = pageOf(ran("done"));
    const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
    const digest = createHash("sha256").update(style).digest("base64");
    expect(policy.replaceAll("&#39;", "'")).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
    );
  });

  it("draws each step as a box with a word for its status, and a bar for each that was begun", () => {
    const run = ran("failed");
    const page = pageOf(run);
    expect(page.match(/<g class="box /g)).toHaveLength(run.report.steps.length);
    expect(page.match(/<svg class="bar"/g)).toHaveLength(
      run.report.steps.filter(({ startedAt }) => startedAt !== undefined).length,
    );
    expect(page).toMatch(/<g class="box is-failed"[^>]*>.*?✖ failed/);
    expect(page).toMatch(/<rect class="tick"/);
    expect(htmlReport({ plan: run.plan, report: run.report })).not.toMatch(/<rect class="tick"/);
  });

  it("draws each call and each wait where it was in the time of the run", () => {
    const { plan, report } = ran("done");
    const from = Date.parse(report.startedAt);
    const scale = 1_000 / (Date.parse(report.endedAt ?? "") - from);
    const rows = [...pageOf(ran("done")).matchAll(/<span class="name">(\S+) .*?<\/tr>/g)];
    expect(rows).toHaveLength(plan.steps.length);
    for (const [row, id] of rows) {
      const {
        startedAt = "",
        doneAt = "",
        endedAt = "",
        proof,
        phase,
      } = report.steps.find((step) => step.id === id) ?? {};
      const at = (iso: string): number => Math.round((Date.parse(iso) - from) * scale);
      const x = (kind: string): number | undefined => {
        const [, found] = new RegExp(`<rect class="${kind}" x="(\\d+)"`).exec(row) ?? [];
        return found === undefined ? undefined : Number(found);
      };
      expect(x("call")).toBe(Math.min(997, at(startedAt)));
      if (proof === undefined && phase !== "wave" && endedAt !== doneAt) expect(x("wait")).toBe(at(doneAt));
    }
    expect(new Set(rows.map(([row]) => /x="(\d+)"/.exec(row)?.[1])).size).toBeGreaterThan(5);
  });

  it("tells what went wrong, why, and what to do about it", () => {
    const page = pageOf(ran("failed"));
    expect(page).toMatch(/<code>PROOF_FAILED<\/code> prove rest\/r2 -&gt; shop failed: HTTP 525/);
    expect(page).toMatch(/<p>Check: .*<\/p><p>Mend: /);
    expect(pageOf(ran("held"))).toContain("PROOF_INCONCLUSIVE");
    expect(pageOf(ran("taken back"))).toMatch(/Taken back by run \S+: done\./);
    expect(pageOf(ran("done"))).not.toContain("What went wrong");
  });

  it("tells who loses access at which verifier, what was made, and the way back", () => {
    const { plan, report, ...rest } = ran("done");
    const page = pageOf({ plan, report, ...rest });
    expect(page).toMatch(/<h3>shop <span class="note">memory\.verifier<\/span><\/h3>/);
    expect(page).toMatch(/Loses access<\/dt><dd>clients without a certificate, /);
    for (const name of report.made) expect(page).toContain(`<code>${name}</code>`);
    expect(page).toContain(`handfast.rollback(&quot;${report.runId}&quot;)`);
  });

  it("gives no name a meaning, whatever it holds", () => {
    const run = disfigured(ran("failed"));
    const page = pageOf(run);
    const { names, misplaced } = tagsOf(page);
    expect(misplaced).toEqual([]);
    expect([...names].filter((name) => !known.split(" ").includes(name))).toEqual([]);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toMatch(/onerror='/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no reader of HTML takes them
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it("is made in less than a second and 2 MB for 1,000 steps whose proofs all fail", () => {
    const { plan, report } = largeRun(ran("done"), 1_000);
    const from = performance.now();
    const page = htmlReport({ plan, report });
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
    expect(tagsOf(page).misplaced).toEqual([]);
    expect(page.match(/<g class="box /g)?.length).toBeLessThan(60);
    expect(page.match(/<p>Mend: /g)?.length).toBeLessThan(10);
  });
});
