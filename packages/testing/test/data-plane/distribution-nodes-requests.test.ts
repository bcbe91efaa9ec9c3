import { X509Certificate } from "node:crypto";
import { get, type RequestListener } from "node:http";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type DistributionNodesOptions, distributionNodes } from "../../src/data-plane/distribution-nodes.ts";
import { loadBalancerNodes } from "../../src/data-plane/load-balancer-nodes.ts";
import type { Address } from "../../src/data-plane/loopback.ts";
import { originServer } from "../../src/data-plane/origin-server.ts";
import { type DirectRequest, requestDirectly } from "../../src/data-plane/request-directly.ts";
import type { DistributionOrigin, DistributionView } from "../../src/data-plane/sources.ts";
import { behaving, checking, distributing, makeCertificates, originOf } from "./distribution-certificates.ts";
import { handMade, handTurned, listening } from "./hand-made-sources.ts";
import { has, type Identity, run, workshop } from "./openssl-certificates.ts";
import { plainServer } from "./plain-server.ts";

const shop = has("openssl") ? workshop() : undefined;
const made = shop && makeCertificates(shop);

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0).reverse()) await close();
});
afterAll(() => shop?.remove());

describe("distributionNodes, request by request,", () => {
  if (shop === undefined || made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { root, good, next, odd, serverCa } = made;
  const serialOf = ({ certificate }: Identity): string => new X509Certificate(certificate).serialNumber;

  async function start(view: DistributionView, options: Partial<DistributionNodesOptions> = {}) {
    const source = handMade(view);
    const edge = await distributionNodes({
      source,
      nodes: 1,
      server: made?.server ?? { certificate: "", key: "" },
      originCa: [serverCa],
      ...options,
    });
    running.push(edge);
    return { source, edge };
  }
  async function startApplication() {
    const origin = await originServer();
    running.push(origin);
    return origin;
  }
  /** A balancer that verifies, in front of an application: an origin that sees real client certificates. */
  async function startOrigin(anchors: readonly string[] = [root.certificate]) {
    const application = await startApplication();
    const source = handMade(listening(anchors.length === 0 ? {} : { mode: "verify", anchors }));
    const balancer = await loadBalancerNodes({
      source,
      nodes: 1,
      server: made?.origin ?? { certificate: "", key: "" },
      target: application.url,
    });
    running.push(balancer);
    return { application, balancer, source };
  }
  async function serve(answer: RequestListener): Promise<Address> {
    const server = await plainServer(answer);
    running.push(server);
    return server;
  }
  const ask = (to: { readonly front: Address }, more: Partial<DirectRequest> = {}) =>
    requestDirectly({ ...to.front, servername: "app.example.com", ca: serverCa, ...more });
  const status = async (to: { readonly front: Address }, path = "/"): Promise<number | string> => {
    const answer = await ask(to, { path });
    return answer.kind === "answered" ? answer.status : answer.code;
  };
  const overTls = (more: Partial<DistributionOrigin> = {}): DistributionOrigin =>
    originOf({ protocolPolicy: "https-only", ...more });

  test("chooses behaviour and origin by the path, and asks for the root object", async () => {
    const [application, other] = [await startApplication(), await startApplication()];
    const { edge, source } = await start(
      distributing({
        behaviours: [
          behaving({
            pathPattern: "/api/*",
            originId: "api",
            responseHeaders: { "X-Frame-Options": "DENY" },
          }),
          behaving({ pathPattern: "*.txt", originId: "gone" }),
          behaving(),
        ],
        origins: [
          originOf({ path: "/base" }),
          originOf({ id: "api", customHeaders: { "X-Own": "yes" }, domainName: "api.example.com" }),
        ],
        defaultRootObject: "index.html",
      }),
      { resolve: ({ id }) => (id === "api" ? other : application) },
    );
    const answer = await ask(edge, { path: "/api/a?b=c", headers: { "x-own": "no" } });
    expect(answer).toMatchObject({
      status: 200,
      headers: { "x-frame-options": "DENY", "x-cache": "Miss from cloudfront" },
    });
    await ask(edge, { path: "/?q" });
    await ask(edge, { path: "/deep/" });
    expect(await status(edge, "/a.txt")).toBe(502);
    expect(other.requests).toMatchObject([
      {
        path: "/api/a?b=c",
        headers: { "x-own": "yes", host: "api.example.com", "x-forwarded-for": "127.0.0.1" },
      },
    ]);
    expect(application.requests.map(({ path }) => path)).toEqual(["/base/index.html?q", "/base/deep/"]);
    expect(edge.requests.map(({ origin, status: got }) => `${origin} ${got}`)).toEqual([
      ...["api 200", "app 200", "app 200"],
      "undefined 502",
    ]);
    source.set(distributing({ behaviours: [] }));
    expect(await status(edge)).toBe(403);
  });

  test("gives viewer and origin the same id, and says who is in between", async () => {
    const application = await startApplication();
    const { edge } = await start(distributing(), { resolve: () => application });
    const answer = await ask(edge, { headers: { via: "1.0 before" } });
    const [seen] = application.requests;
    const id = edge.requests[0]?.id;
    expect(id).toMatch(/^[\w-]{54}==$/);
    expect(seen?.headers).toMatchObject({
      "x-amz-cf-id": id,
      via: "1.0 before, 1.1 d1.cloudfront.net (CloudFront)",
      "user-agent": "Amazon CloudFront",
    });
    expect(answer).toMatchObject({
      headers: { "x-amz-cf-id": id, via: "1.1 d1.cloudfront.net (CloudFront)" },
    });
  });

  const sent = {
    "x-a": "1",
    "x-b": "2",
    cookie: "c=1",
    "user-agent": "me",
    "content-type": "text/x",
    connection: "close, x-hop",
    "cloudfront-viewer-cert-pem": "forged",
    "client-cert": "forged",
    "client-cert-chain": "forged",
    "cloudfront-forwarded-proto": "forged",
  };
  const kept = { "user-agent": "Amazon CloudFront", "content-type": "text/x", host: "origin.example.com" };
  test.each([
    ["nothing", [], kept],
    ["a list", ["x-a", "cookie", "client-cert"], { ...kept, "x-a": "1", cookie: "c=1" }],
    [
      "what CloudFront makes",
      ["cloudfront-forwarded-proto", "host"],
      { ...kept, "cloudfront-forwarded-proto": "https", host: "app.example.com" },
    ],
    [
      "all",
      "all",
      { ...kept, "user-agent": "me", "x-a": "1", "x-b": "2", cookie: "c=1", host: "app.example.com" },
    ],
    ["all but the host", ["*"], { ...kept, "user-agent": "me", "x-a": "1", "x-b": "2", cookie: "c=1" }],
    [
      "all and more",
      ["*", "host", "cloudfront-viewer-http-version"],
      {
        ...kept,
        "user-agent": "me",
        "x-a": "1",
        "x-b": "2",
        cookie: "c=1",
        host: "app.example.com",
        "cloudfront-viewer-http-version": "1.1",
      },
    ],
  ] as const)("passes on what the policy says, and nothing forged: %s", async (_name, forwards, expected) => {
    const application = await startApplication();
    const { edge } = await start(distributing({ behaviours: [behaving({ forwards })] }), {
      resolve: () => application,
    });
    expect(await ask(edge, { method: "POST", body: "b", headers: sent })).toMatchObject({ status: 200 });
    const { headers = {} } = application.requests[0] ?? {};
    const own = ["x-amz-cf-id", "via", "x-forwarded-for", "connection", "content-length"];
    const found = Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name)));
    expect(found).toEqual(expected);
  });

  const certificateHeaders = [
    "present",
    "serial-number",
    "issuer",
    "subject",
    "sha256",
    "validity",
    "pem",
  ].map((name) => `cloudfront-viewer-cert-${name}`);
  test("tells the origin what openssl reads in the viewer's certificate", async () => {
    const application = await startApplication();
    const { edge } = await start(
      distributing({
        viewer: checking("optional", [root]),
        behaviours: [behaving({ forwards: [...certificateHeaders, "client-cert"] })],
      }),
      { resolve: () => application },
    );
    const file = shop.file("odd.pem", odd.certificate);
    const format = ["-nameopt", "RFC2253", "-dateopt", "iso_8601"];
    const fields = ["-subject", "-issuer", "-serial", "-startdate", "-enddate", "-fingerprint", "-sha256"];
    const { output } = await run("openssl", ["x509", "-in", file, "-noout", ...format, ...fields]);
    const field = (name: string): string =>
      new RegExp(`^${name}=(.*)$`, "im").exec(output)?.[1]?.trim() ?? "";
    const iso = (name: string): string => field(name).replace(" ", "T");
    const answer = await ask(edge, { identity: odd });
    const { headers = {} } = application.requests[0] ?? {};
    expect(headers).toMatchObject({
      "cloudfront-viewer-cert-present": "1",
      "cloudfront-viewer-cert-serial-number": field("serial")
        .toLowerCase()
        .replace(/..(?=.)/g, "$&:"),
      "cloudfront-viewer-cert-issuer": field("issuer"),
      "cloudfront-viewer-cert-subject": field("subject"),
      "cloudfront-viewer-cert-sha256": field("sha256 fingerprint").replaceAll(":", "").toLowerCase(),
      "cloudfront-viewer-cert-validity": `NotBefore=${iso("notBefore")};NotAfter=${iso("notAfter")}`,
    });
    expect(decodeURIComponent(String(headers["cloudfront-viewer-cert-pem"]))).toBe(odd.certificate);
    expect(headers["client-cert"]).toBeUndefined();
    const echo = answer.kind === "answered" ? answer.headers["x-seen-client-cert"] : undefined;
    expect(decodeURIComponent(String(echo))).toBe(odd.certificate);

    await ask(edge, { headers: { "cloudfront-viewer-cert-pem": "forged" } });
    const without = application.requests[1]?.headers ?? {};
    expect(Object.keys(without).filter((name) => name.includes("viewer-cert"))).toEqual([
      "cloudfront-viewer-cert-present",
    ]);
    expect(without["cloudfront-viewer-cert-present"]).toBe("0");
  });

  test.each([
    ["a lone leaf", good],
    ["a chain", made.viaSecond],
    [
      "a chain of five, cut to four",
      { ...made.viaThird, certificate: made.viaThird.certificate + root.certificate },
    ],
  ] as const)("passes on what was shown in passthrough: %s", async (_name, identity) => {
    const application = await startApplication();
    const forwards = ["client-cert", "client-cert-chain", ...certificateHeaders];
    const { edge } = await start(
      distributing({ viewer: { mode: "passthrough" }, behaviours: [behaving({ forwards })] }),
      {
        resolve: () => application,
      },
    );
    await ask(edge, { identity, headers: { "client-cert": "forged" } });
    await ask(edge, { headers: { "client-cert": "forged", "client-cert-chain": "forged" } });
    const [shown, bare] = application.requests;
    const ders = identity.certificate
      .split(/(?<=END CERTIFICATE-----\n)/)
      .filter((pem) => pem !== "")
      .map((pem) => `:${new X509Certificate(pem).raw.toString("base64")}:`);
    const [leaf, ...chain] = ders.slice(0, 4);
    expect(shown?.headers["client-cert"]).toBe(leaf);
    expect(shown?.headers["client-cert-chain"]).toBe(chain.length === 0 ? undefined : chain.join(", "));
    expect(decodeURIComponent(shown?.seen ?? "")).toBe(new X509Certificate(identity.certificate).toString());
    expect(Object.keys(bare?.headers ?? {}).join()).not.toMatch(/cert/);
    expect(bare?.seen).toBeUndefined();
  });

  test("tells balancer's and viewer's certificates apart at an origin behind both", async () => {
    const { application, balancer } = await startOrigin();
    const { edge } = await start(
      distributing({
        viewer: checking("required", [root]),
        behaviours: [behaving({ forwards: certificateHeaders })],
        origins: [overTls({ shows: next })],
      }),
      { resolve: () => balancer.front },
    );
    const answer = await ask(edge, { identity: good });
    if (answer.kind === "refused") throw new Error(answer.code);
    const seen = ["x-seen-client-cert", "x-seen-viewer-cert"].map((name) => String(answer.headers[name]));
    expect(seen.map(decodeURIComponent)).toEqual([next.certificate, good.certificate]);
    expect(application.requests).toHaveLength(1);
  });

  test("goes on using a warm connection with the certificate that it was opened with", async () => {
    const clock = handTurned();
    const { balancer } = await startOrigin();
    const warm = { perServer: 2, maxRequests: 4, maxAgeMs: 30_000 };
    const showing = (shows: DistributionOrigin["shows"]) => distributing({ origins: [overTls({ shows })] });
    const { edge, source } = await start(showing(good), { resolve: () => balancer.front, clock, warm });
    const seenBy = async (): Promise<string | undefined> => {
      const answer = await ask(edge);
      const seen = answer.kind === "answered" ? answer.headers["x-seen-client-cert"] : answer.code;
      return [good, next].find(({ certificate }) => decodeURIComponent(String(seen)) === certificate)
        ?.certificate;
    };
    expect(await seenBy()).toBe(good.certificate);
    source.set(showing(next));
    for (let i = 0; i < 3; i += 1) expect(await seenBy()).toBe(good.certificate);
    expect(await seenBy()).toBe(next.certificate);
    clock.turn(30_000);
    source.set(showing("nothing"));
    expect(await status(edge)).toBe(502);
    const used = edge.requests.map(
      ({ connection }) => connection && `${connection.number} ${connection.reused}`,
    );
    expect(used).toEqual(["1 false", "1 true", "1 true", "1 true", "2 false", undefined]);
    expect(edge.requests[3]?.connection?.shown).toBe(serialOf(good));
    expect(edge.requests[4]?.connection?.shown).toBe(serialOf(next));
    expect(balancer.connections.map(({ reason, leaf }) => reason ?? leaf?.serial)).toEqual([
      serialOf(good),
      serialOf(next),
      "UnmappedConnectionError",
    ]);
  });

  test("never uses a warm connection for another domain name, port or protocol", async () => {
    const { balancer, application } = await startOrigin([]);
    const resolved: string[] = [];
    const resolve: DistributionNodesOptions["resolve"] = ({ domainName }, scheme) => {
      resolved.push(`${scheme} ${domainName}`);
      return scheme === "https" ? balancer.front : application;
    };
    const { edge, source } = await start(distributing({ origins: [overTls()] }), { resolve });
    expect(await status(edge)).toBe(200);
    expect(await status(edge)).toBe(200);
    source.set(distributing({ origins: [overTls({ domainName: "other.example.com" })] }));
    expect(await status(edge)).toBe(502);
    source.set(distributing({ origins: [overTls({ httpsPort: 8443 })] }));
    expect(await status(edge)).toBe(200);
    source.set(distributing({ origins: [originOf()] }));
    expect(await status(edge)).toBe(200);
    expect(resolved).toEqual([
      ...["https origin.example.com", "https other.example.com"],
      ...["https origin.example.com", "http origin.example.com"],
    ]);
    expect(balancer.connections.map(({ verdict }) => verdict)).toHaveLength(3);
  });

  test("speaks to the origin what the viewer speaks, where it is to match", async () => {
    const { balancer, application } = await startOrigin([]);
    const { edge } = await start(
      distributing({
        behaviours: [behaving({ viewerProtocolPolicy: "allow-all" })],
        origins: [originOf({ protocolPolicy: "match-viewer" })],
      }),
      { resolve: (_origin, scheme) => (scheme === "https" ? balancer.front : application) },
    );
    expect(await status(edge)).toBe(200);
    expect(balancer.connections).toHaveLength(1);
    const { host, port } = edge.plainFront;
    const plain = await new Promise<number | undefined>((resolve, reject) => {
      get({ host, port, headers: { host: "app.example.com" } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on("error", reject);
    });
    expect(plain).toBe(200);
    expect(balancer.connections).toHaveLength(1);
    expect(application.requests).toHaveLength(2);
  });

  test.each([
    ["an issuer that is not known", { originCa: [] }, {}, 502],
    ["another name", {}, { domainName: "other.example.com" }, 502],
    ["the right one", {}, {}, 200],
  ] as const)(
    "holds the origin's certificate against domain name and CAs: %s",
    async (_name, options, more, expected) => {
      const { balancer, application } = await startOrigin([]);
      const { edge } = await start(distributing({ origins: [overTls(more)] }), {
        resolve: () => balancer.front,
        ...options,
      });
      expect(await status(edge)).toBe(expected);
      expect(application.requests).toHaveLength(expected === 200 ? 1 : 0);
    },
  );

  test("judges the origin's certificate by its clock", async () => {
    const clock = handTurned();
    const { balancer } = await startOrigin([]);
    const { edge } = await start(distributing({ origins: [overTls()] }), {
      resolve: () => balancer.front,
      clock,
      warm: { perServer: 0 },
    });
    expect(await status(edge)).toBe(200);
    clock.turn(31 * 24 * 3_600_000);
    expect(await status(edge)).toBe(502);
  });

  test("answers 502 for an origin that leads nowhere, refuses or breaks off, and 504 for a silent one", async () => {
    const { balancer } = await startOrigin();
    const silent = await serve(() => undefined);
    const breaking = await serve((request) => request.socket.destroy());
    const places: Readonly<Record<string, Address | undefined>> = {
      silent,
      breaking,
      verifying: balancer.front,
      closed: { host: "127.0.0.1", port: 1 },
    };
    const ids = ["nowhere", "closed", "verifying", "breaking", "silent"];
    const { edge } = await start(
      distributing({
        behaviours: ids.map((id) => behaving({ pathPattern: `/${id}`, originId: id })),
        origins: ids.map((id) =>
          id === "verifying" ? overTls({ id, shows: made.stranger }) : originOf({ id }),
        ),
      }),
      { resolve: ({ id }) => places[id], answerMs: 60 },
    );
    const answers = await Promise.all(ids.map((id) => status(edge, `/${id}`)));
    expect(answers).toEqual([502, 502, 502, 502, 504]);
    expect(balancer.connections.map(({ reason }) => reason)).toEqual(["ClientCertUntrusted"]);
    expect(await ask(edge, { path: "/nowhere" })).toMatchObject({
      headers: { "x-cache": "Error from cloudfront" },
    });
  });

  test("asks S3 by GET and HEAD, signed where the origin is", async () => {
    const asked: string[] = [];
    const s3: DistributionNodesOptions["s3"] = async (domain, path, { signed, method }) => {
      asked.push(`${method} ${domain} ${path} ${signed}`);
      return path.includes("missing")
        ? new Response("<Error/>", { status: 403 })
        : new Response(method === "HEAD" ? null : "hello", {
            headers: { etag: '"e"', "content-length": "5" },
          });
    };
    const site = originOf({ id: "site", kind: "s3", domainName: "site.s3.us-east-1.amazonaws.com" });
    const { edge } = await start(
      distributing({
        behaviours: [
          behaving({ pathPattern: "/open/*", originId: "open" }),
          behaving({ originId: "site", responseHeaders: { "strict-transport-security": "max-age=1" } }),
        ],
        origins: [
          { ...site, signed: true, path: "/www" },
          { ...site, id: "open" },
        ],
        defaultRootObject: "index.html",
      }),
      { s3 },
    );
    expect(await ask(edge)).toMatchObject({
      status: 200,
      body: "hello",
      headers: { etag: '"e"', "strict-transport-security": "max-age=1", "x-cache": "Miss from cloudfront" },
    });
    expect(await ask(edge, { path: "/open/a?q", method: "HEAD" })).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": "5" },
    });
    expect(await ask(edge, { path: "/missing" })).toMatchObject({ status: 403, body: "<Error/>" });
    expect(await ask(edge, { path: "/a", method: "PUT", body: "x" })).toMatchObject({ status: 403 });
    expect(asked).toEqual([
      "GET site.s3.us-east-1.amazonaws.com /www/index.html true",
      "HEAD site.s3.us-east-1.amazonaws.com /open/a false",
      "GET site.s3.us-east-1.amazonaws.com /www/missing true",
    ]);
    expect(edge.requests.map(({ origin }) => origin)).toEqual(["site", "open", "site", "site"]);
  });

  test("answers 502 for an S3 origin when there is no S3", async () => {
    const { edge } = await start(distributing({ origins: [originOf({ kind: "s3" })] }));
    expect(await status(edge)).toBe(502);
  });
});
