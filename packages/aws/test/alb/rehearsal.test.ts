import { connect } from "node:net";
import {
  DescribeListenersCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  createHandfast,
  fromValue,
  MemoryWorld,
  memoryJournal,
  memoryPresenter,
  type Prober,
  systemClock,
} from "@handfast/core";
import { createAuthority, createCsr, generateKey, prober } from "@handfast/pki";
import { aws, loadBalancerNodes, simulate, turnableClock } from "@handfast/testing";
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
  const server = await root.issue(await createCsr({ subject: "CN=shop.example.com", key: serverKey }), {
    days: 30,
    notBefore: start,
  });
  return {
    root: root.certificate.pem,
    leaf: leaf.pem,
    key: key.export(),
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
  const cloud = aws({ clock });
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
    secrets: { "edge-key": fromValue(made.key) },
    prober: judge(real),
    proof: { times: 1, atMostMs: 1_000 },
    clock,
  });
  const spec = handfast.spec({
    trust: { edge: { anchors: made.root } },
    identities: { edge: { chain: made.leaf, key: { secret: "edge-key" } } },
    verifiers: {
      shop: { adapter: "aws.alb", listener, mode: "required", trust: "edge", rehearsalPort: port },
    },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["shop.example.com"], shows: "edge" } },
    links: [
      {
        from: "edge",
        to: "shop",
        probe: { direct: { url: "https://front.elb.example.com/", servername: "{hostname}" } },
      },
    ],
  });
  return {
    handfast,
    spec,
    ports,
    proved,
    cloud,
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

  it("that fails leaves the listener as it was, and what it opened until it is retired", async () => {
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
    expect(await ports()).toEqual([443, port]);
    const again = await handfast.plan(spec);
    expect(again.steps.flatMap(({ summary }) => /^(close|rehearse)/.exec(summary)?.[0] ?? [])).toEqual([
      "close",
      "rehearse",
      "close",
    ]);
    await handfast.retire(report.takenBack?.[0]?.runId ?? "");
    await handfast.retire(report.runId).catch(() => {});
    expect(await ports()).toEqual([443]);
    isStrict = false;
    expect((await handfast.apply(await handfast.plan(spec))).status).toBe("done");
    expect(await ports()).toEqual([443]);
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
