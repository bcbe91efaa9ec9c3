import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { Agent, request } from "node:https";
import { connect as connectTcp } from "node:net";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import {
  type DistributionNodes,
  type DistributionNodesOptions,
  distributionNodes,
} from "../../src/data-plane/distribution-nodes.ts";
import type { Address } from "../../src/data-plane/loopback.ts";
import { originServer } from "../../src/data-plane/origin-server.ts";
import type { DistributionView } from "../../src/data-plane/sources.ts";
import { behaving, checking, distributing, makeCertificates } from "./distribution-certificates.ts";
import { handMade } from "./hand-made-sources.ts";
import { has, type Identity, run, workshop } from "./openssl-certificates.ts";
import { plainServer } from "./plain-server.ts";

const shop = has("openssl") ? workshop() : undefined;
const curl = has("curl", "--version");
const made = shop && makeCertificates(shop);

const running: { close(): Promise<void> }[] = [];
const sessions: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  for (const { close } of running.splice(0).reverse()) await close();
});
afterAll(() => shop?.remove());

describe("distributionNodes, connection by connection,", () => {
  if (shop === undefined || made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { root, good, stranger, serverCa } = made;
  const required = distributing({
    viewer: checking("required", [root]),
    behaviours: [behaving({ forwards: ["cloudfront-viewer-cert-serial-number"] })],
  });
  const file = (name: string, content: string): string => shop.file(name, content);
  const ca = file("server-ca.pem", serverCa);

  async function start(view: DistributionView, options: Partial<DistributionNodesOptions> = {}) {
    const origin = await originServer();
    const source = handMade(view);
    const edge = await distributionNodes({
      source,
      nodes: 1,
      server: made?.server ?? { certificate: "", key: "" },
      resolve: () => origin,
      ...options,
    });
    running.push(origin, edge);
    return { origin, source, edge };
  }

  const get = (edge: DistributionNodes, agent: Agent): Promise<string> =>
    new Promise((resolve, reject) => {
      const to = { ...edge.front, servername: "app.example.com", path: "/x", ca: serverCa, agent };
      const sent = request({ ...to, headers: { host: "app.example.com" } }, (response) =>
        text(response).then(() => resolve(String(response.statusCode)), reject),
      );
      sent.on("error", reject);
      sent.end();
    });
  const open = (edge: DistributionNodes, identity?: Identity): ClientHttp2Session => {
    const session = connectHttp2(`https://app.example.com`, {
      createConnection: () =>
        connect({
          ...edge.front,
          servername: "app.example.com",
          ca: serverCa,
          ALPNProtocols: ["h2"],
          ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
        }),
    });
    sessions.push(session);
    session.on("error", () => undefined);
    return session;
  };
  const over = (session: ClientHttp2Session, headers: Record<string, string> = {}, body?: string) =>
    new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }>(
      (resolve, reject) => {
        const stream = session.request({ ":path": "/x", ...headers }, { endStream: body === undefined });
        stream.once("response", (answer) => {
          text(stream).then(
            (got) => resolve({ status: answer[":status"], headers: answer, body: got }),
            reject,
          );
        });
        stream.on("error", reject);
        stream.once("close", () => reject(new Error("closed")));
        if (body !== undefined) stream.end(body);
      },
    );
  const closed = (session: ClientHttp2Session): Promise<void> =>
    session.closed ? Promise.resolve() : new Promise((resolve) => session.once("close", () => resolve()));

  test("keeps what a connection has negotiated when the mode changes, over HTTP/1.1 and HTTP/2", async () => {
    const { source, edge } = await start(distributing());
    const agent = new Agent({ keepAlive: true });
    const session = open(edge);
    await over(session);
    expect([await get(edge, agent), (await over(session)).status]).toEqual(["200", 200]);
    source.set(required);
    expect([await get(edge, agent), (await over(session)).status]).toEqual(["200", 200]);
    expect(edge.connections.map(({ alpn }) => alpn)).toEqual(["h2", undefined]);
    agent.destroy();
    await expect(get(edge, new Agent())).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(over(open(edge))).rejects.toThrow();
    expect(edge.connections.slice(2).map(({ reason }) => reason)).toEqual(Array(2).fill("ClientCertMissing"));
  });

  test("carries requests over HTTP/2 as over HTTP/1.1, several at once", async () => {
    const { origin, edge } = await start(required);
    const session = open(edge, good);
    const body = "x".repeat(100_000);
    const post = over(session, { ":method": "POST", "x-own": "1", cookie: "a=1" }, body);
    const head = over(session, { ":method": "HEAD", ":path": "/head" });
    const other = over(session, { ":authority": "other.example.com" });
    expect(await post).toMatchObject({ status: 200, headers: { "x-cache": "Miss from cloudfront" } });
    expect(await head).toMatchObject({ status: 200, body: "" });
    expect(await other).toMatchObject({ status: 403 });
    const posted = origin.requests.find(({ method }) => method === "POST");
    expect(posted).toMatchObject({
      path: "/x",
      headers: { "content-length": "100000", via: "2.0 d1.cloudfront.net (CloudFront)" },
    });
    expect(posted?.headers["cloudfront-viewer-cert-serial-number"]).toMatch(/^[\da-f:]+$/);
    expect(edge.requests.map(({ version }) => version)).toEqual(["2.0", "2.0", "2.0"]);
    expect(edge.connections).toHaveLength(1);
  });

  test("offers HTTP/2 only where it is to", async () => {
    const { edge } = await start(distributing(), { http2: false });
    await expect(over(open(edge))).rejects.toThrow();
    expect(await get(edge, new Agent())).toBe("200");
  });

  test.each([
    ["that has carried nothing", ""],
    ["that has carried a request", "GET / HTTP/1.1\r\nhost: app.example.com\r\n\r\n"],
  ])("ends an idle connection %s with close_notify and no error", async (_name, sent) => {
    const { edge } = await start(distributing(), { idleMs: 40 });
    const socket = connect({ ...edge.front, servername: "app.example.com", ca: serverCa });
    const events: string[] = [];
    for (const event of ["error", "end"]) socket.on(event, () => events.push(event));
    socket.resume();
    socket.write(sent);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(events).toEqual(["end"]);
  });

  test("ends an idle HTTP/2 connection without an error, and finishes what is under way", async () => {
    const slow = await slowly(90);
    const { edge } = await start(distributing(), { idleMs: 30, resolve: () => slow });
    const session = open(edge);
    const errors: unknown[] = [];
    session.on("error", (error) => errors.push(error));
    expect(await over(session)).toMatchObject({ status: 200, body: "late" });
    await closed(session);
    expect(errors).toEqual([]);
    expect(await get(edge, new Agent())).toBe("200");
  });

  async function slowly(ms: number): Promise<Address> {
    const server = await plainServer((_request, response) => void setTimeout(() => response.end("late"), ms));
    running.push(server);
    return server;
  }

  test("cuts the connections that viewers keep when it is closed, and leaves no socket open", async () => {
    const { edge, origin, source } = await start(distributing(), { nodes: 2 });
    const session = open(edge);
    await over(session);
    const agent = new Agent({ keepAlive: true });
    await get(edge, agent);
    await Promise.all([edge.close(), closed(session), origin.close()]);
    const left = (): string[] => process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS)/.test(name));
    for (let turns = 0; turns < 100 && left().length > 0; turns += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(left()).toEqual([]);
    expect(source.listeners()).toBe(0);
    await expect(get(edge, new Agent())).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("survives viewers who cut their connections", async () => {
    const slow = await slowly(30);
    const { edge } = await start(distributing(), { resolve: () => slow });
    const session = open(edge);
    const lost = over(session).catch(() => "lost");
    const raw = connectTcp(edge.front);
    const socket = connect({ socket: raw, servername: "app.example.com", ca: serverCa });
    socket.on("error", () => undefined);
    socket.write("POST / HTTP/1.1\r\nhost: app.example.com\r\ncontent-length: 9\r\n\r\nabc");
    await new Promise((resolve) => setTimeout(resolve, 20));
    session.destroy();
    raw.resetAndDestroy();
    expect(await lost).toBe("lost");
    expect(await get(edge, new Agent())).toBe("200");
  });

  test.each([
    ["off", distributing(), true],
    ["passthrough", distributing({ viewer: { mode: "passthrough" } }), false],
    ["required", required, false],
  ] as const)("resumes a session only when it asks for no certificate: %s", async (_name, view, resumes) => {
    const { edge } = await start(view);
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const visit = (session?: Buffer): Promise<{ session: Buffer | undefined; reused: boolean }> =>
        new Promise((resolve, reject) => {
          const socket = connect({
            ...edge.front,
            servername: "app.example.com",
            ca: serverCa,
            cert: good.certificate,
            key: good.key,
            minVersion: version,
            maxVersion: version,
            session,
          });
          let ticket: Buffer | undefined;
          let reused = false;
          socket.on("session", (given) => {
            ticket = given;
          });
          socket.once("secureConnect", () => {
            reused = socket.isSessionReused();
            socket.write("GET / HTTP/1.1\r\nhost: app.example.com\r\nconnection: close\r\n\r\n");
          });
          socket.on("error", reject);
          socket.resume();
          socket.once("close", () => resolve({ session: ticket, reused }));
        });
      const { session } = await visit();
      expect((await visit(session)).reused).toBe(resumes);
    }
  });

  const sClient = (edge: DistributionNodes, ...more: readonly string[]) => {
    const { host, port } = edge.front;
    const to = ["-connect", `${host}:${port}`, "-servername", "app.example.com", "-CAfile", ca];
    return run("openssl", ["s_client", ...to, ...more], "");
  };
  const identityArgs = (name: string, { certificate, key }: Identity): string[] => [
    ...["-cert", file(`${name}.pem`, certificate)],
    ...["-key", file(`${name}.key`, key)],
  ];

  const naming = (mode: "optional" | "required") =>
    distributing({ viewer: { ...checking(mode, [root], { advertiseNames: true }) } });
  test.each([
    ["off", distributing(), "asks for nothing"],
    ["passthrough", distributing({ viewer: { mode: "passthrough" } }), "asks without names"],
    ["required", required, "asks without names"],
    ["optional with names", naming("optional"), "asks with names"],
    ["required with names", naming("required"), "asks with names"],
  ])("asks openssl s_client for a certificate by mode: %s", async (_name, view, expected) => {
    const { edge } = await start(view);
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const { output } = await sClient(edge, version, ...identityArgs("good", good));
      expect(output).toContain("Verify return code: 0 (ok)");
      const names = /Acceptable client certificate CA names\n(.*)\n/.exec(output)?.[1];
      const asks = /Requested Signature Algorithms|Client Certificate Types/.test(output);
      const found = names === undefined ? "asks without names" : "asks with names";
      expect(asks ? found : "asks for nothing").toBe(expected);
      if (names !== undefined) expect(names).toBe("O = Handfast, CN = Clients");
    }
  });

  test.skipIf(!curl)("answers curl with a good certificate, and breaks off for another or none", async () => {
    const { edge } = await start(required);
    const fetchBy = (http: string, version: string, identity?: [string, Identity]) =>
      run("curl", [
        ...[
          "-sS",
          "--noproxy",
          "*",
          "--cacert",
          ca,
          http,
          version,
          "--tls-max",
          version.replace("--tlsv", ""),
        ],
        ...["--connect-to", `app.example.com:443:127.0.0.1:${edge.front.port}`, "-o", "/dev/null"],
        ...["-w", "%{http_version} %{http_code}"],
        ...(identity === undefined
          ? []
          : identityArgs(...identity).map((arg) => (arg.startsWith("-") ? `-${arg}` : arg))),
        "https://app.example.com/hi",
      ]);
    for (const http of ["--http1.1", "--http2"]) {
      for (const version of ["--tlsv1.2", "--tlsv1.3"]) {
        const served = await fetchBy(http, version, ["good", good]);
        expect(served).toEqual({ code: 0, output: http === "--http2" ? "2 200" : "1.1 200" });
        // 16: HTTP/2 framing; 35: the handshake failed; 55: writing failed; 56: reading failed.
        const codes = version === "--tlsv1.2" ? [35] : [16, 55, 56];
        expect(codes).toContain((await fetchBy(http, version)).code);
        expect(codes).toContain((await fetchBy(http, version, ["stranger", stranger])).code);
      }
    }
  });
});
