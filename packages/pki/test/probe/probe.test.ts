import { createSecureServer } from "node:http2";
import { connect, type Socket } from "node:net";
import {
  type Authority,
  createAuthority,
  type Leaf,
  type LocalKey,
  type ProbeOptions,
  type ProbeResult,
  probe,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { ecKey, makeClient, makeRoot } from "../world.ts";
import { listen, type ServerIdentity, serverIdentity, tcpServer, tlsServer } from "./servers.ts";

const now = Date.now();
let root: Authority;
let server: ServerIdentity;
let good: { leaf: Leaf; key: LocalKey };
let bad: { leaf: Leaf; key: LocalKey };

beforeAll(async () => {
  root = await makeRoot("probe root,O=Example", now - 60_000);
  server = await serverIdentity(root);
  good = await makeClient(root);
  bad = await makeClient(await makeRoot("stranger", now - 60_000));
});

const identity = ({ leaf, key }: { leaf: Leaf; key: LocalKey }): { chain: string; key: string } => ({
  chain: leaf.chain,
  key: key.export(),
});

const ask = (port: number, options: Partial<ProbeOptions> = {}): Promise<ProbeResult> =>
  probe({ host: "127.0.0.1", port, timeoutMs: 5000, ...options });

describe.each(["TLSv1.2", "TLSv1.3"] as const)("probe over %s", (version) => {
  const versions = { minVersion: version, maxVersion: version };

  it.each([
    ["a good certificate", "accepted", () => ({ identity: identity(good) })],
    ["a stranger's certificate", "refused", () => ({ identity: identity(bad) })],
    ["no certificate", "refused", () => ({})],
  ] as const)("says what a server that requires a certificate does with %s", async (_, verdict, shown) => {
    const ca = root.trust.anchors;
    const port = await tlsServer({ ...server, ...versions, ca, requestCert: true, rejectUnauthorized: true });
    for (const request of [undefined, { method: "GET", path: "/healthz" }]) {
      const seen = await ask(port, { ...shown(), request });
      expect(seen).toMatchObject({
        verdict,
        asked: true,
        caNames: ["CN=probe root,O=Example"],
        protocol: version,
        httpStatus: verdict === "accepted" ? 200 : undefined,
      });
      expect(seen.caNamesDer).toHaveLength(1);
      expect(seen.signatureAlgorithms).toContain("ecdsa_secp256r1_sha256");
    }
  });

  it("accepts a server that asks and lets everybody in, and one that does not ask", async () => {
    const asking = await tlsServer({ ...server, ...versions, requestCert: true, rejectUnauthorized: false });
    const silent = await tlsServer({ ...server, ...versions });
    for (const shown of [{}, { identity: identity(bad) }]) {
      expect(await ask(asking, shown)).toMatchObject({ asked: true, verdict: "accepted", caNames: [] });
      expect(await ask(silent, shown)).toMatchObject({ asked: false, verdict: "accepted", caNames: [] });
    }
  });

  it("calls a server that did not ask and closes inconclusive", async () => {
    const port = await tlsServer({ ...server, ...versions }, (socket) => socket.end());
    expect(await ask(port)).toMatchObject({ asked: false, verdict: "inconclusive", reason: "closed" });
  });

  it("waits for the answer, and calls it inconclusive when none comes", async () => {
    const ca = root.trust.anchors;
    const port = await tlsServer({ ...server, ...versions, ca, requestCert: true }, () => undefined);
    const seen = await ask(port, { identity: identity(good), timeoutMs: 600 });
    expect(seen).toMatchObject({ asked: true, verdict: "inconclusive", reason: "answer-timeout" });
    expect(seen.timings.handshake).toBeDefined();
  });

  it("does not take bytes that are not HTTP for an answer", async () => {
    const options = { ...server, ...versions, requestCert: true, rejectUnauthorized: false };
    const port = await tlsServer(options, (socket) => socket.end("220 mail.example.com ESMTP\r\n"));
    expect(await ask(port)).toMatchObject({ asked: true, verdict: "inconclusive", reason: "not-http" });
  });

  it("reads a list of CA names that fills many records", async () => {
    const key = await ecKey();
    const roots: Authority[] = [];
    for (let index = 0; index < 250; index += 1)
      roots.push(await createAuthority({ subject: `CN=${index},L=${"x".repeat(80)}`, key }));
    const ca = roots.map(({ certificate }) => certificate.pem);
    const port = await tlsServer({
      ...server,
      ...versions,
      ca,
      requestCert: true,
      rejectUnauthorized: false,
    });
    const seen = await ask(port);
    expect(seen.asked).toBe(true);
    expect(new Set(seen.caNames).size).toBe(250);
  });
});

describe("probe", () => {
  it("sees through a HelloRetryRequest", async () => {
    const options = { ...server, ecdhCurve: "P-521", minVersion: "TLSv1.3", requestCert: true } as const;
    const port = await tlsServer({ ...options, ca: root.trust.anchors, rejectUnauthorized: true });
    const bytes: Buffer[] = [];
    const seen = await ask(port, {
      identity: identity(good),
      connect: (target) => {
        const socket = connect(target);
        socket.on("data", (chunk) => bytes.push(chunk));
        return socket;
      },
    });
    expect(Buffer.concat(bytes).toString("hex")).toContain("cf21ad74e59a6111be1d8c021e65b891");
    expect(seen).toMatchObject({ asked: true, caNames: ["CN=probe root,O=Example"], verdict: "accepted" });
  });

  it.each(["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])(
    "reads the request under %s",
    async (ciphers) => {
      const port = await tlsServer({ ...server, ciphers, requestCert: true, rejectUnauthorized: false });
      expect(await ask(port)).toMatchObject({ asked: true, cipher: ciphers, verdict: "accepted" });
    },
  );

  it("reports the answer and the server's chain", async () => {
    const port = await tlsServer({ ...server });
    const seen = await ask(port, {
      servername: "localhost",
      ca: root.trust.anchors,
      request: { method: "GET", path: "/a?b", headers: { "x-mine": "1" } },
    });
    expect(seen).toMatchObject({
      verdict: "accepted",
      httpStatus: 200,
      serverChain: [{ subject: "CN=localhost", sha256: server.leaf.sha256 }],
    });
    expect(seen.headers).toMatchObject({
      "x-path": "/a?b",
      "x-host": `localhost:${port}`,
      "set-cookie": "a=1, b=2",
    });
    expect(seen.timings.total).toBeGreaterThanOrEqual(seen.timings.handshake ?? Number.NaN);
    expect(JSON.parse(JSON.stringify(seen))).toMatchObject({ verdict: "accepted" });
  });

  it("speaks HTTP/2 where ALPN chooses it", async () => {
    const http2 = createSecureServer({ ...server, requestCert: true, rejectUnauthorized: false });
    http2.on("stream", (stream, headers) => {
      stream.respond({ ":status": 204, "x-path": headers[":path"] ?? "" });
      stream.end();
    });
    const port = await listen(http2);
    const seen = await ask(port, { alpn: ["h2", "http/1.1"], request: { path: "/two" } });
    expect(seen).toMatchObject({ asked: true, verdict: "accepted", alpn: "h2", httpStatus: 204 });
    expect(seen.headers).toMatchObject({ "x-path": "/two" });
  });

  it("refuses to be sure when the server's own certificate is not trusted", async () => {
    const port = await tlsServer({ ...server });
    const other = await makeRoot("other", now - 60_000);
    const seen = await ask(port, { ca: other.trust.anchors });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason: "server-not-trusted" });
  });

  it.each([
    ["garbage", (socket: Socket) => socket.write("SSH-2.0-OpenSSH_9.2p1\r\n"), "not-tls"],
    ["nothing, for ever", () => undefined, "silent"],
    [
      "a reset in mid-handshake",
      (socket: Socket) => socket.once("data", () => socket.resetAndDestroy()),
      "reset",
    ],
    ["a close in mid-handshake", (socket: Socket) => socket.once("data", () => socket.end()), "closed"],
  ])("calls a server that sends %s inconclusive", async (_, serve, reason) => {
    const port = await tcpServer((socket) => void serve(socket));
    const seen = await ask(port, { identity: identity(good), timeoutMs: 700 });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason, asked: undefined });
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "takes a reset that answers the client's certificate for a refusal, %s",
    async (version) => {
      const ca = root.trust.anchors;
      const options = { ...server, minVersion: version, maxVersion: version, ca, requestCert: true };
      const behind = await tlsServer(options, () => undefined);
      const port = await tcpServer((front) => {
        const back = connect({ host: "127.0.0.1", port: behind });
        let flights = 0;
        front.on("data", (chunk) => {
          flights += 1;
          if (flights === 1) back.write(chunk);
          else {
            front.resetAndDestroy();
            back.destroy();
          }
        });
        back.on("data", (chunk) => front.write(chunk));
        back.on("error", () => front.destroy());
      });
      const seen = await ask(port, { identity: identity(bad) });
      expect(seen).toMatchObject({ asked: true, verdict: "refused", reason: "reset", errno: "ECONNRESET" });
    },
  );

  it("calls a port where nobody listens inconclusive", async () => {
    const seen = await ask(1);
    expect(seen).toMatchObject({ verdict: "inconclusive", reason: "port-closed", errno: "ECONNREFUSED" });
  });

  it("stops when the signal aborts, before and while it runs", async () => {
    const port = await tcpServer(() => undefined);
    await expect(ask(port, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
    await expect(ask(port, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("refuses an identity that can't be shown before it connects", async () => {
    const wrong = { chain: good.leaf.chain, key: (await ecKey()).export() };
    await expect(ask(1, { identity: wrong })).rejects.toMatchObject({ code: "KEY_MISMATCH" });
    const rubbish = { chain: good.leaf.chain, key: "rubbish" };
    await expect(ask(1, { identity: rubbish })).rejects.toMatchObject({ code: "KEY_UNREADABLE" });
  });
});
