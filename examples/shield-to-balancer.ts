/**
 * Both sides of Cloudflare in one plan: devices show certificates to its edge, which refuses whoever has none (API
 * Shield), and the edge shows one to the load balancer behind (Authenticated Origin Pulls), which lets in nobody else.
 * Switched on under a steady stream of devices, proved, taken back and retired.
 *
 * Everything runs on loopback: simulated APIs, real TLS. `--json` prints the figures as one JSON object last.
 */
import { connect } from "node:net";
import { alb } from "@handfast/aws";
import { cloudflareApiShield, cloudflareHostname } from "@handfast/cloudflare";
import {
  canonicalText,
  createHandfast,
  fromValue,
  memoryJournal,
  type Report,
  renderPlan,
  renderReport,
} from "@handfast/core";
import { createAuthority, createCsr, generateKey, type ProbeOptions, probe, prober } from "@handfast/pki";
import { requestStream } from "@handfast/testing";
import { Screen } from "./demo-screen.ts";
import { showHandshakes } from "./handshakes.ts";
import { cloudflareAccount } from "./providers.ts";
import { hostname, makePki, type Stack, startStack } from "./stack.ts";

const screen = new Screen(process.stdout);
const pki = await makePki("ec");
const devices = await makeDevices();
const stack = await startStack(pki, { speed: 60 });
try {
  const figures = await rollOutAndBack(stack);
  screen.title("Requests of devices");
  screen.line(`  ${figures.sent} sent, ${figures.failed} failed`);
  screen.line();
  if (process.argv.includes("--json")) screen.line(JSON.stringify(figures));
  const isGood = figures.failed === 0 && figures.restored && figures.proofs.every(({ ok }) => ok);
  if (!isGood) process.exitCode = 1;
} finally {
  await stack.close();
}

/** The CA of the devices, as API Shield takes one, and the certificate of a device. */
async function makeDevices() {
  const root = await createAuthority({
    subject: "CN=Devices,O=Example",
    key: await generateKey({ type: "rsa", bits: 2048 }),
  });
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const leaf = await root.issue(await createCsr({ subject: "CN=device-1", key }), { profile: "device" });
  return { root, leaf, key: key.export() };
}

async function rollOutAndBack(stack: Stack) {
  const { zone, clock, edge } = stack;
  const cloudflare = { token: stack.token, baseUrl: stack.endpoints.cloudflare };
  const ca = pki.site.certificate.pem;
  const handfast = createHandfast({
    adapters: [
      alb({ region: stack.region, bucket: { name: stack.bucket }, ...stack.awsClients }),
      cloudflareHostname(cloudflare),
      cloudflareApiShield(cloudflare),
    ],
    journal: memoryJournal({ clock }),
    secrets: { "edge-key": fromValue(pki.leafKey), "device-key": fromValue(devices.key) },
    prober: prober(stack.reachEdge),
    clock,
  });
  const url = `https://${hostname}/`;
  const spec = handfast.spec({
    trust: { devices: devices.root.trust, edge: pki.root.trust },
    identities: {
      edge: pki.leaf.identity("edge-key"),
      device: devices.leaf.identity("device-key"),
    },
    verifiers: {
      front: {
        adapter: "cloudflare.api-shield",
        zone,
        account: cloudflareAccount,
        hostname,
        mode: "required",
        trust: "devices",
      },
      balancer: { adapter: "aws.alb", listener: stack.listener, mode: "required", trust: "edge" },
    },
    presenters: {
      edge: { adapter: "cloudflare.hostname", zone, hostnames: [hostname], shows: "edge" },
    },
    populations: { devices: { mayShow: { issuedBy: ["devices"], nothing: false } } },
    links: [
      { from: "devices", to: "front", probe: { url, show: "device" } },
      { from: "edge", to: "balancer", probe: { url, show: "device", echo: "x-seen-client-cert" } },
    ],
  });
  const held = (): string => {
    const { certificates, visitors, rules } = stack.flare.inventory(zone);
    return canonicalText({ certificates, visitors, rules: Object.values(rules).flat() });
  };
  const before = held();
  const stream = requestStream({
    url,
    connect: edge.front,
    ca,
    identity: { certificate: devices.leaf.chain, key: devices.key },
    // what was open before is never asked for a certificate, and the plan says how long it waits for that
    connections: "fresh",
    every: 25,
    clock,
  });

  screen.title("Plan");
  const plan = await handfast.plan(spec);
  screen.block(renderPlan(plan, screen));

  screen.title("Apply, while devices keep coming");
  const applied = await handfast.apply(plan, { onEvent: screen.progress(stream.counts) });
  if (applied.status !== "done") return fail(applied);

  screen.title("Handshakes");
  const proofs = await proveRollout(stack);

  screen.title("Roll back");
  const back = await handfast.rollback(applied.runId, { onEvent: screen.progress(stream.counts) });
  if (back.status !== "done") return fail(back);
  const retired = await handfast.retire(back.runId);
  screen.line();
  screen.block(renderReport(retired, screen));
  if (retired.status !== "done") return fail(retired);
  const restored = held() === before;
  screen.line(`\n  all that the zone holds ${restored ? "is" : "is NOT"} as before the rollout`);

  const { sent, failed } = await stream.stop();
  const after = showHandshakes(screen, [
    { name: "anybody, through the edge", due: "served", result: await visit(stack) },
  ]);
  return { sent, failed, restored, proofs: [...proofs, ...after] };
}

async function proveRollout(stack: Stack) {
  const device = { chain: devices.leaf.chain, key: devices.key };
  return showHandshakes(screen, [
    { name: "a device", due: "served", result: await visit(stack, device), seen: pki.leaf.der },
    { name: "somebody without a certificate", due: "refused", result: await visit(stack) },
    { name: "somebody with a stranger's", due: "refused", result: await visit(stack, pki.stranger) },
    { name: "past Cloudflare, a device", due: "refused", result: await visitBalancer(stack, device) },
  ]);
}

/** One request through Cloudflare's edge. */
async function visit({ edge }: Stack, identity?: ProbeOptions["identity"]) {
  return await visitAt(edge.front, identity);
}

/** One request to the load balancer, as somebody makes it who knows its address. */
async function visitBalancer({ balancer }: Stack, identity?: ProbeOptions["identity"]) {
  return await visitAt(balancer.front, identity);
}

async function visitAt(
  { host, port }: { readonly host: string; readonly port: number },
  identity: ProbeOptions["identity"],
) {
  return await probe({
    host: hostname,
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
