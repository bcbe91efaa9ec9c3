/**
 * A thousand hostnames in ten zones: rollout, rotation, and the way back from it. Once on a clock that leaps, where every
 * change is looked at; and once on one that runs, under real requests through real TLS.
 */

import { X509Certificate } from "node:crypto";
import { connect } from "node:net";
import { createAuthority, createCsr, generateKey, prober } from "@handfast/pki";
import { edge, loadBalancerNodes, originServer, requestStream, scaledClock } from "@handfast/testing";
import { expect, test } from "vitest";
import { type Act, type Fleet, startFleet } from "../../bench/fleet.ts";

const zones = 10;
const count = 1_000;
/** How much faster than real time it goes: planning a thousand hostnames takes a while that no clock makes shorter. */
const speed = 15;
/** A look at a zone, while planning, before the start, and before the switch; the rest as in bench/cloudflare.bench.ts. */
const looks = zones * 3 * 9;

function floor({ puts, uploads, polls }: Act): number {
  return 1 + looks + 2 * uploads + 3 * puts + 2 * polls;
}

/** Rolls out, rotates, and goes back; each act counted. */
async function allActs(fleet: Fleet): Promise<Readonly<Record<"rollout" | "rotation" | "rollback", Act>>> {
  const runs: string[] = [];
  const to = (generation: 0 | 1) =>
    fleet.count(async () => {
      const report = await fleet.apply(await fleet.plan(generation));
      expect(report.steps.flatMap(({ error }) => error?.message ?? []).slice(0, 3)).toEqual([]);
      expect(report.status).toBe("done");
      runs.push(report.runId);
    });
  const rollout = await to(0);
  expect(shownAt(fleet)).toEqual(new Set([fleet.leaves[0]]));
  const rotation = await to(1);
  expect(shownAt(fleet)).toEqual(new Set([fleet.leaves[1]]));
  const rollback = await fleet.count(async () => {
    expect((await fleet.rollback(runs[1] ?? "")).status).toBe("done");
  });
  expect(shownAt(fleet)).toEqual(new Set([fleet.leaves[0]]));
  return { rollout, rotation, rollback };
}

/** The leaves that are shown, over all hostnames. */
function shownAt(fleet: Fleet): ReadonlySet<string> {
  return new Set(fleet.hostnames.map((hostname) => shown(fleet, hostname)?.sha256 ?? "nothing"));
}

function shown(fleet: Fleet, hostname: string) {
  const { shows } = fleet.edge(hostname).current();
  if (shows === "nothing") return undefined;
  const certificate = new X509Certificate(shows.certificate);
  return { certificate, sha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase() };
}

/** Whether the verifier lets a hostname in as both are now. */
function isServed(fleet: Fleet, hostname: string): boolean {
  const { mode, anchors } = fleet.listener.current();
  if (mode !== "verify") return true;
  const leaf = shown(fleet, hostname)?.certificate;
  return leaf !== undefined && anchors.some((anchor) => leaf.verify(new X509Certificate(anchor).publicKey));
}

test("a thousand hostnames in ten zones: calls near the floor, no 429, and served at every change", async () => {
  const fleet = await startFleet(count);
  const sample = fleet.hostnames.filter((_, at) => at % 50 === 0);
  const lost = new Set<string>();
  let looked = 0;
  const look = (): void => {
    looked += 1;
    for (const hostname of sample) if (!isServed(fleet, hostname)) lost.add(hostname);
  };
  const stops = [...sample.map((hostname) => fleet.edge(hostname)), fleet.listener].map((source) =>
    source.subscribe(look),
  );
  try {
    for (const [name, act] of Object.entries(await allActs(fleet))) {
      expect(act.refused, `answers with 429, ${name}`).toBe(0);
      expect(act.puts, `writes of associations, ${name}`).toBe(zones);
      expect(act.calls / floor(act), `calls of the ${name} against the floor`).toBeLessThanOrEqual(1.2);
      expect(act.calls, `calls of the ${name}`).toBeLessThan(count / 2);
    }
    expect(looked, "changes: three acts at each hostname, and the verifier's").toBeGreaterThan(
      3 * sample.length,
    );
    expect([...lost]).toEqual([]);
  } finally {
    for (const stop of stops) stop();
    fleet.close();
  }
}, 120_000);

test("a thousand hostnames in ten zones under real requests through one hostname of each: none is lost", async () => {
  const clock = scaledClock(speed);
  const sample = Array.from({ length: zones }, (_, at) => `h7.zone${at}.example`);
  const make = () => generateKey({ type: "ec", curve: "P-256" });
  const [siteKey, serverKey] = [await make(), await make()];
  const site = await createAuthority({ subject: "CN=Site CA", key: siteKey });
  const request = await createCsr({ subject: "CN=site", key: serverKey, names: sample });
  const issued = await site.issue(request, { days: 90, profile: "server" });
  const server = { certificate: issued.chain, key: serverKey.export() };
  let front: Awaited<ReturnType<typeof edge>> | undefined;
  const address = () => front?.front ?? { host: "127.0.0.1", port: 0 };
  const reach = prober({
    ca: site.certificate.pem,
    connect: () => connect(address().port, address().host),
  });
  const fleet = await startFleet(count, {
    clock,
    prober: async (asked) =>
      sample.some((hostname) => asked.url.includes(hostname))
        ? await reach(asked)
        : { verdict: "passed", reason: "not in the sample", evidence: {} },
  });
  const application = await originServer();
  const nodes = await loadBalancerNodes({
    source: fleet.listener,
    lag: () => 0,
    clock,
    server,
    target: application.url,
  });
  front = await edge({
    hostnames: Object.fromEntries(
      sample.map((hostname) => [
        hostname,
        { source: fleet.edge(hostname), origin: { ...nodes.front, servername: hostname } },
      ]),
    ),
    visitorTls: server,
    originCa: [site.certificate.pem],
    clock,
    warm: { perServer: 2, maxAgeMs: 10_000 },
  });
  const visitors = sample.map((hostname) =>
    requestStream({
      url: `https://${hostname}/`,
      connect: address,
      ca: site.certificate.pem,
      every: 100,
      clock,
    }),
  );
  try {
    const acts = await allActs(fleet);
    for (const act of Object.values(acts)) expect(act.refused).toBe(0);
    const counts = await Promise.all(visitors.map((stream) => stream.stop()));
    expect(counts.flatMap(({ failures }) => failures)).toEqual([]);
    for (const { ok } of counts) expect(ok).toBeGreaterThan(20);
  } finally {
    await Promise.all(visitors.map((stream) => stream.stop()));
    await front.close();
    await nodes.close();
    await application.close();
    fleet.close();
  }
}, 240_000);
