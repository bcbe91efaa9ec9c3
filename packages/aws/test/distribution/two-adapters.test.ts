import { createHandfast, memoryJournal } from "@handfast/core";
import { aws, simulate, turnableClock } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { cloudfront, cloudfrontOrigin } from "../../src/index.ts";
import { type Identity, makeIdentity, start } from "../cloudfront-origin/identities.ts";

let edges: readonly [Identity, Identity];
let staff: Identity;
beforeAll(async () => {
  const [first, second, third] = await Promise.all(["A", "B", "Staff"].map((name) => makeIdentity(name)));
  edges = [first as Identity, second as Identity];
  staff = third as Identity;
});

/** One distribution, two applications behind it, and pipelines that know nothing of each other. */
async function makeFront() {
  const clock = turnableClock(start + 86_400_000);
  const lags = { deployed: 60_000, active: 4_000, flap: 1_000 };
  const cloud = aws({ clock, cloudfront: { lags } });
  cloud.createBucket("bundles", { versioning: "Enabled" });
  const distribution = cloud.addDistribution({
    origins: [
      { id: "app", domainName: "app.example.com" },
      { id: "api", domainName: "api.example.com" },
    ],
    extra: "<FutureSetting><Depth>4</Depth><!-- why --></FutureSetting>",
  }).arn;
  const simulation = simulate({ services: [cloud.s3, cloud.cloudfront, cloud.acm], clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();
  const { region, credentials } = cloud;
  const client = { region: "us-east-1", credentials, maxAttempts: 1 };
  const source = { ...client, endpoint: origins.cloudfront ?? "" };
  const s3 = { ...client, region, endpoint: origins.s3 ?? "", forcePathStyle: true };
  const connect = () =>
    createHandfast({
      adapters: [
        cloudfront({ bucket: { name: "bundles", region }, cloudfront: source, s3 }),
        cloudfrontOrigin({ acm: { ...client, endpoint: origins.acm ?? "" }, cloudfront: source }),
      ],
      journal: memoryJournal({ clock }),
      clock,
      secrets: {
        "key-0": { read: async () => edges[0].key.export(), describe: () => "key 0" },
        "key-1": { read: async () => edges[1].key.export(), describe: () => "key 1" },
      },
    });
  const viewers = (mode: "off" | "required") => ({
    trust: { staff: { anchors: staff.root.certificate.pem } },
    verifiers: { front: { adapter: "aws.cloudfront" as const, distribution, mode, trust: "staff" as const } },
    populations: { laptops: { mayShow: { issuedBy: ["staff" as const], identities: [], nothing: true } } },
    links: [{ from: "laptops" as const, to: "front" as const, mayRefuse: ["nothing" as const] }],
  });
  const shown = (index: 0 | 1) => ({
    identities: { edge: { chain: edges[index].chainPem, key: { secret: `key-${index}` as const } } },
    presenters: {
      back: {
        adapter: "aws.cloudfront-origin" as const,
        distribution,
        origins: ["app", "api"],
        shows: "edge" as const,
      },
    },
  });
  const none = { trust: {}, verifiers: {}, links: [] };
  type Pipeline = ReturnType<typeof connect>;
  return {
    cloud,
    connect,
    planBoth: (of: Pipeline) => of.plan(of.spec({ ...viewers("required"), ...shown(0) })),
    planViewers: (of: Pipeline, mode: "off" | "required" = "required") => of.plan(of.spec(viewers(mode))),
    planShown: (of: Pipeline, index: 0 | 1 = 0) => of.plan(of.spec({ ...none, ...shown(index) })),
    now: () => {
      const [one] = cloud.inventory().distributions;
      return { mode: one?.mode, shown: one?.originCertificates };
    },
    /** All of the configuration but what the two adapters own. */
    rest: () =>
      (cloud.inventory().distributions[0]?.config ?? "")
        .replace(/<ViewerMtlsConfig>.*?<\/ViewerMtlsConfig>/s, "")
        .replaceAll(/<OriginMtlsConfig>.*?<\/OriginMtlsConfig>/gs, ""),
    config: () => cloud.inventory().distributions[0]?.config,
    [Symbol.asyncDispose]: async () => {
      stop();
      await close();
    },
  };
}

const digests = (index: 0 | 1) => {
  const { certificate } = edges[index].bundle;
  return { app: certificate, api: certificate };
};

describe("cloudfront and cloudfrontOrigin on one distribution", () => {
  it("are rolled out by one plan and gone back from, and leave all else as it was", async () => {
    await using front = await makeFront();
    const [before, handfast] = [front.config(), front.connect()];
    const report = await handfast.apply(await front.planBoth(handfast));
    expect(report.status).toBe("done");
    expect(front.now()).toEqual({ mode: "required", shown: digests(0) });
    expect(front.rest()).toBe(before);
    expect((await handfast.rollback(report.runId)).status).toBe("done");
    expect(front.config()).toBe(before);
  });

  it("write it at the same time from two pipelines, and neither loses what the other wrote", async () => {
    await using front = await makeFront();
    const before = front.config();
    const [one, other] = [front.connect(), front.connect()];
    const [viewers, origins] = [await front.planViewers(one), await front.planShown(other)];
    const reports = await Promise.all([one.apply(viewers), other.apply(origins)]);
    expect(reports.map(({ status }) => status)).toEqual(["done", "done"]);
    expect(front.now()).toEqual({ mode: "required", shown: digests(0) });
    expect(front.rest()).toBe(before);
    const back = await Promise.all([
      one.rollback(reports[0]?.runId ?? ""),
      other.rollback(reports[1]?.runId ?? ""),
    ]);
    expect(back.map(({ status }) => status)).toEqual(["done", "done"]);
    expect(front.config()).toBe(before);
  });

  it("do not make each other's plans stale", async () => {
    await using front = await makeFront();
    const [one, other] = [front.connect(), front.connect()];
    const [viewers, origins] = [await front.planViewers(one), await front.planShown(other)];
    expect((await other.apply(origins)).status).toBe("done");
    const rotation = await front.planShown(other, 1);
    expect((await one.apply(viewers)).status).toBe("done");
    const off = await front.planViewers(one, "off");
    expect((await other.apply(rotation)).status).toBe("done");
    expect((await one.apply(off)).status).toBe("done");
    expect(front.now()).toEqual({ mode: "off", shown: digests(1) });
  });
});
