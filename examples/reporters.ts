/**
 * A rollout that is watched: on the terminal while it runs, then as a page, as JSON lines and as a summary for CI, all
 * in the folder that is given (a temporary one by default). On loopback; see first-rollout.ts for real accounts.
 */
import { appendFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  githubSummary,
  htmlReport,
  jsonLinesReporter,
  terminalReporter,
  timedEventSchema,
} from "@handfast/core/reporters";
import { hostname, makePki, startStack } from "./stack.ts";

const speed = 40;
const pki = await makePki("ec");
const stack = await startStack(pki, { speed });
const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), "handfast-run-")));

const handfast = stack.handfast();
const plan = await handfast.plan(
  handfast.spec({
    trust: { edge: pki.root.trust },
    identities: { edge: pki.leaf.identity("edge-key") },
    verifiers: { shop: { adapter: "aws.alb", listener: stack.listener, mode: "required", trust: "edge" } },
    presenters: {
      "shop-edge": { adapter: "cloudflare.hostname", zone: stack.zone, hostnames: [hostname], shows: "edge" },
    },
    links: [
      { from: "shop-edge", to: "shop", probe: { url: "https://{hostname}/", echo: "x-seen-client-cert" } },
    ],
  }),
);

const { clock } = stack;
const lines: string[] = [];
// the clock runs faster than the machine's, so fewer redraws on it are enough
using screen = terminalReporter({ plan, output: process.stdout, clock, redrawMs: 100 * speed });
const json = jsonLinesReporter({
  clock,
  write: (line) => {
    lines.push(line);
    appendFileSync(join(folder, "run.jsonl"), line);
  },
});
const report = await handfast.apply(plan, {
  onEvent: (event) => {
    screen.onEvent(event);
    json.onEvent(event);
  },
});

const events = lines.map((line) => timedEventSchema.parse(JSON.parse(line)));
await writeFile(join(folder, "run.html"), htmlReport({ plan, report, events }));
await writeFile(join(folder, "summary.md"), githubSummary(plan) + githubSummary(plan, report));
process.stdout.write(`see ${join(folder, "run.html")}\n`);
await stack.close();
