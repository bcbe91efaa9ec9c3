import {
  DescribeTrustStoresCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { createHandfast, memoryJournal } from "@handfast/core";
import { aws, faults, simulate, turnableClock } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { alb } from "../../src/index.ts";
import { makeTrust, start, type Trust } from "./trust.ts";

let trust: Trust;
beforeAll(async () => {
  trust = await makeTrust(2);
});

async function makeShop() {
  const clock = turnableClock(start + 60_000);
  const storm = faults();
  const cloud = aws({ clock, faults: storm });
  cloud.createBucket("bundles", { versioning: "Enabled" });
  const listener = cloud.addListener(cloud.addLoadBalancer("front").arn);
  const simulation = simulate({ services: [cloud.s3, cloud.elbv2], clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();
  const client = { credentials: cloud.credentials, maxAttempts: 1 };
  /** A pipeline with a journal of its own. */
  const connect = () =>
    createHandfast({
      adapters: [
        alb({
          region: cloud.region,
          bucket: { name: "bundles" },
          elbv2: { ...client, endpoint: origins.elbv2 as string },
          s3: { ...client, endpoint: origins.s3 as string, forcePathStyle: true },
        }),
      ],
      journal: memoryJournal(),
      clock,
    });
  const handfast = connect();
  const specOf = (mode: "off" | "request" | "required", roots: readonly number[], of = listener) =>
    handfast.spec({
      trust: {
        staff: {
          anchors: roots.map((root) => trust.anchors[root]?.pem ?? "").join(""),
          crls: roots.map((root) => trust.crls[root]?.pem ?? ""),
        },
      },
      verifiers: { shop: { adapter: "aws.alb", listener: of, mode, trust: "staff" } },
      populations: { laptops: { mayShow: { issuedBy: ["staff"], identities: [], nothing: true } } },
      links: [{ from: "laptops", to: "shop", mayRefuse: ["nothing", "staff"] }],
    });
  return {
    connect,
    handfast,
    addListener: () => cloud.addListener(cloud.addLoadBalancer("back").arn),
    specOf,
    storm,
    enforced: () => {
      const { mode, anchors, crls } = cloud.listenerSource(listener).current();
      return { mode, anchors: anchors.length, crls: crls.length };
    },
    /** Trust stores and files that nobody deleted. */
    leftOver: async () => {
      const { TrustStores } = await new ElasticLoadBalancingV2Client({
        ...client,
        region: cloud.region,
        endpoint: origins.elbv2 as string,
      }).send(new DescribeTrustStoresCommand({}));
      const { Versions } = await new S3Client({
        ...client,
        region: cloud.region,
        endpoint: origins.s3 as string,
        forcePathStyle: true,
      }).send(new ListObjectVersionsCommand({ Bucket: "bundles" }));
      const files = (Versions ?? []).filter(({ IsLatest }) => IsLatest).map(({ Key }) => Key);
      return [...(TrustStores ?? []).map(({ Name }) => Name), ...files];
    },
    [Symbol.asyncDispose]: async () => {
      stop();
      await close();
    },
  };
}

describe("alb in a rollout", () => {
  it("is planned, applied, applied again to no effect, rolled back and retired", async () => {
    await using shop = await makeShop();
    const { handfast, specOf } = shop;
    const first = await handfast.apply(await handfast.plan(specOf("required", [0])));
    expect(first.status).toBe("done");
    expect(shop.enforced()).toEqual({ mode: "verify", anchors: 1, crls: 1 });

    const second = await handfast.apply(await handfast.plan(specOf("required", [0, 1])));
    expect(second.status).toBe("done");
    expect(shop.enforced()).toEqual({ mode: "verify", anchors: 2, crls: 2 });
    const again = await handfast.plan(specOf("required", [0, 1]));
    expect(again.steps.filter(({ kind }) => kind === "write")).toEqual([]);

    const back = await handfast.rollback(second.runId, { mayUnrevoke: true });
    expect(back.status).toBe("done");
    expect(shop.enforced()).toEqual({ mode: "verify", anchors: 1, crls: 1 });

    const off = await handfast.apply(await handfast.plan(specOf("off", [0])));
    for (const { runId } of [back, second, first, off]) await handfast.retire(runId);
    expect(shop.enforced().mode).toBe("off");
    expect(await shop.leftOver()).toEqual([]);
  });

  it("applies a plan after another pipeline has made and deleted stores in the region", async () => {
    await using shop = await makeShop();
    await shop.handfast.apply(await shop.handfast.plan(shop.specOf("required", [0])));
    const plan = await shop.handfast.plan(shop.specOf("required", [0, 1]));
    const [beside, other] = [shop.connect(), shop.addListener()];
    for (const roots of [[1], [0]]) {
      const report = await beside.apply(await beside.plan(shop.specOf("required", roots, other)));
      expect(report.status).toBe("done");
      if (roots[0] === 0) await beside.retire(report.runId);
    }
    expect((await shop.handfast.apply(plan)).status).toBe("done");
    expect(shop.enforced()).toEqual({ mode: "verify", anchors: 2, crls: 2 });
  });

  it.each([
    "CreateTrustStore",
    "AddTrustStoreRevocations",
    "ModifyListener",
    "PutObject",
    "DescribeTrustStores",
    "DescribeListeners",
  ])("ends as planned when an answer of %s is lost", async (operation) => {
    await using shop = await makeShop();
    const plan = await shop.handfast.plan(shop.specOf("required", [0]));
    const rule = shop.storm.add({ operation, nth: 2, moment: "after", fault: { kind: "cut" } });
    const first = shop.storm.add({ operation, moment: "after", fault: { kind: "cut" } });
    if (operation.startsWith("Describe")) first.remove();
    const report = await shop.handfast.apply(plan);
    expect(rule.hits() + first.hits()).toBeGreaterThan(0);
    expect(report.status).toBe("done");
    expect(shop.enforced()).toEqual({ mode: "verify", anchors: 1, crls: 1 });
  });
});
