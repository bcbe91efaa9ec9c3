import { createServer as createHttpServer } from "node:http";
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import { connect as netConnect, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import {
  type Authority,
  createCsr,
  generateKey,
  type Leaf,
  type LocalKey,
  type ProbeIdentity,
  type ProbeOptions,
  type ProbeResult,
  probe,
} from "@handfast/pki";
import { turnableClock } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { ecKey, makeClient, makeRoot } from "../world.ts";
import { listen, type ServerIdentity, serverIdentity, tcpServer, tlsServer } from "./servers.ts";

let root: Authority;
let server: ServerIdentity;
let good: ProbeIdentity;

const identity = ({ leaf, key }: { leaf: Leaf; key: LocalKey }): ProbeIdentity => ({
  chain: leaf.chain,
  key: key.export(),
});

beforeAll(async () => {
  root = await makeRoot("answers", Date.now() - 60_000);
  server = await serverIdentity(root);
  good = identity(await makeClient(root));
});

const ask = (port: number, options: Partial<ProbeOptions> = {}): Promise<ProbeResult> =>
  probe({ host: "127.0.0.1", port, timeoutMs: 5000, ...options });

/** Asks for a certificate, takes any, and answers the same to all. */
const answering = (
  status: number,
  body: string,
  options: TlsOptions = { requestCert: true },
): Promise<number> => {
  const http = createHttpServer((request, response) => {
    response.writeHead(status, { "content-length": body.length });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  const accept = { ...server, rejectUnauthorized: false, ...options };
  return tlsServer(accept, (socket: TLSSocket) => http.emit("connection", socket));
};

const nginx = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n</body></html>`;

describe("probe of a server that refuses in HTTP", () => {
  it.each([
    [
      "nginx without a certificate",
      400,
      nginx("400 No required SSL certificate was sent"),
      "refused http-refusal",
    ],
    ["nginx with a bad one", 400, nginx("400 The SSL certificate error"), "refused http-refusal"],
    ["nginx with its own number", 495, "", "refused http-refusal"],
    ["nginx with a page of somebody", 400, "<h1>Sorry</h1>", "inconclusive http-unclear"],
    ["API Gateway", 403, '{"message":"Forbidden"}', "inconclusive http-unclear"],
    ["an application that has no such page", 404, "nothing here", "accepted http-answer"],
    ["an application that is down", 503, nginx("503 Service Unavailable"), "accepted http-answer"],
  ])("knows %s", async (_, status, body, expected) => {
    const port = await answering(status, body);
    const seen = await ask(port, { identity: "stranger" });
    expect(`${seen.verdict} ${seen.reason}`).toBe(expected);
    expect(seen.httpStatus).toBe(status);
  });

  it("finds the page behind four kilobytes of nothing no more, and stays in doubt", async () => {
    const port = await answering(400, " ".repeat(5_000) + nginx("400 The SSL certificate error"));
    expect(await ask(port)).toMatchObject({ verdict: "inconclusive", reason: "http-unclear" });
  });

  it("stays in doubt after a HEAD, whose answer has no body", async () => {
    const port = await answering(400, nginx("400 The SSL certificate error"));
    const seen = await ask(port, { request: { method: "HEAD" } });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason: "http-unclear" });
  });

  it("takes a 403 for service where nobody asked for a certificate, or the caller expects it", async () => {
    expect((await ask(await answering(403, "", {}))).verdict).toBe("accepted");
    expect((await ask(await answering(403, ""), { expect: 403 })).verdict).toBe("accepted");
  });
});

describe("probe over HTTP/2", () => {
  const h2 = (serve: (stream: ServerHttp2Stream) => void, requestCert = true): Promise<number> => {
    const http2 = createSecureServer({ ...server, requestCert, rejectUnauthorized: false });
    http2.on("stream", (stream) => {
      stream.on("error", () => undefined);
      serve(stream);
    });
    http2.on("sessionError", () => undefined);
    return listen(http2);
  };
  const shows = { alpn: ["h2"], identity: "stranger" } as const;

  it.each<[string, (stream: ServerHttp2Stream) => void, string]>([
    ["GOAWAY, PROTOCOL_ERROR", (stream) => stream.session?.goaway(1, 0), "refused h2-goaway PROTOCOL_ERROR"],
    [
      "GOAWAY, INADEQUATE_SECURITY",
      (stream) => stream.session?.goaway(12, 0),
      "refused h2-goaway INADEQUATE_SECURITY",
    ],
    [
      "GOAWAY, ENHANCE_YOUR_CALM",
      (stream) => stream.session?.goaway(11, 0),
      "inconclusive h2-goaway ENHANCE_YOUR_CALM",
    ],
    ["RST_STREAM, INADEQUATE_SECURITY", (stream) => stream.close(12), "refused h2-reset INADEQUATE_SECURITY"],
    ["RST_STREAM, REFUSED_STREAM", (stream) => stream.close(7), "inconclusive h2-reset REFUSED_STREAM"],
    [
      "RST_STREAM, HTTP_1_1_REQUIRED",
      (stream) => stream.close(13),
      "inconclusive h2-reset HTTP_1_1_REQUIRED",
    ],
    ["GOAWAY, NO_ERROR", (stream) => stream.session?.destroy(), "inconclusive h2-goaway NO_ERROR"],
  ])("judges %s after a certificate was asked for", async (_, serve, expected) => {
    const seen = await ask(await h2(serve), shows);
    expect(seen).toMatchObject({ asked: true, shown: true, alpn: "h2" });
    expect(`${seen.verdict} ${seen.reason} ${seen.http2Error}`).toBe(expected);
  });

  it("calls the same inconclusive where nobody asked", async () => {
    for (const serve of [
      (stream: ServerHttp2Stream) => stream.session?.goaway(1, 0),
      (stream: ServerHttp2Stream) => stream.close(12),
      (stream: ServerHttp2Stream) => stream.session?.destroy(),
    ])
      expect((await ask(await h2(serve, false), shows)).verdict).toBe("inconclusive");
  });

  it("reads the page of a refusal", async () => {
    const port = await h2((stream) => {
      stream.respond({ ":status": 400 });
      stream.end(nginx("400 No required SSL certificate was sent"));
    });
    expect(await ask(port, shows)).toMatchObject({
      verdict: "refused",
      reason: "http-refusal",
      httpStatus: 400,
    });
  });

  it("sees a refusal of TLS 1.3 behind the preface", async () => {
    const options = { ...server, ca: root.trust.anchors, requestCert: true, rejectUnauthorized: true };
    const port = await listen(createSecureServer(options));
    expect(await ask(port, shows)).toMatchObject({ verdict: "refused", alpn: "h2" });
  });

  it("calls a server that chose h2 and speaks HTTP/1.1 inconclusive", async () => {
    const options = { ...server, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["h2"] };
    const port = await tlsServer(options, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await ask(port, shows)).toMatchObject({ verdict: "inconclusive", reason: "not-http" });
  });
});

describe("probe with an identity", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "resumes nothing, though the server would, %s",
    async (version) => {
      const resumed: boolean[] = [];
      const secure = createTlsServer(
        { ...server, minVersion: version, maxVersion: version, requestCert: true, rejectUnauthorized: false },
        (socket) => {
          resumed.push(socket.isSessionReused());
          socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        },
      );
      const port = await listen(secure);
      for (let turn = 0; turn < 4; turn += 1)
        expect(await ask(port, { identity: good })).toMatchObject({
          verdict: "accepted",
          asked: true,
          shown: true,
        });
      expect(resumed).toEqual([false, false, false, false]);
    },
  );

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "does not call accepted what was not shown, %s",
    async (version) => {
      const options = { ...server, minVersion: version, maxVersion: version, requestCert: true };
      // The server's own certificate is of the other kind; only signatures of RSA are taken from clients.
      const rsa = await generateKey({ type: "rsa", bits: 2048 });
      const leaf = await root.issue(
        await createCsr({ subject: "CN=localhost", key: rsa, names: ["localhost"] }),
        {
          profile: "server",
        },
      );
      const port = await answering(200, "served", {
        ...options,
        cert: leaf.chain,
        key: rsa.export(),
        sigalgs: "rsa_pss_rsae_sha256",
      });
      const seen = await ask(port, { identity: good });
      expect(seen).toMatchObject({ asked: true, shown: false, verdict: "inconclusive", reason: "not-shown" });
      const nobody = await ask(port);
      expect(nobody).toMatchObject({ asked: true, shown: false, verdict: "accepted" });
    },
  );

  it("finds a key of another kind than the certificate's once it is asked for it", async () => {
    const rsa = await generateKey({ type: "rsa", bits: 2048 });
    const port = await answering(200, "served");
    const mixed = { chain: good.chain, key: rsa.export() };
    await expect(ask(port, { identity: mixed })).rejects.toMatchObject({ code: "KEY_MISMATCH" });
    const same = { chain: good.chain, key: (await ecKey()).export() };
    await expect(ask(port, { identity: same })).rejects.toMatchObject({ code: "KEY_MISMATCH" });
  });

  it("shows a stranger's certificate that nobody issued, another one each time", async () => {
    const seen = new Set<string>();
    const options = { ...server, requestCert: true, rejectUnauthorized: false };
    const port = await tlsServer(options, (socket) => {
      const { fingerprint256, issuer, subject } = socket.getPeerCertificate();
      expect(issuer).toEqual(subject);
      seen.add(fingerprint256);
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    });
    for (let turn = 0; turn < 2; turn += 1)
      expect((await ask(port, { identity: "stranger" })).verdict).toBe("accepted");
    expect(seen.size).toBe(2);
  });
});

describe("probe with retries", () => {
  /** Closes the first so many connections, then passes on to a server. */
  const flaky = async (times: number): Promise<{ port: number; seen: number[] }> => {
    const behind = await tlsServer({ ...server });
    const seen: number[] = [];
    const port = await tcpServer((front: Socket) => {
      seen.push(seen.length);
      if (seen.length <= times) return void front.destroy();
      const back = netConnect({ host: "127.0.0.1", port: behind });
      front.pipe(back).pipe(front);
      back.on("error", () => front.destroy());
    });
    return { port, seen };
  };

  it("tries again what may pass, with growing pauses on the clock", async () => {
    const { port } = await flaky(2);
    const clock = turnableClock();
    using _ = clock.autoAdvance();
    const start = clock.now();
    const seen = await ask(port, { retries: 2, clock });
    expect(seen).toMatchObject({ verdict: "accepted", attempts: 3 });
    expect(clock.now() - start).toBe(600);
    expect(seen.timings.connected).toBeGreaterThanOrEqual(600);
  });

  it("does not try by itself, nor longer than the deadline allows", async () => {
    const first = await flaky(1);
    expect(await ask(first.port)).toMatchObject({ verdict: "inconclusive", attempts: 1 });
    const many = await flaky(100);
    const clock = turnableClock();
    using _ = clock.autoAdvance();
    const seen = await ask(many.port, { retries: 50, clock });
    expect(seen).toMatchObject({ verdict: "inconclusive", attempts: many.seen.length });
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBeLessThanOrEqual(5_000);
  });

  it("never asks twice for a verdict, or for what will not pass", async () => {
    const refusing = { ...server, ca: root.trust.anchors, requestCert: true, rejectUnauthorized: true };
    const refused = await ask(await tlsServer(refusing), { retries: 3 });
    expect(refused).toMatchObject({ verdict: "refused", attempts: 1 });
    const plain = await tcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await ask(plain, { retries: 3 })).toMatchObject({ reason: "plain-http", attempts: 1 });
  });

  it("stops in a pause when the signal aborts", async () => {
    const { port } = await flaky(9);
    const signal = AbortSignal.timeout(100);
    await expect(ask(port, { retries: 5, signal })).rejects.toMatchObject({ code: "ABORTED" });
  });
});
