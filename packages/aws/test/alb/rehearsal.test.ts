import { connect } from "node:net";
import {
  DescribeListenersCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  createHandfast,
  fromValue,
  type JsonObject,
  MemoryWorld,
  type MtlsPlan,
  memoryJournal,
  memoryPresenter,
  type Prober,
  systemClock,
} from "@handfast/core";
import { createAuthority, createCsr, generateKey, prober } from "@handfast/pki";
import { aws, faults, loadBalancerNodes, simulate, turnableClock } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { alb } from "../../src/index.ts";

const start = Date.now() - 3_600_000;
const port = 9443;

async function makeIdentities() {
  const [caKey, key, serverKey] = await Promise.all(
    [1, 2, 3].map(() => generateKey({ type: "ec", curve: "P-256" })),
  );
  if (caKey === undefined || key === undefined || serverKey === undefined)
    throw new TypeError("no key was made");
  const root = await createAuthority({ subject: "CN=Edge root", key: caKey, notBefore: start });
  const leaf = await root.issue(await createCsr({ subject: "CN=edge", key }), { days: 30, notBefore: start });
  const other = await createAuthority({ subject: "CN=Other root", key: serverKey, notBefore: start });
  const strange = await other.issue(await createCsr({ subject: "CN=stranger", key: serverKey }), {
    days: 30,
    notBefore: start,
  });
  const server = await root.issue(await createCsr({ subject: "CN=shop.example.com", key: serverKey }), {
    days: 30,
    notBefore: start,
  });
  return {
    root: root.certificate.pem,
    leaf: leaf.pem,
    key: key.export(),
    stranger: strange.pem,
    strangerKey: serverKey.export(),
    server: { certificate: server.pem, key: serverKey.export() },
  };
}

let made: Awaited<ReturnType<typeof makeIdentities>>;
beforeAll(async () => {
  made = await makeIdentities();
});

/** A listener, and a presenter in memory in front of it; `own` proves what is asked at the listener's own port. */
async function makeShop(judge: (prove: Prober) => Prober = (prove) => prove) {
  const clock = turnableClock(Date.now());
  const storm = faults();
  const cloud = aws({ clock, faults: storm });
  cloud.createBucket("bundles", { versioning: "Enabled" });
  const balancer = cloud.addLoadBalancer("front").arn;
  const listener = cloud.addListener(balancer);
  const simulation = simulate({ services: [cloud.s3, cloud.elbv2], clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();
  const client = { region: cloud.region, credentials: cloud.credentials, maxAttempts: 1 };
  const elb = new ElasticLoadBalancingV2Client({ ...client, endpoint: origins.elbv2 as string });
  const ports = async (): Promise<readonly (number | undefined)[]> => {
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: balancer }));
    return Listeners.map(({ Port }) => Port);
  };
  const closing: (() => Promise<void>)[] = [];
  /** The node that stands at a port now. */
  const reach = async (at: number): Promise<{ readonly host: string; readonly port: number }> => {
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: balancer }));
    const arn = Listeners.find(({ Port }) => Port === at)?.ListenerArn ?? "";
    const nodes = await loadBalancerNodes({
      source: cloud.listenerSource(arn),
      nodes: 1,
      server: made.server,
      target: (_request, response) => response.end("ok"),
    });
    closing.push(() => nodes.close());
    return nodes.front;
  };
  const proved: string[] = [];
  const real: Prober = async (request) => {
    const front = await reach(Number(new URL(request.url).port || 443));
    const ask = prober({ connect: () => connect(front), clock: systemClock });
    const result = await ask(request);
    proved.push(`${new URL(request.url).port || "443"} ${request.due} ${result.verdict}`);
    return result;
  };
  const world = new MemoryWorld({ clock });
  const handfast = createHandfast({
    adapters: [
      alb({
        region: cloud.region,
        bucket: { name: "bundles" },
        elbv2: { ...client, endpoint: origins.elbv2 as string },
        s3: { ...client, endpoint: origins.s3 as string, forcePathStyle: true },
      }),
      memoryPresenter(world),
    ],
    journal: memoryJournal(),
    secrets: { "edge-key": fromValue(made.key), "stranger-key": fromValue(made.strangerKey) },
    prober: judge(real),
    proof: { times: 1, atMostMs: 1_000 },
    clock,
  });
  const specWith = (
    verifier: JsonObject,
    { identities = {}, direct, ...more }: JsonObject & { identities?: JsonObject; direct?: JsonObject } = {},
    others: Readonly<Record<string, JsonObject>> = {},
  ) => {
    const own = { adapter: "aws.alb", mode: "required", trust: "edge", rehearsalPort: port };
    const probed = direct ?? { url: "https://front.elb.example.com/", servername: "{hostname}" };
    return handfast.parseSpec({
      trust: { edge: { anchors: made.root } },
      identities: { edge: { chain: made.leaf, key: { secret: "edge-key" } }, ...identities },
      verifiers: {
        shop: { ...own, listener, ...verifier },
        ...Object.fromEntries(Object.entries(others).map(([key, one]) => [key, { ...own, ...one }])),
      },
      presenters: { edge: { adapter: "memory.presenter", hostnames: ["shop.example.com"], shows: "edge" } },
      links: ["shop", ...Object.keys(others)].map((to) => ({ from: "edge", to, probe: { direct: probed } })),
      ...more,
    });
  };
  return {
    handfast,
    spec: specWith({}),
    specWith,
    stranger: made.stranger,
    ports,
    proved,
    cloud,
    storm,
    shown: () => world.get("association/shop.example.com"),
    balancer,
    mode: () => cloud.listenerSource(listener).current().mode,
    [Symbol.asyncDispose]: async () => {
      stop();
      elb.destroy();
      await Promise.all(closing.map((end) => end()));
      await close();
    },
  };
}

describe("a rehearsal", () => {
  it("is proved by real handshakes before the listener itself verifies, and closed behind it", async () => {
    await using shop = await makeShop();
    const { handfast, spec, proved, ports } = shop;
    const plan = await handfast.plan(spec);
    const summaries = plan.steps.map(({ summary }) => summary);
    const at = (text: string): number => summaries.findIndex((summary) => summary.includes(text));
    expect(at("rehearse at port 9443")).toBeLessThan(at("at port 9443 that shop"));
    expect(at("at port 9443 that shop")).toBeLessThan(at("to verify with"));
    expect(at("to verify with")).toBeLessThan(at("close the rehearsal"));
    const report = await handfast.apply(plan);
    expect(report.status).toBe("done");
    // the two at one port may end in either order
    expect([proved.slice(0, 2), proved.slice(2)].map((some) => some.toSorted())).toEqual([
      ["9443 refused passed", "9443 served passed"],
      ["443 refused passed", "443 served passed"],
    ]);
    expect(shop.mode()).toBe("verify");
    expect(await ports()).toEqual([443]);
    expect((await handfast.plan(spec)).steps.filter(({ kind }) => kind === "write")).toEqual([]);
  });

  it("that fails leaves the listener as it was, and is closed on the way back", async () => {
    let isStrict = true;
    await using shop = await makeShop(
      (prove) => async (request) =>
        isStrict && request.due === "served"
          ? { verdict: "failed", reason: "alert 48", evidence: {} }
          : await prove(request),
    );
    const { handfast, spec, ports } = shop;
    const report = await handfast.apply(await handfast.plan(spec), { onFailure: "roll-back" });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(report.steps.find(({ phase }) => phase === "narrow")).toMatchObject({ status: "skipped" });
    expect(shop.mode()).toBe("off");
    expect(await ports()).toEqual([443]);
    isStrict = false;
    expect((await handfast.apply(await handfast.plan(spec))).status).toBe("done");
    expect(await ports()).toEqual([443]);
  });

  it("of a run that was left where it stopped is closed by the next plan, whatever that wants", async () => {
    await using shop = await makeShop(() => async () => ({ verdict: "failed", reason: "x", evidence: {} }));
    const { handfast, spec, ports, specWith } = shop;
    expect((await handfast.apply(await handfast.plan(spec))).status).toBe("failed");
    expect(await ports()).toEqual([443, port]);
    const closing = (plan: MtlsPlan) =>
      plan.steps.flatMap(({ summary }) => /^(close|rehearse)/.exec(summary)?.[0] ?? []);
    expect(closing(await handfast.plan(spec))).toEqual(["close", "rehearse", "close"]);
    const stay = await handfast.plan(specWith({ mode: "request" }));
    expect(closing(stay)).toEqual(["close"]);
    expect((await handfast.apply(stay)).status).toBe("done");
    expect(await ports()).toEqual([443]);
    expect((await handfast.plan(specWith({ mode: "request" }))).steps).toEqual([]);
  });

  it("that can't be closed holds back no other step of the way back", async () => {
    await using shop = await makeShop(() => async () => ({ verdict: "failed", reason: "x", evidence: {} }));
    const { handfast, spec, specWith, ports, storm } = shop;
    const bare = { ...specWith({ mode: "request" }), links: [], presenters: {}, waves: [] };
    expect((await handfast.apply(await handfast.plan(bare))).status).toBe("done");
    const report = await handfast.apply(await handfast.plan(spec));
    expect(await ports()).toEqual([443, port]);
    expect(shop.shown()).toMatchObject({ shows: { certificate: expect.any(String) } });
    storm.add({
      operation: "DeleteListener",
      fault: { kind: "refuse", status: 403, code: "AccessDenied" },
    });
    const back = await handfast.rollback(report.runId);
    expect(back.steps.find(({ summary }) => summary.startsWith("close"))).toMatchObject({ status: "failed" });
    expect(back.status).toBe("held");
    expect(shop.shown()).not.toMatchObject({ shows: { certificate: expect.any(String) } });
  });

  it("is opened right before the switch, behind the bake of its waves", async () => {
    await using shop = await makeShop();
    const { handfast, specWith } = shop;
    const plan = await handfast.plan(specWith({}, { waves: [{ name: "all", from: ["edge"], bake: "5d" }] }));
    const gate = plan.steps.find(({ kind }) => kind === "wave");
    const open = plan.steps.find((step) => step.kind === "write" && step.step.rehearses !== undefined);
    expect(gate?.summary).toContain("at most 0 failures, then bake for 5 days");
    expect(open?.after).toContain(gate?.id);
  });

  it("is not shared by two listeners of a load balancer", async () => {
    await using shop = await makeShop();
    const { handfast, cloud, balancer, specWith } = shop;
    const other = cloud.addListener(balancer, { port: 8443 });
    const both = specWith({}, {}, { other: { listener: other } });
    await expect(handfast.plan(both)).rejects.toMatchObject({
      code: "PLAN_BLOCKED",
      message: expect.stringMatching(/rehearsal-shared.*shop and other would rehearse at the same port 9443/),
    });
  });

  it("counts as unproved where nothing shows there that anybody is served", async () => {
    await using shop = await makeShop();
    const { handfast, specWith, stranger } = shop;
    const direct = { url: "https://front.elb.example.com/", servername: "{hostname}", show: "stranger" };
    const identities = { stranger: { chain: stranger, key: { secret: "stranger-key" } } };
    const plan = await handfast.plan(specWith({}, { identities, direct }));
    const codes = plan.findings.map(({ code }) => code);
    expect(codes).toContain("rehearsal-unproved");
    expect(codes).toContain("direct-unproved");
  });

  it("is not made at a port that somebody else uses, nor where a third listener would verify", async () => {
    await using shop = await makeShop();
    const { handfast, spec, cloud, balancer, ports } = shop;
    cloud.addListener(balancer, { port });
    await expect(handfast.plan(spec)).rejects.toMatchObject({
      code: "PLAN_BLOCKED",
      message: expect.stringContaining("port 9443"),
    });
    expect(await ports()).toEqual([443, port]);
  });
});
