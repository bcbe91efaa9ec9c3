import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { largeConfig } from "./large-config.ts";
import { type Answer, makeService, refusal } from "./service.ts";

const { signal } = new AbortController();
const arnOf = (id: string): string => `arn:aws:cloudfront::111122223333:distribution/${id}`;
const arn = arnOf("E1EXAMPLE");

/** A distribution as `GetDistribution` and a list name it. */
function described(id: string, kind: "Distribution" | "DistributionSummary"): string {
  const config = largeConfig({ origins: 3, behaviours: 1 })
    .replace(/^<\?xml[^>]*\?>\n/, "")
    .replace(/^<DistributionConfig[^>]*>/, "")
    .replace("</DistributionConfig>", "")
    .replace(/<next:Thing.*<\/next:Thing>/s, "")
    .replace(/ next:since="[^"]*"/, "");
  const facts = `<Id>${id}</Id><ARN>${arnOf(id)}</ARN><Status>Deployed</Status><LastModifiedTime>2026-11-01T00:00:00Z</LastModifiedTime><DomainName>${id.toLowerCase()}.cloudfront.net</DomainName>`;
  const inside =
    kind === "Distribution" ? `${facts}<DistributionConfig>${config}</DistributionConfig>` : facts + config;
  return `<${kind}>${inside}</${kind}>`;
}

function page(ids: readonly string[], next?: string): Answer {
  const items = ids.map((id) => described(id, "DistributionSummary")).join("");
  return {
    body: `<DistributionList xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Marker/>${next === undefined ? "" : `<NextMarker>${next}</NextMarker>`}<MaxItems>100</MaxItems><IsTruncated>${next !== undefined}</IsTruncated><Quantity>${ids.length}</Quantity><Items>${items}</Items></DistributionList>`,
  };
}

const got = (path: string): Answer => ({
  headers: { etag: "E2" },
  body: described(path.split("/").at(-1) ?? "", "Distribution"),
});

describe("connectDistributions", () => {
  it("hands a configuration out as it came, and writes one as it is given", async () => {
    const xml = largeConfig();
    await using service = await makeService(({ method }) =>
      method === "GET"
        ? { headers: { etag: "E1ABC" }, body: xml }
        : { headers: { etag: "E2" }, body: "<Distribution><Broken" },
    );
    const config = await service.distributions.config(arn, signal);
    expect(config).toEqual({ xml, etag: "E1ABC" });
    await service.distributions.putConfig(arn, config, signal);
    const put = service.sent.at(-1);
    expect([put?.method, put?.path, put?.body]).toEqual([
      "PUT",
      "/2020-05-31/distribution/E1EXAMPLE/config",
      xml,
    ]);
    expect(Object.fromEntries(put?.headers ?? [])).toMatchObject({
      "if-match": "E1ABC",
      "content-type": "application/xml",
      "content-length": `${Buffer.byteLength(xml)}`,
      "x-amz-content-sha256": createHash("sha256").update(xml).digest("hex"),
    });
  });

  it("writes the same again when the SDK tries again, under one signature each", async () => {
    const xml = largeConfig({ origins: 2, behaviours: 1 });
    await using service = await makeService(
      (_, index) => (index === 0 ? refusal(503, "ServiceUnavailable") : { headers: { etag: "E2" } }),
      2,
    );
    await service.distributions.putConfig(arn, { xml, etag: "E1" }, signal);
    expect(service.sent.map(({ body }) => body)).toEqual([xml, xml]);
  });

  it.each([
    ["PreconditionFailed", 412, "REMOTE_CONFLICT"],
    ["InvalidIfMatchVersion", 400, "REMOTE_CONFLICT"],
    ["NoSuchDistribution", 404, "REMOTE_NOT_FOUND"],
    ["AccessDenied", 403, "REMOTE_UNAUTHORIZED"],
    ["InvalidArgument", 400, "REMOTE_REJECTED"],
  ])("says that a write met %s", async (code, status, expected) => {
    await using service = await makeService(() => refusal(status, code));
    const config = { xml: "<DistributionConfig/>", etag: "E1" };
    await expect(service.distributions.putConfig(arn, config, signal)).rejects.toMatchObject({
      code: expected,
      details: { operation: "UpdateDistribution", provider: { code, status } },
    });
    await expect(service.distributions.config(arn, signal)).rejects.toMatchObject({ code: expected });
  });

  it("says that it is not known what came of a write without an answer", async () => {
    await using service = await makeService(() => refusal(500, "InternalError"));
    const config = { xml: "<DistributionConfig/>", etag: "E1" };
    await expect(service.distributions.putConfig(arn, config, signal)).rejects.toMatchObject({
      code: "REMOTE_UNAVAILABLE",
      details: { outcomeUnknown: true },
    });
  });

  it("refuses a configuration without an ETag", async () => {
    await using service = await makeService(() => ({ body: largeConfig() }));
    await expect(service.distributions.config(arn, signal)).rejects.toMatchObject({
      code: "REMOTE_UNEXPECTED",
    });
  });

  it("reads what matters of a distribution, the same from a description and from a list", async () => {
    await using service = await makeService(({ path }) =>
      path.includes("MaxItems") ? page(["E0", "E1", "E2", "E3", "E4"]) : got(path),
    );
    const [one] = await service.distributions.read([arnOf("E0")], signal);
    const many = await service.distributions.read(["E0", "E1", "E2", "E3", "E4"].map(arnOf), signal);
    expect(many[0]).toEqual(one);
    expect(one).toMatchObject({
      arn: arnOf("E0"),
      deployed: true,
      aliases: ["shop.example.com", "*.shop.example.com"],
      viewer: { mode: "off" },
      httpVersion: "http2",
      connectionMode: "direct",
      originGroups: [{ id: "pair", originIds: ["origin-1", "origin-2"] }],
    });
    expect(one?.origins.map(({ id, kind, protocolPolicy }) => [id, kind, protocolPolicy])).toEqual([
      ["origin-0", "custom", "https-only"],
      ["origin-1", "custom", "https-only"],
      ["origin-2", "s3", undefined],
    ]);
    expect(one?.behaviours.map(({ pathPattern, originId }) => [pathPattern, originId])).toEqual([
      ["/path-0/*", "origin-0"],
      ["*", "origin-0"],
    ]);
  });

  it("asks for a few one by one, leaving out those that don't exist or are another account's", async () => {
    await using service = await makeService(({ path }) =>
      path.endsWith("/E2") ? refusal(404, "NoSuchDistribution") : got(path),
    );
    const foreign = arnOf("E3").replace("111122223333", "999988887777");
    const found = await service.distributions.read([arnOf("E1"), arnOf("E2"), foreign], signal);
    expect(found.map(({ arn }) => arn)).toEqual([arnOf("E1")]);
    expect(service.sent).toHaveLength(3);
  });

  it("asks for many by one list", async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `E${index}`);
    await using service = await makeService(() => page(ids));
    const found = await service.distributions.read(ids.map(arnOf), signal);
    expect(found.map(({ arn }) => arn)).toEqual(ids.map(arnOf));
    expect(service.sent).toHaveLength(1);
  });

  it("judges nothing of a listed distribution that it was not asked about", async () => {
    const ids = Array.from({ length: 6 }, (_, index) => `E${index}`);
    const odd = "<ViewerMtlsConfig><Mode>advisory</Mode></ViewerMtlsConfig>";
    await using service = await makeService(() => {
      const { body = "" } = page(["OTHER", ...ids]);
      const [first = "", ...rest] = body.split("</DistributionSummary>");
      const bare = first.replace(/<ViewerMtlsConfig>.*?<\/ViewerMtlsConfig>/s, "");
      return { body: [bare + odd, ...rest].join("</DistributionSummary>") };
    });
    expect(await service.distributions.read(ids.map(arnOf), signal)).toHaveLength(6);
    expect(await service.distributions.showing("arn:aws:acm:us-east-1:1:certificate/1", signal)).toEqual([]);
    await expect(service.distributions.read([...ids, "OTHER"].map(arnOf), signal)).rejects.toMatchObject({
      code: "REMOTE_UNEXPECTED",
    });
  });

  it("gives a long list up that names few of them, and asks for the rest one by one", async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `E${index}`);
    await using service = await makeService(({ path }, index) =>
      path.includes("MaxItems") ? page([`E${index}`, `F${index}`], `marker-${index}`) : got(path),
    );
    const found = await service.distributions.read(ids.map(arnOf), signal);
    expect(found).toHaveLength(20);
    expect(service.sent.length).toBeLessThanOrEqual(22);
  });

  it("asks one by one where it may not list, and does not try that again", async () => {
    const ids = Array.from({ length: 6 }, (_, index) => `E${index}`);
    await using service = await makeService(({ path }) =>
      path.includes("MaxItems") ? refusal(403, "AccessDenied") : got(path),
    );
    for (const calls of [7, 13]) {
      expect(await service.distributions.read(ids.map(arnOf), signal)).toHaveLength(6);
      expect(service.sent).toHaveLength(calls);
    }
  });

  it("finds who is shown a certificate, on every page of the list", async () => {
    const certificate = "arn:aws:acm:us-east-1:111122223333:certificate/1b1b1b1b-1111-2222-3333-444444444444";
    const mtls = `<OriginMtlsConfig><ClientCertificateArn>${certificate}</ClientCertificateArn></OriginMtlsConfig>`;
    await using service = await makeService((_, index) => {
      const { body = "" } = page([`E${index}`, `F${index}`], index < 2 ? `marker-${index}` : undefined);
      return {
        body: index === 2 ? body.replace("</CustomOriginConfig>", `${mtls}</CustomOriginConfig>`) : body,
      };
    });
    expect(await service.distributions.showing(certificate, signal)).toEqual([arnOf("E2")]);
    expect(service.sent).toHaveLength(3);
  });

  it("reads tags, and none of what is not there", async () => {
    await using service = await makeService((_, index) =>
      index === 0
        ? { body: "<Tags><Items><Tag><Key>ManagedBy</Key><Value>terraform</Value></Tag></Items></Tags>" }
        : refusal(404, "NoSuchResource"),
    );
    expect(await service.distributions.tags(arn, signal)).toEqual({ ManagedBy: "terraform" });
    expect(await service.distributions.tags(arn, signal)).toEqual({});
  });

  it.each([
    ["none", [], []],
    ["whitelist", ["Client-Cert", "X-One"], ["client-cert", "x-one"]],
    ["allViewer", [], "all"],
    ["allViewerAndWhitelistCloudFront", ["CloudFront-Viewer-Country"], "all"],
    ["allExcept", ["Host"], "all"],
  ])("reads which headers a policy passes on: %s", async (behaviour, names, headers) => {
    const items = names.map((name) => `<Name>${name}</Name>`).join("");
    await using service = await makeService(() => ({
      body: `<OriginRequestPolicy><Id>p</Id><OriginRequestPolicyConfig><Name>p</Name><HeadersConfig><HeaderBehavior>${behaviour}</HeaderBehavior><Headers><Quantity>${names.length}</Quantity><Items>${items}</Items></Headers></HeadersConfig></OriginRequestPolicyConfig></OriginRequestPolicy>`,
    }));
    expect(await service.distributions.originRequestHeaders("p", signal)).toEqual(headers);
  });
});
