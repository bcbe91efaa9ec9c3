import { createServer } from "node:http";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { ProofRequest } from "@handfast/core";
import { type Authority, prober } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { makeClient, makeRoot } from "../world.ts";
import { listen, type ServerIdentity, serverIdentity } from "./servers.ts";

let root: Authority;
let server: ServerIdentity;
let client: Awaited<ReturnType<typeof makeClient>>;
let other: Awaited<ReturnType<typeof makeClient>>;

beforeAll(async () => {
  root = await makeRoot("Root", Date.now() - 60_000);
  [server, client, other] = await Promise.all([serverIdentity(root), makeClient(root), makeClient(root)]);
});

/** A server that answers so, and repeats in a header what `echo` says. */
async function serve(options: TlsOptions, { status = 200, echo }: { status?: number; echo?: string } = {}) {
  const http = createServer((_, response) => {
    response.statusCode = status;
    if (echo !== undefined) response.setHeader("x-seen", echo);
    response.end("ok");
  });
  const tls = createTlsServer({ ...server, ...options }, (socket) => http.emit("connection", socket));
  tls.on("tlsClientError", () => undefined);
  return await listen(tls);
}

const shown = ({ leaf, key }: typeof client): ProofRequest["show"] => ({
  chain: [leaf.der],
  key: () => Promise.resolve(key.export()),
});
const required = () => ({ ca: root.trust.anchors, requestCert: true, rejectUnauthorized: true });
const lax = { requestCert: true, rejectUnauthorized: false };

const prove = async (port: number, request: Partial<ProofRequest> = {}) =>
  await prober()({
    link: "edge -> shop",
    url: `https://127.0.0.1:${port}/healthz`,
    servername: "localhost",
    due: "served",
    signal: new AbortController().signal,
    ...request,
  });

describe("prober", () => {
  it("passes a link that is served, and fails one that is refused, with what the report explains it from", async () => {
    const port = await serve(required());
    expect(await prove(port, { show: shown(client) })).toMatchObject({
      verdict: "passed",
      evidence: { status: 200, asked: true, alert: null },
    });
    expect(await prove(port)).toMatchObject({
      verdict: "failed",
      evidence: { status: null, asked: true, alert: 116, protocol: "TLSv1.3" },
    });
  });

  it("passes what had to be refused and is, and fails what is served all the same", async () => {
    expect(await prove(await serve(required()), { due: "refused" })).toMatchObject({ verdict: "passed" });
    expect(await prove(await serve(lax), { due: "refused" })).toMatchObject({
      verdict: "failed",
      reason: "HTTP 200 although it had to be refused",
    });
  });

  it("is not sure of a refusal that only the application may have spoken", async () => {
    const port = await serve(lax, { status: 403 });
    expect(await prove(port, { due: "refused" })).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not sure of anything where nobody is reached", async () => {
    const closed = 1;
    for (const due of ["served", "refused"] as const)
      expect(await prove(closed, { due })).toMatchObject({ verdict: "inconclusive" });
  });

  it("asks for the status that is due", async () => {
    const port = await serve(lax, { status: 404 });
    expect(await prove(port)).toMatchObject({ verdict: "failed" });
    expect(await prove(port, { expect: 404 })).toMatchObject({ verdict: "passed" });
  });

  it("wants the very certificate to have been seen, where the application tells", async () => {
    const certificate = client.leaf.sha256;
    const asked = { show: shown(client), echo: "x-seen", certificate } as const;
    const ports = await Promise.all(
      [client.leaf.pem.replaceAll("\n", "%0A"), other.leaf.sha256, undefined].map((echo) =>
        serve(required(), echo === undefined ? {} : { echo }),
      ),
    );
    const results = await Promise.all(ports.map((port) => prove(port, asked)));
    expect(results.map(({ verdict }) => verdict)).toEqual(["passed", "inconclusive", "inconclusive"]);
  });
});
