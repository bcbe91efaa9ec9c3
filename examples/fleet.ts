/**
 * A fleet of 160 hostnames in one zone, over two identities, since one certificate takes a hundred: a canary of five, then
 * the rest. Hostnames come and go afterwards, and the next plan touches those alone.
 *
 * Everything runs on loopback, without a data plane: the providers' APIs are simulated. `--json` prints the figures as one
 * JSON object last.
 */
import { alb } from "@handfast/aws";
import { cloudflareHostname, packHostnames, zoneHostnames } from "@handfast/cloudflare";
import {
  createHandfast,
  fromValue,
  type MtlsPlan,
  memoryJournal,
  type Report,
  renderPlan,
} from "@handfast/core";
import { createAuthority, createCsr, generateKey, type Leaf } from "@handfast/pki";
import { scaledClock } from "@handfast/testing";
import { Screen } from "./demo-screen.ts";
import { startProviders } from "./providers.ts";

const screen = new Screen(process.stdout);
const clock = scaledClock(100);
const providers = await startProviders({ clock });
const { zone, listener, flare, region, bucket } = providers;
const cloudflare = { token: providers.token, baseUrl: providers.endpoints.cloudflare };
const names = ["edge-1", "edge-2"] as const;

const root = await createAuthority({
  subject: "CN=Fleet CA",
  key: await generateKey({ type: "ec", curve: "P-256" }),
});
const issued = await Promise.all(names.map(issue));
const handfast = createHandfast({
  adapters: [
    alb({ region, bucket: { name: bucket }, ...providers.awsClients }),
    cloudflareHostname(cloudflare),
  ],
  journal: memoryJournal({ clock }),
  secrets: { "edge-1": fromValue(issued[0]?.key ?? ""), "edge-2": fromValue(issued[1]?.key ?? "") },
  clock,
});

async function issue(name: string): Promise<{ readonly leaf: Leaf; readonly key: string }> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  return { leaf: await root.issue(await createCsr({ subject: `CN=${name}`, key })), key: key.export() };
}

/** What is wanted of all hostnames below shop.example.com, as the zone has them now. */
async function wanted() {
  const { hostnames, associated } = await zoneHostnames({
    ...cloudflare,
    zone,
    match: "*.shop.example.com",
    clock,
  });
  const identityOf = new Map(issued.map(({ leaf }, at) => [leaf.facts.sha256, names[at] ?? ""]));
  const now = Object.fromEntries(
    Object.entries(associated).map(([name, leaf]) => [name, identityOf.get(leaf) ?? ""]),
  );
  const groups = packHostnames(hostnames, { identities: names, now });
  const canaries = groups["edge-1"].slice(0, 5);
  const presenter = (hostnames: readonly string[], shows: (typeof names)[number]) =>
    ({ adapter: "cloudflare.hostname", zone, hostnames, shows }) as const;
  return handfast.spec({
    trust: { fleet: root.trust },
    identities: {
      "edge-1": issued[0]?.leaf.identity("edge-1") ?? fail("no leaf was issued"),
      "edge-2": issued[1]?.leaf.identity("edge-2") ?? fail("no leaf was issued"),
    },
    verifiers: { shop: { adapter: "aws.alb", listener, mode: "required", trust: "fleet" } },
    presenters: {
      canary: presenter(canaries, "edge-1"),
      first: presenter(
        groups["edge-1"].filter((hostname) => !canaries.includes(hostname)),
        "edge-1",
      ),
      second: presenter(groups["edge-2"], "edge-2"),
    },
    links: (["canary", "first", "second"] as const).map((from) => ({ from, to: "shop" }) as const),
    waves: [
      { name: "canary", from: ["canary"], bake: "10m" },
      { name: "rest", maxFailures: 2 },
    ],
  });
}

/** Plans and applies, and counts the calls to both providers. */
async function rollOut(title: string) {
  screen.title(title);
  const before = providers.calls();
  const plan = await handfast.plan(await wanted());
  const writes = plan.steps.filter((step) => step.kind === "write").length;
  const summary = renderPlan(plan).split("\n");
  screen.block(summary.slice(0, 12).join("\n"));
  const report = await handfast.apply(plan);
  if (report.status !== "done") return fail(firstError(report));
  const figures = {
    hostnames: Object.keys(plan.endpoints).length - 1,
    associations: countAssociations(plan),
    writes,
    calls: providers.calls() - before,
  };
  screen.line(`  ${figures.writes} writes for ${figures.hostnames} hostnames, ${figures.calls} calls in all`);
  screen.line();
  return figures;
}

function countAssociations({ steps }: MtlsPlan): number {
  return steps.filter((step) => step.kind === "write" && step.step.object.includes("/hostname/")).length;
}

function firstError({ status, steps }: Report): string {
  return steps.find(({ error }) => error !== undefined)?.error?.message ?? `the run ended ${status}`;
}

function fail(message: string): never {
  throw new Error(message);
}

try {
  for (let at = 1; at <= 160; at += 1)
    flare.addDnsRecord(zone, `tenant-${at}.shop.example.com`, { proxied: true });
  const first = await rollOut("160 hostnames: a canary, then the rest");
  for (const at of [161, 162]) flare.addDnsRecord(zone, `tenant-${at}.shop.example.com`, { proxied: true });
  const second = await rollOut("Two come: nobody else is touched");
  if (process.argv.includes("--json")) screen.line(JSON.stringify({ first, second }));
} finally {
  await providers.close();
}
