import { X509Certificate } from "node:crypto";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { ViewerRefusal } from "../../src/data-plane/check-viewer.ts";
import { type DistributionNodesOptions, distributionNodes } from "../../src/data-plane/distribution-nodes.ts";
import type { Address } from "../../src/data-plane/loopback.ts";
import { originServer } from "../../src/data-plane/origin-server.ts";
import { type DirectRequest, requestDirectly } from "../../src/data-plane/request-directly.ts";
import type { DistributionView } from "../../src/data-plane/sources.ts";
import { behaving, checking, distributing, makeCertificates } from "./distribution-certificates.ts";
import { handMade, handTurned } from "./hand-made-sources.ts";
import { has, type Identity, run, workshop } from "./openssl-certificates.ts";

const shop = has("openssl") ? workshop() : undefined;
const made = shop && makeCertificates(shop);

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0).reverse()) await close();
});
afterAll(() => shop?.remove());

describe("distributionNodes", () => {
  if (shop === undefined || made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { root, issuing, good, stranger, expired, responding } = made;

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
  const ask = (to: Address, identity?: Identity, more: Partial<DirectRequest> = {}) =>
    requestDirectly({ ...to, servername: "app.example.com", ca: made?.serverCa, identity, ...more });

  const protocols = ["TLSv1.2", "TLSv1.3"] as const;
  type Expected = "accepted" | ViewerRefusal;
  type Shown = Identity | undefined;
  const cases: [string, DistributionView["viewer"], Shown, Expected][] = [];
  const shown: [string, Shown, Expected][] = [
    ["a good one", good, "accepted"],
    ["a stranger's of the same issuer name", stranger, "ClientCertUntrusted"],
    ["an expired one", expired, "ClientCertExpired"],
    ["one that is not valid yet", made.future, "ClientCertNotYetValid"],
    ["one for servers only", made.serverOnly, "ClientCertIntentInvalid"],
    ["a chain of four", made.viaSecond, "accepted"],
    ["a chain of five", made.viaThird, "ClientCertMaxChainDepthExceeded"],
  ];
  cases.push(["off, nothing", { mode: "off" }, undefined, "accepted"]);
  cases.push(["off, an expired one", { mode: "off" }, expired, "accepted"]);
  cases.push(["passthrough, nothing", { mode: "passthrough" }, undefined, "accepted"]);
  cases.push(["optional, nothing", checking("optional", [root]), undefined, "accepted"]);
  cases.push(["required, nothing", checking("required", [root]), undefined, "ClientCertMissing"]);
  for (const [name, identity, verdict] of shown) {
    cases.push([`passthrough, ${name}`, { mode: "passthrough" }, identity, "accepted"]);
    cases.push([`optional, ${name}`, checking("optional", [root]), identity, verdict]);
    cases.push([`required, ${name}`, checking("required", [root]), identity, verdict]);
  }
  const ocsp = checking("required", [root], { ocsp: true });
  cases.push(
    [
      "required without expiry, an expired one",
      checking("required", [root], { ignoreExpiry: true }),
      expired,
      "accepted",
    ],
    [
      "required without expiry, a stranger's",
      checking("required", [root], { ignoreExpiry: true }),
      stranger,
      "ClientCertUntrusted",
    ],
    ["an anchor that is no root, its leaf", checking("required", [issuing]), made.viaIssuing, "accepted"],
    [
      "an anchor that is no root, the root's leaf",
      checking("required", [issuing]),
      good,
      "ClientCertUntrusted",
    ],
    [
      "an anchor near the leaf of a chain of five",
      checking("required", [root, issuing]),
      made.viaThird,
      "accepted",
    ],
    ["no anchor", checking("optional", []), good, "ClientCertUntrusted"],
    ["responders asked, a certificate without one", ocsp, good, "ClientCertRejected"],
    ["responders asked, one that says good", ocsp, responding, "accepted"],
    [
      "optional with responders, nothing",
      checking("optional", [root], { ocsp: true }),
      undefined,
      "accepted",
    ],
  );

  for (const protocol of protocols) {
    test.each(cases)(`answers or resets over ${protocol}: %s`, async (_name, viewer, identity, expected) => {
      const { edge, origin } = await start(distributing({ viewer }), { ocspResponder: () => "good" });
      const answer = await ask(edge.front, identity, { protocol });
      const refusedAt = protocol === "TLSv1.2" ? "handshake" : "answer";
      if (expected === "accepted") expect(answer).toMatchObject({ kind: "answered", status: 200, protocol });
      else expect(answer).toEqual({ kind: "refused", at: refusedAt, code: "ECONNRESET" });
      expect(origin.requests).toHaveLength(expected === "accepted" ? 1 : 0);
      const [record, ...others] = edge.connections;
      expect(others).toEqual([]);
      expect(record).toMatchObject({ node: 0, mode: viewer.mode, protocol, servername: "app.example.com" });
      expect(record?.reason ?? record?.verdict).toBe(expected);
      const asked = viewer.mode !== "off" && identity !== undefined;
      const leaf = asked ? new X509Certificate(identity.certificate).serialNumber : undefined;
      expect(record?.leaf?.serial).toBe(leaf);
    });
  }

  test("goes by what a responder says for half an hour, by serial and address", async () => {
    const clock = handTurned();
    let says: "good" | "revoked" | "unknown" = "good";
    const asked: string[] = [];
    const ocspResponder = (serial: string, url: string) => {
      asked.push(`${serial} ${url}`);
      return says;
    };
    const { edge } = await start(distributing({ viewer: ocsp }), { clock, ocspResponder });
    const reasons: string[] = [];
    const visit = async (): Promise<void> => {
      await ask(edge.front, responding);
      reasons.push(edge.connections.at(-1)?.reason ?? "accepted");
    };
    await visit();
    says = "revoked";
    await visit();
    clock.turn(30 * 60_000 - 1);
    await visit();
    clock.turn(1);
    await visit();
    says = "unknown";
    clock.turn(30 * 60_000);
    await visit();
    expect(reasons).toEqual([...Array(3).fill("accepted"), "ClientCertRejected", "ClientCertRejected"]);
    const { serialNumber } = new X509Certificate(responding.certificate);
    expect(asked).toEqual(Array(3).fill(`${serialNumber} http://ocsp.example.com/`));
  });

  test.each([
    [
      "that can't be reached",
      () => {
        throw new Error("no answer");
      },
    ],
    ["that nobody gave", undefined],
  ] as const)("refuses when a status can't be had from a responder %s", async (_name, ocspResponder) => {
    const { edge } = await start(distributing({ viewer: ocsp }), { ocspResponder });
    expect(await ask(edge.front, responding)).toMatchObject({ kind: "refused" });
    expect(edge.connections[0]?.reason).toBe("ClientCertRejected");
  });

  test("lets nodes disagree until the change has reached each, in the order of the changes", async () => {
    const clock = handTurned();
    const { edge, source } = await start(distributing(), { nodes: 3, clock, lag: (node) => node * 60_000 });
    const modes = (): string => edge.nodes.map((node) => node.view().viewer.mode).join();
    const served = async (): Promise<string> => {
      const answers = await Promise.all(edge.nodes.map((node) => ask(node)));
      return answers.map(({ kind }) => kind).join();
    };
    source.set(distributing({ viewer: checking("required", [root]) }));
    expect(await served()).toBe("refused,answered,answered");
    clock.turn(30_000);
    source.set(distributing({ viewer: { mode: "passthrough" } }));
    expect(modes()).toBe("passthrough,off,off");
    clock.turn(30_000);
    expect(modes()).toBe("passthrough,required,off");
    expect(await served()).toBe("answered,refused,answered");
    expect(edge.nodes.map((node) => node.pending())).toEqual([0, 1, 2]);
    clock.turn(90_000);
    expect(modes()).toBe("passthrough,passthrough,passthrough");
    expect(await served()).toBe("answered,answered,answered");
  });

  test("judges validity by its clock", async () => {
    const clock = handTurned();
    const { edge } = await start(distributing({ viewer: checking("required", [root]) }), { clock });
    expect(await ask(edge.front, good)).toMatchObject({ kind: "answered" });
    clock.turn(31 * 24 * 3_600_000);
    expect(await ask(edge.front, good)).toMatchObject({ kind: "refused" });
    expect(edge.connections.at(-1)?.reason).toBe("ClientCertExpired");
  });

  test("offers no TLS 1.2 where the minimum is 1.3", async () => {
    const { edge } = await start(distributing({ minimumProtocol: "TLSv1.3" }));
    expect(await ask(edge.front, undefined, { protocol: "TLSv1.2" })).toMatchObject({ at: "handshake" });
    expect(edge.connections[0]).toMatchObject({ verdict: "refused", reason: "UnmappedConnectionError" });
    expect(await ask(edge.front, undefined)).toMatchObject({ status: 200, protocol: "TLSv1.3" });
  });

  test.each([
    ["app.example.com", "app.example.com", 200],
    ["app.example.com", "APP.example.com:443", 200],
    ["a.b.wild.example.com", "a.b.wild.example.com", 200],
    ["app.example.com", "d1.cloudfront.net", 200],
    ["app.example.com", "wild.example.com", 403],
    ["app.example.com", "strayed-wild.example.com", 403],
    ["app.example.com", "other.example.com", 403],
    ["other.example.com", "app.example.com", "handshake"],
    ["wild.example.com", "app.example.com", "handshake"],
  ] as const)("serves its own names only: SNI %s, Host %s", async (servername, host, expected) => {
    for (const protocol of protocols) {
      const { edge, origin } = await start(distributing());
      const answer = await ask(edge.front, undefined, {
        servername,
        ca: undefined,
        headers: { host },
        protocol,
      });
      if (expected === "handshake") expect(answer).toMatchObject({ kind: "refused", at: "handshake" });
      else expect(answer).toMatchObject({ kind: "answered", status: expected });
      expect(origin.requests).toHaveLength(expected === 200 ? 1 : 0);
    }
  });

  test("resets a connection that names nobody, whatever the mode", async () => {
    const { edge } = await start(distributing());
    const { output } = await run("openssl", [
      ...["s_client", "-tls1_2", "-noservername", "-connect", `127.0.0.1:${edge.front.port}`],
    ]);
    expect(output).toMatch(/errno=104|reset|unexpected eof/i);
    expect(edge.connections).toMatchObject([{ verdict: "refused", reason: "UnmappedConnectionError" }]);
  });

  test("answers 403 when the distribution is disabled", async () => {
    const { edge, origin } = await start(distributing({ enabled: false }));
    expect(await ask(edge.front)).toMatchObject({
      status: 403,
      headers: { "x-cache": "Error from cloudfront" },
    });
    expect(origin.requests).toEqual([]);
  });

  const plainly = async (port: number, method: string, path: string) => {
    const from = `http://127.0.0.1:${port}${path}`;
    const { output } = await run("curl", [
      "-s",
      "-i",
      "--noproxy",
      "*",
      "-X",
      method,
      "-H",
      "host: app.example.com",
      from,
    ]);
    const [status = "", location] = [/^HTTP\/1\.1 (\d+)/m, /^location: (.*)$/im].map(
      (find) => find.exec(output)?.[1],
    );
    return `${status} ${location?.trim() ?? ""}`.trim();
  };
  test.skipIf(!has("curl", "--version"))("answers plain HTTP by the policy of the behaviour", async () => {
    const { edge, origin } = await start(
      distributing({
        behaviours: [
          behaving({ pathPattern: "/open/*", viewerProtocolPolicy: "allow-all" }),
          behaving({ pathPattern: "/closed/*", viewerProtocolPolicy: "https-only" }),
          behaving(),
        ],
      }),
      { nodes: 2 },
    );
    const { port } = edge.plainFront;
    expect(await plainly(port, "GET", "/open/a")).toBe("200");
    expect(await plainly(port, "GET", "/closed/a")).toBe("403");
    expect(await plainly(port, "GET", "/a?b=c")).toBe("301 https://app.example.com/a?b=c");
    expect(await plainly(port, "POST", "/a")).toBe("307 https://app.example.com/a");
    expect(await plainly(edge.nodes[1]?.plain.port ?? 0, "GET", "/open/b")).toBe("200");
    expect(origin.requests.map(({ path }) => path)).toEqual(["/open/a", "/open/b"]);
    expect(edge.connections).toEqual([]);
    expect(edge.requests.map(({ node, scheme }) => `${node} ${scheme}`)).toEqual([
      ...["0 http", "1 http", "0 http", "1 http"],
      "1 http",
    ]);
  });

  test("spreads connections to the front over its nodes, and resolve gives them in turn", async () => {
    const { edge } = await start(distributing(), { nodes: 3 });
    for (let i = 0; i < 6; i += 1) await ask(edge.front);
    expect(edge.connections.map(({ node }) => node)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(new Set(edge.connections.map(({ id }) => id)).size).toBe(6);
    const ports = Array.from({ length: 4 }, () => edge.resolve().port);
    expect(new Set(ports)).toEqual(new Set(edge.nodes.map(({ port }) => port)));
    expect(ports[3]).toBe(ports[0]);
  });

  test("refuses to be built of no node or of a CA that can't be read", async () => {
    await expect(start(distributing(), { nodes: 0 })).rejects.toThrow(TypeError);
    await expect(start(distributing(), { originCa: ["x"] })).rejects.toMatchObject({
      code: "CERTIFICATE_UNREADABLE",
    });
  });
});
