import { expect, it } from "vitest";
import { githubSummary, htmlReport, mermaidOfReport, terminalReporter } from "../../src/reporters/index.ts";
import { keys } from "../fixtures/certificates.ts";
import { ends, type Ran, runTo, StandingClock, timedEvents } from "./runs.ts";

/** All that any reporter makes of a run. */
function allOf(run: Ran): string {
  const written: string[] = [];
  for (const isTTY of [true, false]) {
    const output = { isTTY, write: (text: string) => written.push(text) };
    const screen = terminalReporter({ plan: run.plan, output, clock: new StandingClock(0) });
    for (const event of run.events) screen.onEvent(event);
    screen.end();
  }
  const { plan, report, lines } = run;
  const page = htmlReport({ plan, report, events: timedEvents(run) });
  return [
    ...written,
    ...lines,
    page,
    githubSummary(plan),
    githubSummary(plan, report),
    mermaidOfReport(plan, report),
  ].join("\n");
}

it.for(ends)("no reporter holds a key, the name of one, or a whole certificate: %s", async (end) => {
  const text = allOf(await runTo(end));
  expect(text).toContain("clients without a certificate");
  expect(text).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE|edge-key/);
  const body = keys.a1.replaceAll(/-----[^-]+-----|\s/g, "");
  const der = Buffer.from(body, "base64");
  for (let at = 0; at + 18 <= der.length; at += 3) {
    const part = der.subarray(at, at + 18);
    expect(text).not.toContain(part.toString("base64"));
    expect(text).not.toContain(part.toString("hex"));
  }
});
