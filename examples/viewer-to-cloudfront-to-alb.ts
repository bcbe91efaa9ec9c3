/**
 * Two links in one plan, with one way back: viewers show certificates to a CloudFront distribution, and the
 * distribution shows one to the load balancer behind it. Both ends are switched on under a steady stream of viewers,
 * proved, rolled back and retired.
 *
 * Everything runs on loopback: simulated APIs, real TLS. `--json` prints the figures as one JSON object last.
 */
import { connect } from "node:net";
import { canonicalText, type Report, renderPlan, renderReport } from "@handfast/core";
import { type ProbeOptions, type ProbeResult, probe } from "@handfast/pki";
import { Screen } from "./demo-screen.ts";
import {
  appHostname,
  balancerHostname,
  type DistributionStack,
  makeViewerPki,
  startDistributionStack,
} from "./distribution-stack.ts";
import { showHandshakes } from "./handshakes.ts";

const screen = new Screen(process.stdout);
const pki = await makeViewerPki();
const stack = await startDistributionStack(pki);
try {
  const figures = await rollOutAndBack(stack);
  const { sent, failed, proofs, secondPlanSteps, restored } = figures;
  screen.title("Requests of viewers");
  screen.line(`  ${sent} sent, ${failed} failed`);
  screen.line();
  if (process.argv.includes("--json")) screen.line(JSON.stringify({ ...figures, apiCalls: stack.calls() }));
  const isGood = failed === 0 && secondPlanSteps === 0 && restored && proofs.every(({ ok }) => ok);
  if (!isGood) process.exitCode = 1;
} finally {
  await stack.close();
}

/** Plan, apply, prove, plan again, roll back, prove, retire. */
async function rollOutAndBack(stack: DistributionStack) {
  const handfast = stack.handfast();
  const { arn } = stack.distribution;
  const spec = handfast.spec({
    trust: { viewers: pki.viewers.trust, edge: pki.root.trust },
    identities: {
      // ACM takes no certificate without that of the CA which issued it
      edge: { chain: pki.leaf.chain + pki.root.certificate.pem, key: { secret: "edge-key" } },
      laptop: pki.viewers.leaf.identity("viewer-key"),
    },
    verifiers: {
      front: { adapter: "aws.cloudfront", distribution: arn, mode: "required", trust: "viewers" },
      balancer: { adapter: "aws.alb", listener: stack.listener, mode: "required", trust: "edge" },
    },
    presenters: {
      origin: { adapter: "aws.cloudfront-origin", distribution: arn, origins: ["balancer"], shows: "edge" },
    },
    populations: { everybody: { mayShow: { issuedBy: ["viewers"], nothing: false } } },
    links: [
      { from: "everybody", to: "front", probe: { url: `https://${appHostname}/`, show: "laptop" } },
      {
        from: "origin",
        to: "balancer",
        probe: { url: `https://${appHostname}/`, show: "laptop", echo: "x-seen-client-cert" },
      },
    ],
  });
  const before = canonicalText(stack.cloud.inventory());
  const viewers = stack.viewers();

  screen.title("Plan");
  const plan = await handfast.plan(spec);
  screen.block(renderPlan(plan, screen));

  screen.title("Apply, while viewers keep coming");
  const applied = await handfast.apply(plan, { onEvent: screen.progress(viewers.counts) });
  if (applied.status !== "done") return fail(applied);

  screen.title("Handshakes");
  const proofs = await proveRollout(stack);

  screen.title("Plan again");
  const second = await handfast.plan(spec);
  screen.block(renderPlan(second, screen));

  screen.title("Roll back");
  const rolledBack = await handfast.rollback(applied.runId, { onEvent: screen.progress(viewers.counts) });
  if (rolledBack.status !== "done") return fail(rolledBack);
  screen.line();
  const after = await proveRollback(stack);

  screen.title("What waits to be retired");
  screen.block(renderPlan(await handfast.plan({ retire: rolledBack.runId }), screen));
  const retired = await handfast.retire(rolledBack.runId);
  screen.block(renderReport(retired, screen));
  if (retired.status !== "done") return fail(retired);
  const restored = canonicalText(stack.cloud.inventory()) === before;
  screen.line(`\n  all that the account holds ${restored ? "is" : "is NOT"} as before the rollout`);

  const { sent, failed } = await viewers.stop();
  const secondPlanSteps = second.steps.length;
  return { sent, failed, secondPlanSteps, restored, proofs: [...proofs, ...after] };
}

async function proveRollout(stack: DistributionStack) {
  const { leaf, key } = pki.viewers;
  const viewer = { chain: leaf.chain, key };
  return showHandshakes(screen, [
    {
      name: "a viewer with a certificate",
      due: "served",
      result: await visit(stack, viewer),
      seen: pki.leaf.der,
    },
    { name: "a viewer without", due: "refused", result: await visit(stack) },
    { name: "a viewer with a stranger's", due: "refused", result: await visit(stack, pki.stranger) },
    { name: "past CloudFront, no certificate", due: "refused", result: await visitBalancer(stack) },
    { name: "past CloudFront, a viewer's", due: "refused", result: await visitBalancer(stack, viewer) },
  ]);
}

async function proveRollback(stack: DistributionStack) {
  return showHandshakes(screen, [
    { name: "a viewer without a certificate", due: "served", result: await visit(stack) },
    { name: "past CloudFront, no certificate", due: "served", result: await visitBalancer(stack) },
  ]);
}

/** One request as viewers make them. */
async function visit({ edge }: DistributionStack, identity?: ProbeOptions["identity"]): Promise<ProbeResult> {
  return await visitAt(edge.front, appHostname, identity);
}

/** One request to the load balancer, as somebody makes it who knows its address. */
async function visitBalancer(
  { balancer }: DistributionStack,
  identity?: ProbeOptions["identity"],
): Promise<ProbeResult> {
  return await visitAt(balancer.front, balancerHostname, identity);
}

async function visitAt(
  { host, port }: { readonly host: string; readonly port: number },
  name: string,
  identity: ProbeOptions["identity"],
): Promise<ProbeResult> {
  return await probe({
    host: name,
    port: 443,
    connect: () => connect(port, host),
    ca: pki.site.certificate.pem,
    identity,
    request: { method: "GET" },
  });
}

function fail(report: Report): never {
  screen.block(renderReport(report, screen));
  throw new Error(`run ${report.runId} ended ${report.status}`);
}
