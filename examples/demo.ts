/**
 * The main job, from nothing: Cloudflare presents a client certificate to an ALB that verifies it, rolled out under a
 * steady stream of visitors, proved, rolled back and retired. Then the same in the order of the provider's guide.
 *
 * Everything runs on loopback: simulated APIs, real TLS. `--json` prints the figures as one JSON object last.
 */
import { connect } from "node:net";
import { canonicalText, type Report, renderPlan, renderReport } from "@handfast/core";
import { type ProbeResult, probe } from "@handfast/pki";
import { Screen } from "./demo-screen.ts";
import { runGuideOrder } from "./guide-order.ts";
import { type Proof, showHandshakes } from "./handshakes.ts";
import { hostname, makePki, type Pki, type Stack, startStack } from "./stack.ts";

const screen = new Screen(process.stdout);
const asJson = process.argv.includes("--json");

screen.title("Certificates");
const pki = await makePki();
screen.line(
  `  CA    ${pki.root.certificate.facts.subject}, ${pki.root.certificate.facts.key}, until ${date(pki.root.certificate.facts.notAfter)}`,
);
screen.line(
  `  leaf  ${pki.leaf.facts.subject}, ${pki.leaf.facts.key}, until ${date(pki.leaf.facts.notAfter)}`,
);

const { figures: handfast, ...rest } = await withStack(pki, rollOut);
const guide = await withStack(pki, followGuide);

screen.title("Requests of visitors, sent and failed");
screen.line(
  `  handfast           ${String(handfast.sent).padStart(5)} sent  ${String(handfast.failed).padStart(5)} failed`,
);
screen.line(
  `  the guide's order  ${String(guide.sent).padStart(5)} sent  ${String(guide.failed).padStart(5)} failed`,
);
screen.line();
if (asJson) screen.line(JSON.stringify({ handfast, seedOrder: guide, ...rest }));
if (handfast.failed > 0 || !rest.restored || rest.secondPlanSteps > 0 || rest.proofs.some(({ ok }) => !ok))
  process.exitCode = 1;

/** Plan, apply, prove, plan again, roll back, retire. */
async function rollOut(stack: Stack) {
  const handfast = stack.handfast();
  const spec = handfast.spec({
    trust: { edge: pki.root.trust },
    identities: { edge: pki.leaf.identity("edge-key") },
    verifiers: { shop: { adapter: "aws.alb", listener: stack.listener, mode: "required", trust: "edge" } },
    presenters: {
      "shop-edge": { adapter: "cloudflare.hostname", zone: stack.zone, hostnames: [hostname], shows: "edge" },
    },
    links: [
      { from: "shop-edge", to: "shop", probe: { url: "https://{hostname}/", echo: "x-seen-client-cert" } },
    ],
  });
  const visitors = stack.visitors();
  const before = await handfast.status(spec);

  screen.title("Plan");
  const plan = await handfast.plan(spec);
  screen.block(renderPlan(plan, screen));

  screen.title("Apply, while visitors keep coming");
  const applied = await handfast.apply(plan, { onEvent: screen.progress(visitors.counts) });
  if (applied.status !== "done") return await fail(applied);

  screen.title("Handshakes");
  const proofs = await prove(stack);

  screen.title("Plan again");
  const second = await handfast.plan(spec);
  screen.block(renderPlan(second, screen));

  screen.title("Roll back");
  const rolledBack = await handfast.rollback(applied.runId, { onEvent: screen.progress(visitors.counts) });
  if (rolledBack.status !== "done") return await fail(rolledBack);
  const after = await handfast.status(spec);
  const asked = (await shake(stack, undefined)).asked ?? true;
  const restored = canonicalText(before.endpoints) === canonicalText(after.endpoints) && !asked;
  screen.line(
    `\n  effective state ${restored ? "is" : "is NOT"} as before; the listener asks for a certificate: ${asked ? "yes" : "no"}`,
  );

  screen.title("What waits to be retired");
  screen.block(renderPlan(await handfast.plan({ retire: rolledBack.runId }), screen));
  const retired = await handfast.retire(rolledBack.runId);
  screen.block(renderReport(retired, screen));

  const { sent, failed } = await visitors.stop();
  const steps = [applied, rolledBack, retired].reduce((sum, report) => sum + report.steps.length, 0);
  return {
    figures: { sent, failed, steps, apiCalls: stack.calls() },
    secondPlanSteps: second.steps.length,
    restored,
    proofs,
  };
}

async function followGuide(stack: Stack) {
  screen.title("The same in the order of the provider's guide");
  const visitors = stack.visitors();
  await stack.clock.sleep(10_000);
  const say = (line: string): void => {
    const { ok, failed } = visitors.counts();
    screen.line(
      `  ${screen.paint(failed === 0 ? "gray" : "red", `${String(ok).padStart(4)} served, ${String(failed).padStart(3)} failed`)}  ${line}`,
    );
  };
  await runGuideOrder(stack, say);
  const { sent, failed } = await visitors.stop();
  say("the end");
  return { sent, failed };
}

/** What an engineer would try by hand. */
async function prove(stack: Stack): Promise<Proof[]> {
  const { leaf, leafKey, stranger, site } = pki;
  const own = { chain: leaf.chain, key: leafKey };
  const edge = await probe({
    host: hostname,
    port: 443,
    ca: site.certificate.pem,
    connect: () => connect(stack.edge.front.port, stack.edge.front.host),
    request: { method: "GET" },
  });
  return showHandshakes(screen, [
    {
      name: "straight to the ALB, no certificate",
      due: "refused",
      result: await shake(stack, undefined),
    },
    { name: "straight to the ALB, a stranger's", due: "refused", result: await shake(stack, stranger) },
    { name: "straight to the ALB, ours", due: "served", result: await shake(stack, own) },
    { name: "through the edge, which presents ours", due: "served", result: edge },
  ]);
}

async function shake(
  stack: Stack,
  identity: { chain: string; key: string } | undefined,
): Promise<ProbeResult> {
  const { host, port } = stack.balancer.front;
  return await probe({
    host,
    port,
    servername: hostname,
    ca: pki.site.certificate.pem,
    identity,
    request: { method: "GET" },
  });
}

async function withStack<T>(certificates: Pki, use: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await startStack(certificates);
  try {
    return await use(stack);
  } finally {
    await stack.close();
  }
}

async function fail(report: Report): Promise<never> {
  screen.block(renderReport(report, screen));
  throw new Error(`run ${report.runId} ended ${report.status}`);
}

function date(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
