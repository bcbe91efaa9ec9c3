/**
 * From the certificate that all customers of Cloudflare share to one of your own, and back, under a steady stream of
 * visitors: a site whose load balancer lets in whatever comes through Cloudflare's network ends with one that lets in
 * its own edge alone.
 *
 * Everything runs on loopback: simulated APIs, real TLS. `--json` prints the figures as one JSON object last.
 */
import { connect } from "node:net";
import { alb } from "@handfast/aws";
import { cloudflareGlobal, cloudflareHostname } from "@handfast/cloudflare";
import {
  createHandfast,
  fromValue,
  memoryJournal,
  type Report,
  renderPlan,
  renderReport,
} from "@handfast/core";
import { createAuthority, createCsr, generateKey, probe, prober } from "@handfast/pki";
import { Screen } from "./demo-screen.ts";
import { showHandshakes } from "./handshakes.ts";
import { hostname, makePki, type Stack, startStack } from "./stack.ts";

const screen = new Screen(process.stdout);
const pki = await makePki("ec");
const shared = await makeShared();
const stack = await startStack(pki, { speed: 60, sharedCertificate: shared.certificate });
try {
  const figures = await migrate(stack);
  screen.title("Requests of visitors");
  screen.line(`  ${figures.sent} sent, ${figures.failed} failed`);
  screen.line();
  if (process.argv.includes("--json")) screen.line(JSON.stringify(figures));
  if (figures.failed > 0 || figures.proofs.some(({ ok }) => !ok)) process.exitCode = 1;
} finally {
  await stack.close();
}

/** What stands for Cloudflare's own CA, whose certificate its documentation offers, and for what it issued. */
async function makeShared() {
  const root = await createAuthority({
    subject: "CN=origin-pull.cloudflare.example",
    key: await generateKey({ type: "ec", curve: "P-256" }),
  });
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const leaf = await root.issue(await createCsr({ subject: "CN=origin pull", key }));
  return { root, leaf, key: key.export(), certificate: { certificate: leaf.pem, key: key.export() } };
}

async function migrate(stack: Stack) {
  const { zone, clock } = stack;
  const cloudflare = {
    token: stack.token,
    baseUrl: stack.endpoints.cloudflare,
    sharedCa: shared.root.certificate.pem,
  };
  const handfast = createHandfast({
    adapters: [
      alb({ region: stack.region, bucket: { name: stack.bucket }, ...stack.awsClients }),
      cloudflareHostname(cloudflare),
      cloudflareGlobal(cloudflare),
    ],
    journal: memoryJournal({ clock }),
    secrets: { "edge-key": fromValue(pki.leafKey) },
    prober: prober(stack.reachEdge),
    clock,
  });
  const specOf = (level: "shared" | "own") =>
    handfast.spec({
      trust: { shared: shared.root.trust, own: pki.root.trust },
      identities: { own: pki.leaf.identity("edge-key") },
      verifiers: { shop: { adapter: "aws.alb", listener: stack.listener, mode: "required", trust: level } },
      presenters: {
        edge: {
          adapter: "cloudflare.hostname",
          zone,
          hostnames: [hostname],
          shows: level === "own" ? "own" : "inherited",
        },
        // the last of what hostnames fall through to: "inherited" is on, "nothing" is off
        everybody: { adapter: "cloudflare.global", zone, shows: level === "own" ? "nothing" : "inherited" },
      },
      links: [
        { from: "edge", to: "shop", probe: { url: `https://${hostname}/`, echo: "x-seen-client-cert" } },
      ],
    });

  screen.title("As it was: whatever comes through Cloudflare");
  const visitors = stack.visitors();
  const first = await handfast.apply(await handfast.plan(specOf("shared")));
  if (first.status !== "done") return fail(first);
  const before = await prove(stack, "served");

  screen.title("Plan");
  const plan = await handfast.plan(specOf("own"));
  screen.block(renderPlan(plan, screen));

  screen.title("Apply, while visitors keep coming");
  const applied = await handfast.apply(plan, { onEvent: screen.progress(visitors.counts) });
  if (applied.status !== "done") return fail(applied);
  screen.line();
  const after = await prove(stack, "refused");

  screen.title("Roll back");
  const back = await handfast.rollback(applied.runId, { onEvent: screen.progress(visitors.counts) });
  if (back.status !== "done") return fail(back);
  screen.line();
  const again = await prove(stack, "served");

  const { sent, failed } = await visitors.stop();
  return { sent, failed, proofs: [...before, ...after, ...again] };
}

/** Who gets in: the site's visitors through the edge, and somebody else's site at Cloudflare that was pointed at ours. */
async function prove({ edge, balancer }: Stack, others: "served" | "refused") {
  const { host, port } = balancer.front;
  const common = { ca: pki.site.certificate.pem, request: { method: "GET" } } as const;
  const through = await probe({
    ...common,
    host: hostname,
    port: 443,
    connect: () => connect(edge.front.port, edge.front.host),
  });
  const another = await probe({
    ...common,
    host,
    port,
    servername: hostname,
    identity: { chain: shared.leaf.pem, key: shared.key },
  });
  const seen = others === "served" ? shared.leaf.der : pki.leaf.der;
  return showHandshakes(screen, [
    { name: "a visitor, through our zone", due: "served", result: through, seen },
    { name: "another customer of Cloudflare", due: others, result: another },
  ]);
}

function fail(report: Report): never {
  screen.block(renderReport(report, screen));
  throw new Error(`run ${report.runId} ended ${report.status}`);
}
