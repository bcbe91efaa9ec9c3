import { ImportCertificateCommand } from "@aws-sdk/client-acm";
import { type Finding, HandfastError, type Seen, sha256 } from "@handfast/core";
import { turnableClock } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import type { Certificates } from "../../src/acm/port.ts";
import { Imports } from "../../src/cloudfront-origin/imports.ts";
import { findOwn } from "../../src/cloudfront-origin/own.ts";
import { readOrigins } from "../../src/cloudfront-origin/read.ts";
import type { OriginState } from "../../src/cloudfront-origin/state.ts";
import type {
  BehaviourRecord,
  DistributionRecord,
  Distributions,
  OriginRecord,
} from "../../src/distribution/port.ts";
import { makeWorld } from "./cloud.ts";
import { type Identity, makeIdentity, start } from "./identities.ts";
import { arnOf, distribution } from "./states.ts";

let identities: readonly Identity[];
beforeAll(async () => {
  identities = await Promise.all(["A", "B"].map((name) => makeIdentity(name)));
});

const codes = ({ findings }: Pick<Seen<OriginState>, "findings">): readonly string[] =>
  findings.map(({ code }: Finding) => code);

const behaviour = (originId: string, rest: Partial<BehaviourRecord> = {}): BehaviourRecord => ({
  pathPattern: "*",
  originId,
  viewerProtocolPolicy: "https-only",
  lambdaAtEdge: false,
  lambdaAtOrigin: false,
  grpc: false,
  ...rest,
});

/** A look at an origin of a distribution that is made up, with nothing in ACM but what is said of it. */
async function lookAt(
  { behaviours = [behaviour("app")], ...rest }: Partial<DistributionRecord> = {},
  origin: Partial<OriginRecord> = {},
  certificates: Partial<Certificates> = {},
): Promise<Seen<OriginState>> {
  const app: OriginRecord = {
    id: "app",
    domainName: "app.example.com",
    kind: "custom",
    protocolPolicy: "https-only",
    shielded: false,
    ...origin,
  };
  const record: DistributionRecord = {
    arn: distribution,
    domainName: "d1.cloudfront.net",
    aliases: [],
    deployed: true,
    httpVersion: "http2",
    connectionMode: "direct",
    viewer: { mode: "off" },
    origins: [app],
    originGroups: [],
    behaviours,
    ...rest,
  };
  const unused = () => Promise.reject(new Error("not asked for"));
  const distributions: Distributions = {
    read: async () => [record],
    config: unused,
    putConfig: unused,
    showing: unused,
    tags: async () => ({}),
    originRequestHeaders: unused,
  };
  const store: Certificates = {
    imported: async () => [],
    read: unused,
    describe: unused,
    tags: unused,
    import: unused,
    delete: unused,
    request: unused,
    ...certificates,
  };
  const imports = new Imports();
  const [seen] = await readOrigins(
    [{ key: "edge/app", target: { distribution, origins: ["app"] } }],
    { distributions, certificates: store, imports, findOwn: findOwn(imports), tagsOn: async () => ({}) },
    {
      clock: turnableClock(start + 86_400_000),
      signal: new AbortController().signal,
      keep: async (bytes) => ({ sha256: sha256(bytes), size: bytes.byteLength }),
    },
  );
  return seen as Seen<OriginState>;
}

describe("readOrigins", () => {
  it("sees an origin that is shown nothing", async () => {
    await using world = await makeWorld(identities);
    expect(await world.look()).toEqual({
      objects: [`${world.distribution}/origin/app`, world.distribution],
      now: {
        distribution: true,
        origin: { kind: "custom", protocolPolicy: "https-only", bans: [], shows: "nothing" },
        certificates: {},
      },
      may: [],
      settled: true,
      owner: "unknown",
      findings: [],
    });
    expect((await world.look(world.on("site"))).now.origin).toEqual({
      kind: "s3",
      bans: [],
      shows: "nothing",
    });
  });

  it("sees what handfast imported, whom it is shown to, and when the edges have it", async () => {
    await using world = await makeWorld(identities);
    const [imports, sets] = await world.plan(world.showing(0));
    if (imports === undefined || sets === undefined) throw new Error("two steps");
    await world.perform(imports);
    await world.perform(sets);
    const { bundle } = identities[0] as Identity;
    const [own, other] = await world.read([world.on(), world.on("api")]);
    expect(own).toMatchObject({ settled: false, owner: "us", now: { origin: { shows: bundle } } });
    expect(Object.values(own?.now.certificates ?? {})).toEqual([{ taken: false }]);
    expect(Object.values(other?.now.certificates ?? {})).toEqual([{ taken: true }]);
    await world.clock.advance(300_000);
    expect((await world.look()).settled).toBe(true);
    for (const digest of [bundle.certificate, ...bundle.chain]) expect(world.kept).toContain(digest);
  });

  it("tells a distribution that is not there from an origin that is not", async () => {
    await using world = await makeWorld(identities);
    const nowhere = world.on("app", world.distribution.replace(/.{4}$/, "ZZZZ"));
    const [first, second] = await world.read([nowhere, world.on("gone")]);
    expect([codes(first as never), codes(second as never)]).toEqual([
      ["distribution-not-found"],
      ["origin-not-found"],
    ]);
    expect(first?.findings[0]?.target).toBe("edge/app");
  });

  it("asks for each distribution and each certificate once, and little when it looks again", async () => {
    await using world = await makeWorld(identities);
    await world.carryOut(await world.plan(world.showing(0)));
    await world.carryOut(await world.plan(world.showing(0), world.on("api")), world.on("api"));
    const targets = [world.on(), world.on("api"), world.on("site")];
    await world.read(targets);
    world.log.clear();
    await world.read(targets);
    expect(world.log.calls.map(({ operation }) => operation).toSorted()).toEqual([
      "DescribeCertificate",
      "GetDistribution",
      "ListCertificates",
    ]);
  });

  it("remembers that an old certificate is nobody's of handfast's, and asks of a new one until it is", async () => {
    await using world = await makeWorld(identities);
    const { chainPem, root, key } = identities[1] as Identity;
    await world.acm.send(
      new ImportCertificateCommand({
        Certificate: Buffer.from(chainPem.split(/(?<=-----END CERTIFICATE-----\n)/)[0] ?? ""),
        CertificateChain: Buffer.from(root.certificate.pem),
        PrivateKey: Buffer.from(key.export()),
      }),
    );
    const asked = async (): Promise<number> => {
      world.log.clear();
      await world.look();
      return world.log.count({ operation: "ListTagsForCertificate" });
    };
    await world.clock.advance(10_000);
    expect([await asked(), await asked()]).toEqual([1, 1]);
    await world.clock.advance(900_000);
    expect([await asked(), await asked()]).toEqual([1, 0]);
  });

  it.each([
    [30, "certificate-expires"],
    [-1, "certificate-expired"],
  ])("warns %i days before the end of what is shown", async (days, code) => {
    await using world = await makeWorld(identities);
    await world.carryOut(await world.plan(world.showing(0)));
    expect(codes(await world.look())).toEqual([]);
    await world.clock.advance((365 - days) * 86_400_000 - world.clock.now() + start);
    expect(codes(await world.look())).toEqual([code]);
  });

  it.each([
    ["REMOTE_UNAUTHORIZED", "these credentials may not read it"],
    ["REMOTE_NOT_FOUND", "it is not in ACM"],
  ] as const)(
    "says that a certificate can't be read (%s), and never that nothing is shown",
    async (code, unknown) => {
      const arn = arnOf("11111111");
      const read = () => Promise.reject(new HandfastError(code, "no"));
      const seen = await lookAt({}, { clientCertificateArn: arn }, { read });
      expect(seen.now.origin?.shows).toEqual({ unknown, arn });
      expect([seen.owner, ...codes(seen)]).toEqual(["other", "certificate-unreadable"]);
    },
  );

  it("knows that a certificate of another region is not shown, and asks nobody", async () => {
    const arn = arnOf("11111111", "eu-west-1");
    const seen = await lookAt({}, { clientCertificateArn: arn });
    expect(seen.now.origin?.shows).toEqual({ unknown: "it is in eu-west-1", arn });
    expect(codes(seen)).toEqual(["certificate-in-wrong-region"]);
  });

  it("hands on a failure that says nothing about a certificate", async () => {
    const throttled = new HandfastError("REMOTE_RATE_LIMITED", "slow down");
    const looking = lookAt(
      {},
      { clientCertificateArn: arnOf("11111111") },
      { read: () => Promise.reject(throttled) },
    );
    await expect(looking).rejects.toBe(throttled);
  });

  it.each<[string, Partial<DistributionRecord>, Partial<OriginRecord>, readonly string[]]>([
    ["gRPC", { behaviours: [behaviour("app", { grpc: true })] }, {}, ["grpc"]],
    ["Lambda@Edge", { behaviours: [behaviour("app", { lambdaAtOrigin: true })] }, {}, ["lambda-at-origin"]],
    ["Lambda@Edge at viewers alone", { behaviours: [behaviour("app", { lambdaAtEdge: true })] }, {}, []],
    [
      "viewers by HTTP",
      { behaviours: [behaviour("app", { viewerProtocolPolicy: "allow-all" })] },
      { protocolPolicy: "match-viewer" },
      ["http-viewers"],
    ],
    [
      "viewers by HTTPS alone",
      { behaviours: [behaviour("app", { viewerProtocolPolicy: "redirect-to-https" })] },
      { protocolPolicy: "match-viewer" },
      [],
    ],
    [
      "viewers by HTTP to an origin that is reached by HTTPS whatever they do",
      { behaviours: [behaviour("app", { viewerProtocolPolicy: "allow-all" })] },
      {},
      [],
    ],
    ["gRPC to another origin", { behaviours: [behaviour("app"), behaviour("api", { grpc: true })] }, {}, []],
    [
      "gRPC to a group that the origin is in",
      {
        behaviours: [behaviour("pair", { grpc: true, lambdaAtOrigin: true })],
        originGroups: [{ id: "pair", originIds: ["api", "app"] }],
      },
      {},
      ["grpc", "lambda-at-origin"],
    ],
  ])("notes what stands in the way: %s", async (_, record, origin, bans) => {
    expect((await lookAt(record, origin)).now.origin?.bans).toEqual(bans);
  });

  it("warns of an origin that is set to a certificate and reached by plain HTTP", async () => {
    const seen = await lookAt(
      {},
      { protocolPolicy: "http-only", clientCertificateArn: arnOf("11111111") },
      { read: () => Promise.reject(new HandfastError("REMOTE_NOT_FOUND", "gone")) },
    );
    expect(seen.now.origin?.shows).toMatchObject({ unknown: "it is not in ACM" });
    expect(codes(seen)).toEqual(["certificate-unreadable", "origin-not-https"]);
  });

  it("knows the tool that the distribution is tagged by", async () => {
    await using world = await makeWorld(identities, { distribution: { tags: { ManagedBy: "terraform" } } });
    const { now, owner } = await world.look();
    expect([now.manager, owner]).toEqual([{ tool: "Terraform" }, "other"]);
  });
});
