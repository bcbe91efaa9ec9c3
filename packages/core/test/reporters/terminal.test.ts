import { beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/index.ts";
import { type TerminalOutput, terminalReporter } from "../../src/reporters/index.ts";
import { type End, ends, type Ran, runTo, StandingClock, Terminal, timedEvents } from "./runs.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

let runs: ReadonlyMap<End, Ran>;
beforeAll(async () => {
  runs = new Map(await Promise.all(ends.map(async (end) => [end, await runTo(end)] as const)));
});
const ran = (end: End): Ran => runs.get(end) as Ran;

/** Shows a run again, at the times at which it happened. */
async function replay(run: Ran, output: TerminalOutput, options: { redrawMs?: number; until?: number } = {}) {
  const events = timedEvents(run);
  const clock = new StandingClock(Date.parse(events[0]?.at ?? ""));
  const screen = terminalReporter({
    plan: run.plan,
    output,
    clock,
    colour: false,
    redrawMs: options.redrawMs,
  });
  for (const { at, ...event } of events.slice(0, options.until)) {
    await clock.turnTo(Date.parse(at));
    screen.onEvent(event as RunEvent);
  }
  return { screen, clock };
}

async function plainTextOf(run: Ran): Promise<string> {
  let text = "";
  await replay(run, { write: (part) => (text += part) });
  return text;
}

describe("terminalReporter on what is no terminal", () => {
  it.for(ends)("tells one change a line without a control code: %s", async (end) => {
    const text = await plainTextOf(ran(end));
    expect(text).not.toMatch(control);
    const lines = text.trimEnd().split("\n");
    const starts = ran(end).events.filter(({ kind }) => kind === "step-started").length;
    expect(lines.filter((line) => / start /.test(line))).toHaveLength(starts);
    expect(lines[0]).toMatch(/^apply in run \S+, 21 steps$/);
  });

  it("tells retries, proofs, failures with their code, and the end with what is in effect", async () => {
    const done = await plainTextOf(ran("done"));
    expect(done).toMatch(/ s {2}s\d+ +present +again in 4 s: REMOTE_RATE_LIMITED: /);
    expect(done).toMatch(/proof passed, 1 of 3 in a row: served/);
    expect(done).toMatch(/proof passed, 3 of 3 in a row: served/);
    expect(done).toMatch(/wait {2}in effect after about 3 s, at most 5 s/);
    expect(done).toMatch(/\ndone: 21 of 21 steps in effect, \d+ s \(run \S+\)\n$/);
    const failed = await plainTextOf(ran("failed"));
    expect(failed).toMatch(/FAIL {2}PROOF_FAILED: .*HTTP 525.*roll back/);
    expect(failed).toMatch(/skip {2}a step that it needs did not succeed/);
    expect(failed).toMatch(/\nfailed: \d+ of 21 steps in effect/);
    expect(await plainTextOf(ran("held"))).toMatch(/FAIL {2}PROOF_INCONCLUSIVE[^\n]*\n[\s\S]*\nheld: /);
    expect(await plainTextOf(ran("aborted"))).toMatch(/\naborted: \d+ of 21 steps/);
  });

  it("shows the run that took it back after the one that failed", async () => {
    const text = await plainTextOf(ran("taken back"));
    expect(text).toMatch(/\nfailed: [\s\S]*\ntaken back by run \S+, \d+ steps\n[\s\S]*\ndone: /);
  });
});

describe("terminalReporter on a terminal", () => {
  it.for(ends)("leaves what ended on the screen, and nothing of the live part: %s", async (end) => {
    const terminal = new Terminal();
    const { report } = ran(end);
    const { clock } = await replay(ran(end), terminal);
    const writes = terminal.writes.length;
    await clock.turnTo(clock.now() + 10_000);
    expect(terminal.writes).toHaveLength(writes);
    const text = terminal.lines.join("\n");
    expect(text).not.toMatch(control);
    expect(text).not.toContain("▸");
    const settled = report.steps.filter(({ status }) => status === "settled");
    const first = text.slice(0, text.search(/\n(done|failed|held|aborted): /));
    for (const { id, phase, summary } of settled)
      expect(first).toContain(`✔ ${id.padEnd(4)} ${phase.padEnd(8)} ${summary}`);
    expect(first.match(/^✔/gm)).toHaveLength(settled.length);
    expect(text).toContain(`${report.status}: ${settled.length} of 21 steps in effect`);
  });

  it("shows waits with a bar that fills with the clock, and proofs with their successes in a row", async () => {
    const terminal = new Terminal();
    const run = ran("done");
    const waiting = run.events.findIndex(({ kind }) => kind === "step-waiting");
    const { clock, screen } = await replay(run, terminal, { until: waiting + 1 });
    const fullAt = async (ms: number): Promise<number> => {
      await clock.turnTo(clock.now() + ms);
      const bar = terminal.lines.find((line) => line.includes("░") || line.includes("█")) ?? "";
      return bar.split("█").length - 1;
    };
    const begun = await fullAt(200);
    const later = await fullAt(2_000);
    const overdue = await fullAt(60_000);
    expect([begun < later, later < overdue, overdue]).toEqual([true, true, 24]);
    expect(terminal.lines.join("\n")).toMatch(/62 s, longer than 5 s/);
    expect(terminal.lines.at(-1)).toMatch(/^ {2}0 of 21 steps in effect, 6\d s/);
    screen.end();

    const proving = run.events.findIndex((event) => event.kind === "proof" && event.passed === 2);
    const other = new Terminal();
    const { clock: turned, screen: second } = await replay(run, other, { until: proving + 1 });
    await turned.turnTo(turned.now() + 200);
    expect(other.lines.join("\n")).toMatch(/●●○ 2 of 3 in a row/);
    second.end();
  });

  it("is redrawn at most so often, however many events come, and never wider than the terminal", async () => {
    const [first] = ran("done").events;
    const clock = new StandingClock(0);
    for (const columns of [30, 44, 100]) {
      const terminal = new Terminal(columns);
      const { plan } = ran("done");
      const screen = terminalReporter({ plan, output: terminal, clock, colour: false, redrawMs: 100 });
      screen.onEvent({ kind: "run-started", runId: first?.runId ?? "", steps: 1_000 });
      const from = clock.now();
      for (let index = 0; index < 1_000; index += 1) {
        const step = {
          runId: "r",
          step: `s${index}`,
          phase: "present",
          summary: `associate 日本 h${index}`,
        } as const;
        screen.onEvent({ ...step, kind: "step-started", attempt: 1 });
        screen.onEvent({ ...step, kind: "step-waiting", typicalMs: 5_000, atMostMs: 60_000 });
        await clock.turnTo(from + index);
      }
      await clock.turnTo(from + 1_100);
      expect(terminal.writes.length).toBeLessThanOrEqual(12);
      expect(terminal.lines.length).toBeLessThanOrEqual(terminal.rows);
      expect(terminal.lines.join("\n")).toMatch(/and 9\d\d more steps at/);
      for (const line of terminal.lines.slice(1)) expect(widthOf(line)).toBeLessThan(columns);
      screen.end();
      const writes = terminal.writes.length;
      await clock.turnTo(clock.now() + 10_000);
      expect(terminal.writes).toHaveLength(writes);
    }
  });

  it("counts what an earlier part of a resumed run brought into effect", async () => {
    const { plan, report } = ran("aborted");
    const settled = report.steps.filter(({ status }) => status === "settled").length;
    const terminal = new Terminal();
    const clock = new StandingClock(0);
    const screen = terminalReporter({ plan, before: report, output: terminal, clock, colour: false });
    screen.onEvent({ kind: "run-started", runId: report.runId, steps: plan.steps.length });
    expect(settled).toBeGreaterThan(0);
    expect(terminal.lines.at(-1)).toContain(`${settled} of 21 steps in effect`);
    screen.onEvent({ kind: "run-ended", runId: report.runId, status: "done" });
    expect(terminal.lines.at(-1)).toContain("21 of 21 steps in effect");
  });

  it("counts a wait from the call, by what the executor says of it", async () => {
    const terminal = new Terminal();
    const clock = new StandingClock(0);
    const screen = terminalReporter({ output: terminal, clock, colour: false });
    const step = { runId: "r", step: "s1", phase: "widen", summary: "set it" } as const;
    screen.onEvent({ kind: "run-started", runId: "r", steps: 1 });
    const wait = { waitedMs: 20_000, typicalMs: 30_000, atMostMs: 60_000 };
    screen.onEvent({ ...step, kind: "step-pending", ...wait });
    await clock.turnTo(1_000);
    expect(terminal.lines.join("\n")).toContain("21 s of about 30 s, at most 60 s");
    screen.end();
  });

  it("gives control characters of names to no terminal", () => {
    const written: string[] = [];
    const clock = new StandingClock(0);
    const { plan } = ran("done");
    for (const isTTY of [false, true]) {
      const output = { isTTY, write: (text: string) => written.push(text) };
      const screen = terminalReporter({ plan, output, clock, colour: false });
      const evil = "\u001b[2J\u001b]0;owned\u0007\u009b31m\r\nfake line";
      const step = { runId: evil, step: evil, phase: "present", summary: evil } as const;
      const error = {
        code: "REMOTE_REJECTED",
        message: evil,
        who: "operator",
        details: { provider: { code: evil } },
      } as const;
      screen.onEvent({ kind: "run-started", runId: evil, steps: 2 });
      screen.onEvent({ ...step, kind: "step-started", attempt: 1 });
      screen.onEvent({ ...step, kind: "step-retrying", inMs: 5, error });
      screen.onEvent({ ...step, kind: "proof", verdict: "failed", reason: evil, passed: 0, of: 3 });
      screen.onEvent({ ...step, kind: "step-failed", error });
      screen.onEvent({ ...step, kind: "step-skipped", because: evil });
      screen.onEvent({ kind: "run-ended", runId: evil, status: "failed" });
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the two that are its own
    const text = written.join("").replaceAll(/\u001b\[\d+F\u001b\[0J/g, "");
    expect(text).not.toMatch(control);
    expect(text).toContain("fake line");
    expect(text).not.toMatch(/^fake line/m);
  });

  it("draws no more, and throws nothing, once the terminal is gone", async () => {
    const clock = new StandingClock(0);
    let writes = 0;
    const output = {
      isTTY: true,
      write: () => {
        writes += 1;
        if (writes > 1) throw new Error("EPIPE");
      },
    };
    const { plan } = ran("done");
    const screen = terminalReporter({ plan, output, clock });
    screen.onEvent({ kind: "run-started", runId: "r", steps: 1 });
    await clock.turnTo(5_000);
    expect(writes).toBe(2);
  });
});

/** Columns, as far as these tests need it: what is East Asian takes two. */
function widthOf(line: string): number {
  return [...line].reduce((sum, character) => sum + (/\p{Script=Han}/u.test(character) ? 2 : 1), 0);
}
