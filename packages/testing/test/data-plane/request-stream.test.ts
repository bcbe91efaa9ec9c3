import { createServer, type Server } from "node:https";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type Address, listenOnLoopback } from "../../src/data-plane/loopback.ts";
import { requestStream } from "../../src/index.ts";
import { handTurned } from "./hand-made-sources.ts";
import { has, serverExtensions, workshop } from "./openssl-certificates.ts";

const shop = has("openssl") ? workshop() : undefined;
const servers = shop?.authority("/CN=Servers");
const tls = servers?.issue("server", { extensions: serverExtensions("app.example.com") });

const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
afterAll(() => shop?.remove());

describe("requestStream", () => {
  if (servers === undefined || tls === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const ca = servers.certificate;
  const url = "https://app.example.com/x";

  async function serve(
    listener: Parameters<typeof createServer>[1],
  ): Promise<{ server: Server; address: Address }> {
    const server = createServer({ cert: tls?.certificate, key: tls?.key }, listener);
    running.push(server);
    return { server, address: await listenOnLoopback(server) };
  }
  const until = async (met: () => boolean): Promise<void> => {
    while (!met()) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  test("counts every request once, by what became of it", async () => {
    let count = 0;
    const { address } = await serve((_request, response) => {
      count += 1;
      const kind = count % 4;
      if (kind === 0) response.end("ok");
      else if (kind === 1) response.writeHead(503).end();
      else if (kind === 2) response.socket?.destroy();
      else {
        response.writeHead(200, { "content-length": 10 });
        response.write("half");
        setImmediate(() => response.socket?.destroy());
      }
    });
    const clock = handTurned();
    const stream = requestStream({ url, connect: address, ca, every: 1, connections: "fresh", clock });
    await until(() => stream.counts().sent >= 40);
    const counts = await stream.stop();
    expect(counts.sent).toBe(count);
    expect(counts.ok + counts.failed).toBe(counts.sent);
    expect(counts.ok).toBe(Math.floor(count / 4));
    const ofKind = (kind: number): number => Math.floor((count + 4 - kind) / 4);
    expect(counts.failedBy).toEqual({ 503: ofKind(1), ECONNRESET: ofKind(2), INCOMPLETE: ofKind(3) });
    expect(counts.failures).toHaveLength(counts.failed);
    expect(new Set(counts.failures.map(({ at }) => at))).toEqual(new Set([clock.now()]));
  });

  test.each([
    ["fresh", (sent: number) => sent],
    ["mixed", (sent: number) => Math.floor(sent / 2) + 1],
    ["kept", () => 1],
  ] as const)("opens connections as it was told: %s", async (connections, expected) => {
    const { server, address } = await serve((_request, response) => response.end("ok"));
    let opened = 0;
    server.on("secureConnection", () => {
      opened += 1;
    });
    const stream = requestStream({ url, connect: () => address, ca, every: 5, concurrency: 1, connections });
    await until(() => stream.counts().sent >= 8);
    const counts = await stream.stop();
    expect(counts).toMatchObject({ ok: counts.sent, failed: 0 });
    expect(opened).toBe(expected(counts.sent));
  });

  test("holds requests back when enough are under way, and finishes those when it is aborted", async () => {
    const waiting: (() => void)[] = [];
    const { address } = await serve((_request, response) => waiting.push(() => response.end("ok")));
    const abort = new AbortController();
    const options = { url, connect: address, ca, every: 1, concurrency: 3, signal: abort.signal };
    const stream = requestStream(options);
    await until(() => waiting.length === 3 && stream.counts().heldBack > 3);
    expect(stream.counts()).toMatchObject({ sent: 3, ok: 0, failed: 0, underWay: 3 });
    abort.abort();
    for (const answer of waiting) answer();
    expect(await stream.stop()).toMatchObject({ sent: 3, ok: 3, failed: 0, underWay: 0 });
  });

  test.each([
    ["an answer that never comes", { timeoutMs: 30 }, "TIMEOUT"],
    ["a server that it doesn't trust", { ca: "" }, /SELF_SIGNED|UNABLE_TO/],
    ["a port where nothing listens", { connect: { host: "127.0.0.1", port: 1 } }, "ECONNREFUSED"],
  ] as const)("counts %s as failed", async (_name, options, reason) => {
    const { address } = await serve(() => undefined);
    const stream = requestStream({ url, connect: address, ca, every: 10_000, ...options });
    const { sent, ok, failed, failures } = await stream.stop();
    expect({ sent, ok, failed }).toEqual({ sent: 1, ok: 0, failed: 1 });
    expect(failures[0]?.reason).toMatch(reason);
  });
});
