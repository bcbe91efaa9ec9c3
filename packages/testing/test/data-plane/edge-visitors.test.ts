import { X509Certificate } from "node:crypto";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import {
  type Edge,
  type EdgeOptions,
  type EdgeView,
  edge,
  originServer,
  requestDirectly,
  type VisitorView,
} from "../../src/index.ts";
import { handMade, handTurned } from "./hand-made-sources.ts";
import {
  caExtensions,
  clientExtensions,
  has,
  type Identity,
  run,
  serverExtensions,
  workshop,
} from "./openssl-certificates.ts";

const shop = has("openssl") ? workshop() : undefined;
const made = shop && makeCertificates(shop);

function makeCertificates(bench: NonNullable<typeof shop>) {
  const servers = bench.authority("/CN=Servers");
  const root = bench.authority("/O=Handfast/CN=Clients");
  const middle = bench.authority("/CN=Middle", root, caExtensions);
  const below = middle.issue("below");
  return {
    serverCa: servers.certificate,
    visitorTls: servers.issue("server", {
      extensions: serverExtensions("app.example.com", "open.example.com"),
    }),
    root,
    middle,
    good: root.issue("good"),
    other: root.issue("other"),
    server: root.issue("server", { extensions: serverExtensions("x.example.com") }),
    past: root.issue("past", { from: "20200101000000Z", to: "20200201000000Z" }),
    stranger: bench.authority("/CN=Others").issue("stranger"),
    below: { certificate: below.certificate + middle.certificate, key: below.key },
    noPurpose: root.issue("no purpose", {
      extensions: clientExtensions.filter((one) => !one.startsWith("ext")),
    }),
  };
}

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0).reverse()) await close();
});
afterAll(() => shop?.remove());

const field = "cf.tls_client_auth";
const enforce = {
  id: "enforce",
  action: "block",
  expression: `not ${field}.cert_verified or ${field}.cert_revoked`,
};

describe("edge", () => {
  if (made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { serverCa, visitorTls, root, middle, good, other, server, past, stranger, below, noPurpose } = made;
  const asking = (more: Partial<VisitorView> = {}): VisitorView => ({
    asks: true,
    anchors: [root.certificate],
    revoked: [],
    rules: [enforce],
    ...more,
  });
  const viewOf = (visitors?: VisitorView): EdgeView => ({ shows: "nothing", sslMode: "flexible", visitors });

  async function start(visitors: VisitorView | undefined, options: Partial<EdgeOptions> = {}) {
    const origin = await originServer();
    const source = handMade(viewOf(visitors));
    const place = { ...origin, servername: "origin.example.com", plain: origin };
    const front = await edge({
      hostnames: {
        "app.example.com": { source, origin: place },
        "open.example.com": { source: handMade(viewOf()), origin: place },
      },
      visitorTls,
      servers: 1,
      ...options,
    });
    running.push(origin, front);
    return { origin, source, front, set: (next?: VisitorView) => source.set(viewOf(next)) };
  }

  async function visit(front: Edge, identity?: Identity, more: object = {}): Promise<number | string> {
    const address = { ...front.front, servername: "app.example.com", ca: serverCa, identity };
    const answer = await requestDirectly({ ...address, ...more });
    return answer.kind === "answered" ? answer.status : `${answer.at} ${answer.code}`;
  }

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "never refuses in the handshake, and blocks by rules, under %s",
    async (protocol) => {
      const { front, origin } = await start(asking());
      expect(await visit(front, good, { protocol })).toBe(200);
      expect(await visit(front, undefined, { protocol })).toBe(403);
      expect(await visit(front, stranger, { protocol })).toBe(403);
      expect(origin.requests).toHaveLength(1);
      expect(front.requests.map(({ endedBy }) => endedBy?.id)).toEqual([undefined, "enforce", "enforce"]);
      expect(front.requests.map(({ visitor }) => [visitor.presented, visitor.verified])).toEqual([
        [true, true],
        [false, false],
        [true, false],
      ]);
    },
  );

  test("asks only where the view says so, and only lets through what no rule blocks", async () => {
    const { front } = await start(asking({ rules: [] }));
    expect(await visit(front)).toBe(200);
    expect(await visit(front, stranger)).toBe(200);
    expect(await visit(front, good, { servername: "open.example.com" })).toBe(200);
    expect(front.requests.map(({ visitor }) => visitor.presented)).toEqual([false, true, false]);
  });

  test.each([
    ["app.example.com", true],
    ["open.example.com", false],
    ["unknown.example.com", false],
  ])("sends a request for a certificate in the handshake for %s: %s", async (name, asked) => {
    const { front } = await start(asking());
    const { host, port } = front.front;
    const words = ["s_client", "-connect", `${host}:${port}`, "-servername", name, "-state"];
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const { output } = await run("openssl", [...words, version]);
      expect(output).toContain("read server certificate");
      expect(output.includes("read server certificate request")).toBe(asked);
    }
  });

  test("goes by the name in SNI for the certificate, and by the host of the request for the rules", async () => {
    const { front } = await start(asking());
    const headers = { host: "app.example.com" };
    expect(await visit(front, good, { servername: "open.example.com", headers })).toBe(403);
    expect(await visit(front, undefined, { headers: { host: "open.example.com" } })).toBe(200);
  });

  test("knows serial, fingerprints and key identifiers, also of a certificate that is not verified", async () => {
    const { front } = await start(asking({ rules: [] }));
    await visit(front, good);
    await visit(front, stranger);
    const leaf = new X509Certificate(good.certificate);
    const plain = (fingerprint: string) => fingerprint.replaceAll(":", "").toLowerCase();
    expect(front.requests[0]?.visitor).toMatchObject({
      serial: leaf.serialNumber,
      fingerprintSha1: plain(leaf.fingerprint),
      fingerprintSha256: plain(leaf.fingerprint256),
      issuerSki: expect.stringMatching(/^[0-9A-F]{40}$/),
    });
    expect(front.requests[1]?.visitor).toMatchObject({
      verified: false,
      serial: new X509Certificate(stranger.certificate).serialNumber,
      issuerSki: expect.stringMatching(/^[0-9A-F]{40}$/),
    });
  });

  test.each<[string, Identity, boolean]>([
    ["one without purposes", noPurpose, true],
    ["one that is for servers", server, false],
    ["one that has expired", past, false],
    ["one whose CA was shown and not uploaded", below, false],
    ["one of another CA", stranger, false],
  ])("verifies %s: %s", async (_name, identity, verified) => {
    const { front } = await start(asking({ rules: [] }));
    await visit(front, identity);
    expect(front.requests[0]?.visitor).toMatchObject({ presented: true, verified });
  });

  test("takes a CA that is no root for what it issued itself", async () => {
    const { front } = await start(asking({ anchors: [middle.certificate], rules: [] }));
    await visit(front, below);
    await visit(front, good);
    expect(front.requests.map(({ visitor }) => visitor.verified)).toEqual([true, false]);
  });

  test("counts a revoked certificate as verified, so that only a rule that looks at it blocks", async () => {
    const fingerprint = new X509Certificate(good.certificate).fingerprint256
      .replaceAll(":", "")
      .toLowerCase();
    const lax = { id: "lax", action: "block", expression: `not ${field}.cert_verified` };
    const { front, set } = await start(asking({ revoked: [fingerprint], rules: [lax] }));
    expect(await visit(front, good)).toBe(200);
    expect(front.requests[0]?.visitor).toMatchObject({ verified: true, revoked: true });
    set(asking({ revoked: [fingerprint] }));
    expect(await visit(front, good)).toBe(403);
    expect(await visit(front, other)).toBe(200);
  });

  const everybody = "true";
  test.each<[string, VisitorView["rules"], number, string | undefined]>([
    ["block", [{ id: "a", action: "block", expression: everybody }], 403, "a"],
    ["managed_challenge", [{ id: "a", action: "managed_challenge", expression: everybody }], 403, "a"],
    ["log", [{ id: "a", action: "log", expression: everybody }], 200, undefined],
    [
      "skip before block",
      [
        { id: "a", action: "skip", expression: everybody },
        { id: "b", action: "block", expression: everybody },
      ],
      200,
      undefined,
    ],
    [
      "block before skip",
      [
        { id: "b", action: "block", expression: everybody },
        { id: "a", action: "skip", expression: everybody },
      ],
      403,
      "b",
    ],
    [
      "what can't be decided, before block",
      [
        { id: "a", action: "skip", expression: 'ip.src.country eq "GB"' },
        { id: "b", action: "block", expression: 'http.host eq "app.example.com"' },
      ],
      403,
      "b",
    ],
  ])("holds requests against rules in order: %s", async (_name, rules, status, endedBy) => {
    const { front } = await start({ asks: false, anchors: [], revoked: [], rules });
    expect(await visit(front)).toBe(status);
    expect(front.requests[0]?.endedBy?.id).toBe(endedBy);
  });

  test("blocks with error 1020: a line, or a page for browsers", async () => {
    const { front } = await start(asking());
    const address = { ...front.front, servername: "app.example.com", ca: serverCa };
    const line = await requestDirectly(address);
    expect(line).toMatchObject({ status: 403, body: "error code: 1020", headers: { server: "cloudflare" } });
    const page = await requestDirectly({ ...address, headers: { accept: "text/html,*/*" } });
    expect(page).toMatchObject({ status: 403, headers: { "content-type": "text/html; charset=UTF-8" } });
    expect(page.kind === "answered" && page.body).toContain(`Ray ID: ${front.requests[1]?.ray}`);
  });

  test("judges a connection once: what it has shown holds until it ends, rules do not", async () => {
    const { front, set } = await start(asking());
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { ...front.front, servername: "app.example.com", ca: serverCa, agent };
        const identity = { cert: good.certificate, key: good.key };
        const headers = { host: "app.example.com" };
        request({ ...options, ...identity, headers }, (response) => {
          text(response).then(() => resolve(response.statusCode), reject);
        })
          .on("error", reject)
          .end();
      });
    expect(await ask()).toBe(200);
    set(asking({ anchors: [] }));
    expect(await ask()).toBe(200);
    expect(await visit(front, good)).toBe(403);
    set(asking({ anchors: [], rules: [{ id: "all", action: "block", expression: everybody }] }));
    expect(await ask()).toBe(403);
    agent.destroy();
  });

  test("lets its servers disagree until a change has reached each", async () => {
    const clock = handTurned();
    const { front, set } = await start(undefined, { servers: 2, clock, lag: (node) => node * 5_000 });
    set(asking());
    const statuses = () => Promise.all(front.servers.map((at) => visit({ ...front, front: at })));
    expect(await statuses()).toEqual([403, 200]);
    clock.turn(5_000);
    expect(await statuses()).toEqual([403, 403]);
  });

  test("answers 521 in clear-text modes when no plain address is known", async () => {
    const origin = await originServer();
    const front = await edge({
      hostnames: {
        "app.example.com": {
          source: handMade(viewOf()),
          origin: { host: origin.host, port: origin.port, servername: "origin.example.com" },
        },
      },
      visitorTls,
    });
    running.push(origin, front);
    expect(await visit(front)).toBe(521);
    expect(origin.requests).toEqual([]);
  });
});
