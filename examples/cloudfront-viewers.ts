/**
 * A members' site on CloudFront: open to the world at first, then for viewers with a certificate of a certain CA only. The
 * whole way from nothing, checked from outside, and back again.
 *
 * By default everything runs on loopback: simulated APIs, real TLS. With these variables set, and AWS credentials where
 * the SDK finds them, it runs in your account. It leaves the site there, as open as it was before handfast came.
 *
 *     HANDFAST_SITE_DOMAIN    members.example.com, in a zone that is yours
 *     HANDFAST_SITE_BUCKET    a new bucket for the site; with -trust behind its name, another one for CA bundles
 *     HANDFAST_CA_BUNDLE      s3://bucket/key of the CA's bundle
 *     HANDFAST_CA_REGION      that bucket's region, any one
 *     HANDFAST_CA_ACCOUNT     the account that it belongs to, any one that lets you read it
 *     HANDFAST_VIEWER_CHAIN   file with a client certificate of that CA, and those between, as PEM
 *     HANDFAST_VIEWER_KEY     file with its key, as PEM
 *
 * Run again, it goes on with what is there: for one after its records for ACM were put into DNS, for which it waits half
 * an hour. The exit code is 1 when a check fails. `--json` prints what was found as one JSON object last.
 */
import { connect } from "node:net";
import { cloudfront, s3Text } from "@handfast/aws";
import {
  canonicalText,
  createHandfast,
  fromValue,
  type Report,
  type RunEvent,
  renderPlan,
  renderReport,
} from "@handfast/core";
import { prober } from "@handfast/pki";
import { type RequestStream, requestStream } from "@handfast/testing";
import { Screen } from "./demo-screen.ts";
import { makeBundleBucket, makeSite } from "./site.ts";
import { ensureCertificate } from "./site-certificate.ts";
import { accountPlace } from "./viewers-account.ts";
import { makeStranger } from "./viewers-ca.ts";
import { type Check, checkTransport, checkVisitors } from "./viewers-checks.ts";
import type { EdgePlace, Place } from "./viewers-place.ts";
import { simulatedPlace } from "./viewers-simulated.ts";

const screen = new Screen(process.stdout);
const say = (line: string): void => screen.line(`  ${line}`);
const stranger = await makeStranger();

const place = process.env.HANDFAST_SITE_DOMAIN ? await accountPlace(process.env) : await simulatedPlace();
const over = new AbortController();
try {
  const found = await tell(place, over.signal);
  if (process.argv.includes("--json")) screen.line(JSON.stringify(found));
  const wrong = found.checks.filter(({ ok }) => !ok).length;
  if (wrong > 0 || found.failed > 0 || !found.restored) process.exitCode = 1;
} finally {
  over.abort();
  await place.close();
}

async function tell(place: Place, signal: AbortSignal) {
  const { domain, clock, bundle, reach } = place;

  screen.title(`Certificate for ${domain}`);
  say(place.name);
  const certificateArn = await ensureCertificate(place, say);

  screen.title("The site, open to the world");
  await makeBundleBucket(place.clients.s3, place.trustBucket, say);
  const site = await makeSite(place.clients, {
    domain,
    bucket: place.siteBucket,
    certificateArn,
    clock,
    say,
  });
  say(`${domain} CNAME ${site.domainName}`);
  const edge = await place.edge(site);
  const before = place.inventory();

  screen.title("Who is served");
  const open = [...(await checkTransport(domain, edge)), ...(await check(place, edge, "open"))];
  print(open);

  const handfast = createHandfast({
    adapters: [
      cloudfront({
        bucket: { name: place.trustBucket, region: "us-east-1", expectedOwner: place.account },
        ...reach,
      }),
    ],
    journal: place.journal,
    secrets: { laptop: fromValue(place.viewer.key) },
    readText: s3Text({
      buckets: { [bundle.bucket]: { region: bundle.region, expectedOwner: bundle.owner, s3: reach.s3 } },
    }),
    // An edge far away may be late.
    proof: { atMostMs: 600_000 },
    prober: prober({ ca: edge.ca, connect: () => connect(edge.tls.port, edge.tls.host) }),
    clock,
  });
  const spec = handfast.spec({
    trust: { "serverless-ca": { anchors: { file: `s3://${bundle.bucket}/${bundle.key}` } } },
    identities: { laptop: { chain: place.viewer.chain, key: { secret: "laptop" } } },
    verifiers: {
      site: {
        adapter: "aws.cloudfront",
        distribution: site.distribution,
        mode: "required",
        trust: "serverless-ca",
      },
    },
    // Anybody may come with nothing today; that they are refused from now on is what is wanted.
    populations: { viewers: { mayShow: { issuedBy: ["serverless-ca"], nothing: true } } },
    links: [
      {
        from: "viewers",
        to: "site",
        mayRefuse: ["nothing"],
        probe: { url: `https://${domain}/`, show: "laptop", expect: 200 },
      },
    ],
  });
  const status = await handfast.status(spec);

  screen.title("Plan");
  const plan = await handfast.plan(spec);
  screen.line(indent(renderPlan(plan, screen)));

  screen.title("Apply, while a viewer with a certificate keeps coming");
  const visitors = requestStream({
    url: `https://${domain}/`,
    connect: edge.tls,
    ca: edge.ca,
    identity: { certificate: place.viewer.chain, key: place.viewer.key },
    every: 50,
    clock,
    signal,
  });
  const onEvent = tellProgress(visitors);
  const applied = await handfast.apply(plan, { onEvent, onFailure: "roll-back" });
  if (applied.status !== "done") return await fail(applied);

  screen.title("Who is served now");
  const closed = await check(place, edge, "closed");
  print(closed);

  screen.title("Roll back");
  const rolledBack = await handfast.rollback(applied.runId, { onEvent });
  if (rolledBack.status !== "done") return await fail(rolledBack);
  const reopened = await check(place, edge, "open");
  screen.line();
  print(reopened);

  screen.title("Retire what is left");
  const retired = await handfast.retire(rolledBack.runId, { onEvent });
  screen.line(indent(renderReport(retired, screen)));
  if (retired.status !== "done") return await fail(retired);
  const { sent, failed } = await visitors.stop();
  const restored =
    canonicalText(status.endpoints) === canonicalText((await handfast.status(spec)).endpoints) &&
    JSON.stringify(before) === JSON.stringify(place.inventory());
  say(`viewers with a certificate: ${sent} requests, ${failed} failed`);
  say(`all is ${restored ? "" : "NOT "}as it was before`);
  return { sent, failed, restored, checks: [...open, ...closed, ...reopened] };
}

/** The steps, and every two minutes that somebody still waits. */
function tellProgress(visitors: RequestStream): (event: RunEvent) => void {
  const progress = screen.progress(visitors.counts);
  let told = 0;
  return (event) => {
    progress(event);
    if (event.kind === "step-started") told = 0;
    if (event.kind !== "step-pending" || event.waitedMs < told + 120_000) return;
    told = event.waitedMs;
    const minutes = (ms: number): string => (ms / 60_000).toFixed(0);
    say(
      screen.paint(
        "gray",
        `${minutes(event.waitedMs)} min of about ${minutes(event.typicalMs)}`.padStart(32),
      ),
    );
  };
}

async function check(place: Place, edge: EdgePlace, site: "open" | "closed"): Promise<Check[]> {
  const due = site === "open" ? "served" : "refused";
  return await checkVisitors(place.domain, edge, [
    { name: "without a certificate", due, identity: undefined },
    { name: "with a stranger's certificate", due, identity: stranger },
    { name: "with a certificate of the CA", due: "served", identity: place.viewer },
  ]);
}

function print(checks: readonly Check[]): void {
  for (const { name, by, due, ok, found } of checks) {
    const mark = ok ? screen.paint("green", "as due") : screen.paint("red", `WRONG, due was ${due}`);
    say(`${name.padEnd(30)} ${by.padEnd(5)}  ${mark}  ${found}`);
  }
  if (!checks.some(({ by }) => by === "curl")) say("curl is not installed, so nothing was tried with it");
}

async function fail(report: Report): Promise<never> {
  screen.line(indent(renderReport(report, screen)));
  throw new Error(`run ${report.runId} ended ${report.status}`);
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, "  ");
}
