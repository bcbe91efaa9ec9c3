import { createServer, type ServerResponse } from "node:http";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { ProofRequest, ProofResult } from "@handfast/core";
import { type Authority, type ProberOptions, prober } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { makeClient, makeRoot } from "../world.ts";
import { listen, type ServerIdentity, serverIdentity, tcpServer } from "./servers.ts";

let root: Authority;
let server: ServerIdentity;
let client: Awaited<ReturnType<typeof makeClient>>;

beforeAll(async () => {
  root = await makeRoot("Root,O=Example", Date.now() - 60_000);
  server = await serverIdentity(root);
  client = await makeClient(root);
});

type Answer = (response: ServerResponse, socket: TLSSocket, path: string) => void;

/** A server that asks and lets everybody in, unless told otherwise. */
async function serve(answer: Answer, options: TlsOptions = {}): Promise<number> {
  const http = createServer((request, response) =>
    answer(response, request.socket as TLSSocket, request.url ?? ""),
  );
  const tls = createTlsServer(
    { ...server, requestCert: true, rejectUnauthorized: false, ...options },
    (socket) => http.emit("connection", socket),
  );
  tls.on("tlsClientError", () => undefined);
  return await listen(tls as unknown as NetServer);
}

const shown = (): ProofRequest["show"] => ({
  chain: [client.leaf.der],
  key: () => Promise.resolve(client.key.export()),
});

const prove = (
  port: number,
  request: Partial<ProofRequest> = {},
  options: ProberOptions = {},
): Promise<ProofResult> =>
  prober(options)({
    link: "edge -> shop",
    url: `https://127.0.0.1:${port}/healthz`,
    servername: "localhost",
    due: "served",
    signal: new AbortController().signal,
    ...request,
  });

const versions = ["TLSv1.2", "TLSv1.3"] as const;

describe("a proof that nobody is let in", () => {
  const dying: readonly (readonly [string, (socket: TLSSocket) => void])[] = [
    ["closes", (socket) => socket.end()],
    ["breaks off", (socket) => socket.destroy()],
    ["closes a moment later", (socket) => void setTimeout(() => socket.end(), 50)],
  ];

  it.each(versions.flatMap((version) => dying.map(([how, end]) => [how, version, end] as const)))(
    "is not given by an application that %s, %s",
    async (_, version, end) => {
      const port = await serve((_response, socket) => end(socket), {
        minVersion: version,
        maxVersion: version,
      });
      for (const control of [undefined, shown()])
        expect(await prove(port, { due: "refused", control })).toMatchObject({ verdict: "inconclusive" });
    },
  );

  it.each([41, 42, 45, 48, 116])("is not given by alert %i before any question", async (alert) => {
    const port = await tcpServer((socket: Socket) => {
      socket.once("data", () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert])));
    });
    expect(await prove(port, { due: "refused" })).toMatchObject({ verdict: "inconclusive" });
  });

  it.each([400, 404])("is not given by a %i that speaks of certificates", async (status) => {
    const page = "<title>400 No required SSL certificate was sent</title>";
    const answer = (response: ServerResponse): void => {
      response.statusCode = status;
      response.end(status === 400 ? `see ${page.slice(7, -8)}` : page);
    };
    expect(await prove(await serve(answer), { due: "refused" })).toMatchObject({ verdict: "inconclusive" });
    const unasked = await serve(
      (response) => {
        response.statusCode = 400;
        response.end(page);
      },
      { requestCert: false },
    );
    expect(await prove(unasked, { due: "refused" })).toMatchObject({ verdict: "inconclusive" });
  });

  it("is given by a silent refusal where the same place serves whom it should", async () => {
    // Closes on whoever shows nothing, as s2n-tls does, and says no word.
    const silent: Answer = (response, socket) =>
      "subject" in socket.getPeerCertificate() ? response.end("ok") : socket.destroy();
    const port = await serve(silent, { minVersion: "TLSv1.3" });
    expect(await prove(port, { due: "refused" })).toMatchObject({
      verdict: "inconclusive",
      reason: expect.stringContaining("no certificate at hand"),
    });
    expect(await prove(port, { due: "refused", control: shown() })).toMatchObject({
      verdict: "passed",
      evidence: { control: 200 },
    });
    const locked = {
      chain: [client.leaf.der],
      key: () =>
        Promise.reject(Object.assign(new Error("not here"), { [Symbol.for("handfast.error")]: true })),
    };
    expect(await prove(port, { due: "refused", control: locked })).toMatchObject({ verdict: "inconclusive" });
  });

  it("is given by an alert without any control", async () => {
    const options = { ca: root.trust.anchors, rejectUnauthorized: true };
    const port = await serve((response) => response.end("ok"), options);
    expect(await prove(port, { due: "refused" })).toMatchObject({
      verdict: "passed",
      evidence: { alert: 116 },
    });
  });
});

describe("a direct proof", () => {
  it("is not given by a verifier that does not ask", async () => {
    const port = await serve((response) => response.end("ok"), { requestCert: false });
    expect(await prove(port, { by: "direct", show: shown() })).toMatchObject({
      verdict: "inconclusive",
      reason: expect.stringContaining("did not ask"),
      evidence: { asked: false },
    });
    const asking = await serve((response) => response.end("ok"));
    expect(await prove(asking, { by: "direct", show: shown() })).toMatchObject({ verdict: "passed" });
  });
});

describe("a proof over a link", () => {
  const certificate = "ab".repeat(32);
  const due = {
    by: "link",
    echo: "x-seen",
    certificate,
    serial: "1a",
    issuer: "CN=Root, O=Example",
  } as const;
  const echoing = (value: string, more: Readonly<Record<string, string>> = {}): Promise<number> =>
    serve((response) => {
      response.setHeader("x-seen", value);
      for (const [name, text] of Object.entries(more)) response.setHeader(name, text);
      response.end("ok");
    });

  it.each([
    ["age", "7"],
    ["cf-cache-status", "HIT"],
    ["cf-cache-status", "STALE"],
    ["x-cache", "Hit from cloudfront"],
    ["x-cache", "RefreshHit from cloudfront"],
    ["x-cache", "LambdaGeneratedResponse from cloudfront"],
    ["cache-status", "ExampleCache; hit; ttl=30"],
  ])("is not given from a cache: %s: %s", async (name, value) => {
    const port = await echoing(certificate, { [name]: value });
    for (const expected of ["served", "refused"] as const)
      expect(await prove(port, { ...due, due: expected })).toMatchObject({
        verdict: "inconclusive",
        reason: expect.stringContaining(name),
      });
  });

  it.each([
    ["age", "0"],
    ["cf-cache-status", "DYNAMIC"],
    ["x-cache", "Miss from cloudfront"],
    ["cache-status", "ExampleCache; fwd=uri-miss"],
  ])("is given past a cache: %s: %s", async (name, value) => {
    expect(await prove(await echoing(certificate, { [name]: value }), due)).toMatchObject({
      verdict: "passed",
    });
  });

  it("asks each time for what no cache has, unless told not to", async () => {
    const paths: string[] = [];
    const port = await serve((response, _, path) => {
      paths.push(path);
      response.end("ok");
    });
    let turn = 0;
    const random = (size: number): Uint8Array => Buffer.alloc(size, ++turn);
    const ask = prober({ random });
    for (const path of ["/healthz", "/healthz?full=1"])
      await ask({
        link: "l",
        url: `https://127.0.0.1:${port}${path}`,
        servername: "localhost",
        due: "served",
        signal: new AbortController().signal,
      });
    await prove(port, {}, { uncached: false });
    expect(paths).toEqual([
      `/healthz?handfast-probe=${"01".repeat(8)}`,
      `/healthz?full=1&handfast-probe=${"02".repeat(8)}`,
      "/healthz",
    ]);
  });

  it.each([
    ["its digest", certificate, "passed", "sha256"],
    ["its serial number alone", "1a", "passed", "serial"],
    ["serial number and issuer", 'serial=1A;issuer="O=Example,CN=Root"', "passed", "serial and issuer"],
    ["the serial number of another CA's", 'serial=1a;issuer="CN=Other"', "inconclusive", undefined],
    ["Envoy's hash", `By=spiffe://a;Hash=${certificate};Subject="CN=edge"`, "passed", "sha256"],
    ["Envoy's hash of another", `By=spiffe://a;Hash=${"cd".repeat(32)}`, "inconclusive", undefined],
    ["another digest", "cd".repeat(32), "inconclusive", undefined],
    ["rubbish", "serial=;issuer=", "inconclusive", undefined],
  ])("holds what the application saw against what is due: %s", async (_, value, verdict, seenBy) => {
    const proof = await prove(await echoing(value), due);
    expect(proof.verdict).toBe(verdict);
    expect(proof.evidence.seenBy).toBe(seenBy);
    expect(proof.reason.includes("serial number alone")).toBe(seenBy === "serial");
  });

  it("reads the issuer that stands beside a serial number in a field of its own, as an ALB passes both on", async () => {
    const echo = "x-amzn-mtls-clientcert-serial-number";
    const ports = await Promise.all(
      ["CN=Root,O=Example", "CN=Other"].map((issuer) =>
        echoing("", { [echo]: "1a", "x-amzn-mtls-clientcert-issuer": issuer }),
      ),
    );
    const proofs = await Promise.all(ports.map((port) => prove(port, { ...due, echo })));
    expect(proofs.map(({ verdict }) => verdict)).toEqual(["passed", "inconclusive"]);
  });

  it("says that it can't tell what connection carried it, and tells where the application does", async () => {
    const silent = await prove(await echoing(certificate), due);
    expect(silent).toMatchObject({
      verdict: "passed",
      reason: expect.stringContaining("can't be seen from here"),
      evidence: { behind: "unknown" },
    });
    const since = Date.now() - 30_000;
    const asked = async (age: string): Promise<unknown> =>
      (
        await prove(
          await echoing(certificate, { "x-connection-age": age }),
          { ...due, since },
          { connectionHeader: "x-connection-age" },
        )
      ).verdict;
    expect(await asked("12.034")).toBe("passed");
    expect(await asked("31")).toBe("inconclusive");
    expect(await asked("")).toBe("inconclusive");
    expect(await asked("new")).toBe("inconclusive");
  });

  it("is not fooled by an edge that keeps its connection while the verifier lets in nobody new", async () => {
    // The edge: one connection to the verifier, from before the narrowing, that it goes on using.
    const made = Date.now() - 600_000;
    const edge = await echoing(certificate, { "x-connection-age": String((Date.now() - made) / 1_000) });
    const proof = await prove(edge, { ...due, since: Date.now() }, { connectionHeader: "x-connection-age" });
    expect(proof).toMatchObject({ verdict: "inconclusive", evidence: { behind: "older" } });
  });
});

describe("a proof whose url is none", () => {
  it.each([
    "http://shop.example.com/",
    "ftp://shop.example.com/",
    "javascript:alert(1)",
    "garbage",
    "https://h:0/",
  ])("is inconclusive, and nobody is asked: %s", async (url) => {
    let asked = 0;
    const nobody = createNetServer(() => {
      asked += 1;
    });
    const port = await listen(nobody);
    const connect = () => {
      asked += 1;
      throw new Error(`not to be asked, ${port}`);
    };
    expect(await prove(port, { url }, { connect })).toMatchObject({
      verdict: "inconclusive",
      evidence: { reason: "url-not-https" },
    });
    expect(asked).toBe(0);
  });
});
