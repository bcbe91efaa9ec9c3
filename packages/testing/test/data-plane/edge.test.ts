import { X509Certificate } from "node:crypto";
import { createServer } from "node:tls";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { listenOnLoopback } from "../../src/data-plane/loopback.ts";
import {
  type Address,
  type Edge,
  type EdgeOptions,
  type EdgeView,
  edge,
  type ListenerView,
  loadBalancerNodes,
  originServer,
  requestDirectly,
  requestStream,
} from "../../src/index.ts";
import { handMade, handTurned, listening, showing } from "./hand-made-sources.ts";
import { has, type Identity, serverExtensions, workshop } from "./openssl-certificates.ts";

const shop = has("openssl") ? workshop() : undefined;
const made = shop && makeCertificates(shop);

function makeCertificates(bench: NonNullable<typeof shop>) {
  const servers = bench.authority("/CN=Servers");
  const root = bench.authority("/O=Handfast/CN=Clients");
  const server = (...names: readonly string[]): Identity =>
    servers.issue("server", { extensions: serverExtensions(...names) });
  return {
    serverCa: servers.certificate,
    visitorTls: server("app.example.com", "api.example.com"),
    origin: server("origin.example.com"),
    root,
    old: root.issue("old"),
    next: root.issue("next"),
    stranger: bench.authority("/CN=Others").issue("stranger"),
  };
}

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0).reverse()) await close();
});
afterAll(() => shop?.remove());

describe("edge", () => {
  if (made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { serverCa, visitorTls, root, old, next, stranger, origin: originTls } = made;
  const verify = listening({ mode: "verify", anchors: [root.certificate] });

  async function start(
    view: EdgeView,
    listener: ListenerView,
    options: Partial<EdgeOptions> & { maxVersion?: "TLSv1.2" | "TLSv1.3"; servername?: string } = {},
  ) {
    const { maxVersion, servername = "origin.example.com", ...rest } = options;
    const origin = await originServer();
    const source = handMade(view);
    const balancerSource = handMade(listener);
    const balancer = await loadBalancerNodes({
      source: balancerSource,
      server: originTls,
      target: origin.url,
    });
    const front = await edge({
      hostnames: {
        "app.example.com": { source, origin: { ...balancer.front, plain: origin, servername, maxVersion } },
      },
      visitorTls,
      servers: 1,
      warm: { perServer: 2 },
      ...rest,
    });
    running.push(origin, balancer, front);
    return { origin, source, balancerSource, balancer, front };
  }

  const visit = (front: Edge | Address, servername = "app.example.com", more = {}) =>
    requestDirectly({ ...("front" in front ? front.front : front), servername, ca: serverCa, ...more });
  const status = async (front: Edge | Address): Promise<number | string> => {
    const answer = await visit(front);
    return answer.kind === "answered" ? answer.status : answer.code;
  };
  const seenBy = async (front: Edge): Promise<string | undefined> => {
    const answer = await visit(front);
    const seen = answer.kind === "answered" ? answer.headers["x-seen-client-cert"] : answer.code;
    return [old, next, stranger].find(({ certificate }) => decodeURIComponent(String(seen)) === certificate)
      ?.certificate;
  };

  test("goes on using a warm connection with the certificate that it was opened with", async () => {
    const clock = handTurned();
    const warm = { perServer: 2, maxRequests: 4, maxAgeMs: 30_000 };
    const { front, source } = await start(showing(old), verify, { clock, warm });
    expect(await seenBy(front)).toBe(old.certificate);
    source.set(showing(next));
    for (let i = 0; i < 3; i += 1) expect(await seenBy(front)).toBe(old.certificate);
    expect(await seenBy(front)).toBe(next.certificate);
    source.set(showing(old));
    clock.turn(29_999);
    expect(await seenBy(front)).toBe(next.certificate);
    clock.turn(1);
    expect(await seenBy(front)).toBe(old.certificate);
    const connections = front.requests.map(({ connection }) => connection?.number);
    expect(connections).toEqual([1, 1, 1, 1, 2, 2, 3]);
    expect(front.requests.map(({ connection }) => connection?.reused)).toEqual([
      ...[false, true, true, true],
      ...[false, true],
      false,
    ]);
    const serials = front.requests.map(({ connection }) => connection?.shown);
    expect(serials[0]).toBe(new X509Certificate(old.certificate).serialNumber);
    expect(serials[4]).toBe(new X509Certificate(next.certificate).serialNumber);
    expect(front.requests[5]?.connection?.openedAt).toBeLessThan(front.requests[5]?.at ?? 0);
  });

  test("keeps a 200 alive over warm connections after the origin began to verify, and fails fresh ones", async () => {
    const { front, balancerSource, balancer } = await start(showing(), listening());
    expect(await status(front)).toBe(200);
    balancerSource.set(verify);
    expect(await status(front)).toBe(200);
    expect(front.requests.at(-1)?.connection?.reused).toBe(true);
    expect(await requestDirectly({ ...balancer.front, servername: "origin.example.com" })).toMatchObject({
      kind: "refused",
    });
  });

  test("opens a connection for each request when none is kept", async () => {
    const { front, source, balancerSource } = await start(showing(), listening(), { warm: { perServer: 0 } });
    expect(await status(front)).toBe(200);
    balancerSource.set(verify);
    expect(await status(front)).toBe(520);
    source.set(showing(old));
    expect(await status(front)).toBe(200);
    expect(front.requests.map(({ connection }) => connection?.reused ?? "none")).toEqual([
      false,
      "none",
      false,
    ]);
  });

  test.each([
    ["525 for a handshake that the origin broke off, TLS 1.2", "TLSv1.2", 525],
    ["520 for a connection that was closed behind the handshake, TLS 1.3", "TLSv1.3", 520],
  ] as const)("answers %s, and sends it once", async (_name, maxVersion, expected) => {
    const { front, balancer, origin } = await start(showing(stranger), verify, { maxVersion });
    expect(await status(front)).toBe(expected);
    expect(balancer.connections.map(({ reason }) => reason)).toEqual(["ClientCertUntrusted"]);
    expect(origin.requests).toEqual([]);
  });

  const trusting = { originCa: [serverCa] };
  test.each([
    ["strict, good", showing(old, "strict"), trusting, 200],
    ["strict, unknown issuer", showing(old, "strict"), {}, 526],
    ["strict, another name", showing(old, "strict"), { ...trusting, servername: "other.example.com" }, 526],
    ["origin_pull, unknown issuer", showing(old, "origin_pull"), {}, 526],
    ["full, unknown issuer", showing(old, "full"), {}, 200],
    ["full, another name", showing(old, "full"), { servername: "other.example.com" }, 200],
  ] as const)(
    "holds the origin's certificate against the SSL mode: %s",
    async (_name, view, options, expected) => {
      const { front, origin } = await start(view, verify, options);
      expect(await status(front)).toBe(expected);
      expect(origin.requests).toHaveLength(expected === 200 ? 1 : 0);
    },
  );

  test("judges the origin's certificate by its clock", async () => {
    const clock = handTurned();
    const { front } = await start(showing(old, "strict"), listening(), {
      ...trusting,
      clock,
      warm: { perServer: 0 },
    });
    expect(await status(front)).toBe(200);
    clock.turn(31 * 24 * 3_600_000);
    expect(await status(front)).toBe(526);
  });

  test.each(["off", "flexible"] as const)(
    "speaks plain HTTP and shows nothing in the SSL mode %s",
    async (mode) => {
      const { front, origin, balancer } = await start(showing(old, mode), verify);
      expect(await status(front)).toBe(200);
      expect(balancer.connections).toEqual([]);
      expect(origin.requests.map(({ seen }) => seen)).toEqual([undefined]);
      expect(front.requests.map(({ connection }) => connection?.shown)).toEqual([undefined]);
    },
  );

  test("never uses a plain connection once the SSL mode asks for TLS", async () => {
    const { front, source, balancer } = await start(showing(old, "flexible"), verify);
    expect(await status(front)).toBe(200);
    source.set(showing(old, "full"));
    expect(await seenBy(front)).toBe(old.certificate);
    expect(balancer.connections).toHaveLength(1);
  });

  test("lets its servers disagree until a change has reached each", async () => {
    const clock = handTurned();
    const { front, source } = await start(showing(old), verify, {
      clock,
      servers: 2,
      warm: { perServer: 0 },
      lag: (server) => server * 5_000,
    });
    source.set(showing());
    expect(await Promise.all(front.servers.map(status))).toEqual([520, 200]);
    expect(front.pending()).toBe(1);
    clock.turn(5_000);
    expect(await Promise.all(front.servers.map(status))).toEqual([520, 520]);
    expect(front.pending()).toBe(0);
    expect(new Set(front.requests.map(({ server }) => server))).toEqual(new Set([0, 1]));
  });

  test("says who asked, and passes everything else on", async () => {
    const { front, origin } = await start(showing(old), verify);
    const answer = await visit(front, "app.example.com", {
      path: "/a?b=c",
      method: "POST",
      body: "x".repeat(100_000),
      headers: { "x-own": "1", "x-amzn-mtls-clientcert-leaf": "forged" },
    });
    expect(answer).toMatchObject({ kind: "answered", status: 200 });
    const [seen] = origin.requests;
    expect(seen).toMatchObject({ method: "POST", path: "/a?b=c" });
    expect(seen?.headers).toMatchObject({
      host: "app.example.com",
      "cf-connecting-ip": "127.0.0.1",
      "cf-ray": front.requests[0]?.ray,
      "content-length": "100000",
      "x-own": "1",
    });
    expect(decodeURIComponent(seen?.seen ?? "")).toBe(old.certificate);
    expect(await visit(front, "api.example.com")).toMatchObject({ status: 409, body: "error code: 1001" });
  });

  test("leaves no socket open when it is closed, and stops listening to its sources", async () => {
    const { front, balancer, origin, source } = await start(showing(old), verify, { servers: 2 });
    const visitors = requestStream({
      url: "https://app.example.com/",
      connect: front.front,
      ca: serverCa,
      every: 5,
    });
    await status(front);
    await visitors.stop();
    await Promise.all([front, balancer, origin].map(({ close }) => close()));
    const open = (): string[] => process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS)/.test(name));
    for (let turns = 0; turns < 100 && open().length > 0; turns += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(open()).toEqual([]);
    expect(source.listeners()).toBe(0);
  });

  test("answers 521 when nothing listens at the origin", async () => {
    const { front, balancer } = await start(showing(old), verify);
    await balancer.close();
    expect(await status(front)).toBe(521);
  });

  test.each([
    ["GET", 200, 2],
    ["POST", 520, 1],
  ] as const)(
    "sends %s again only if that is safe, when a kept connection was closed",
    async (method, expected, opened) => {
      let connections = 0;
      const closing = createServer({ cert: originTls.certificate, key: originTls.key }, (socket) => {
        connections += 1;
        let requests = 0;
        socket.on("error", () => undefined);
        socket.on("data", () => {
          requests += 1;
          if (requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
          else socket.destroy();
        });
      });
      const address = await listenOnLoopback(closing);
      const source = handMade(showing());
      const origin = { ...address, servername: "origin.example.com" };
      const front = await edge({
        hostnames: new Map([["app.example.com", { source, origin }]]),
        visitorTls,
        servers: 1,
      });
      running.push({ close: () => new Promise((resolve) => closing.close(() => resolve())) }, front);
      expect(await status(front)).toBe(200);
      expect(await visit(front, "app.example.com", { method })).toMatchObject({ status: expected });
      expect(connections).toBe(opened);
      expect(front.requests.at(-1)?.retried).toBe(method === "GET");
    },
  );

  test("loses no visitor's request in the right order, and loses fresh ones in the wrong one", async () => {
    const { front, source, balancerSource, origin } = await start(showing(), listening(), {
      servers: 2,
      warm: { perServer: 2, maxRequests: 3 },
    });
    const visitors = requestStream({
      url: "https://app.example.com/x",
      connect: front.front,
      ca: serverCa,
      every: 2,
    });
    const until = async (sent: number): Promise<void> => {
      const from = visitors.counts().sent;
      while (visitors.counts().sent < from + sent) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(30);
    source.set(showing(old));
    await until(60);
    balancerSource.set(verify);
    await until(30);
    const good = visitors.counts();
    expect(good).toMatchObject({ failed: 0, failedBy: {} });
    expect(good.ok + good.underWay).toBe(good.sent);
    expect(origin.requests.at(-1)?.seen).toBeDefined();

    source.set(showing());
    await until(60);
    const counts = await visitors.stop();
    expect(counts.failed).toBeGreaterThan(20);
    expect(counts.failedBy).toEqual({ 520: counts.failed });
    expect(counts.ok + counts.failed).toBe(counts.sent);
    expect(counts.underWay).toBe(0);
    expect(front.requests).toHaveLength(counts.sent);
  });
});
