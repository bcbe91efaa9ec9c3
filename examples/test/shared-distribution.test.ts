import { alb, cloudfront, cloudfrontOrigin } from "@handfast/aws";
import { createHandfast, fromValue, type Journal, memoryJournal, type Report } from "@handfast/core";
import { type AddedDistribution, faults, turnableClock } from "@handfast/testing";
import { expect, test } from "vitest";
import { startProviders } from "../providers.ts";
import { fieldsOf, largeDistribution } from "./large-distribution.ts";
import { makeGenerations } from "./three-providers-world.ts";

const {
  origin: [shown],
  viewers: [first, second],
} = await makeGenerations();

/** A deployment takes so long here. */
const deployedMs = 90_000;

/** CloudFront and a listener behind it, without traffic: a prober that is always content. */
async function startEdge() {
  const clock = turnableClock(Date.now());
  const storm = faults();
  const providers = await startProviders({
    clock,
    faults: storm,
    cloudfront: { lags: { deployed: deployedMs } },
  });
  const { cloud, region, bucket, edgeBucket, awsClients, edgeClients } = providers;
  const large: AddedDistribution = cloud.addDistribution(largeDistribution);
  const stop = clock.autoAdvance();
  const instance = (journal: Journal) =>
    createHandfast({
      adapters: [
        cloudfront({ bucket: { name: edgeBucket, region: "us-east-1" }, ...edgeClients }),
        cloudfrontOrigin({ acm: edgeClients.acm, cloudfront: edgeClients.cloudfront }),
        alb({ region, bucket: { name: bucket }, ...awsClients }),
      ],
      journal,
      secrets: { "edge-key": fromValue(shown.key) },
      prober: async () => ({ verdict: "passed", reason: "HTTP 200", evidence: {} }),
      clock,
    });
  return {
    ...providers,
    clock,
    storm,
    large,
    instance,
    newJournal: () => memoryJournal({ clock }),
    fields: () => fieldsOf(configOf(cloud.inventory().distributions, large.arn)),
    [Symbol.asyncDispose]: async () => {
      stop();
      await providers.close();
    },
  };
}

type Edge = Awaited<ReturnType<typeof startEdge>>;
type Instance = ReturnType<Edge["instance"]>;

function configOf(all: readonly { readonly arn: string; readonly config: string }[], arn: string): string {
  return all.find((one) => one.arn === arn)?.config ?? "";
}

/** What is wanted of viewers of distributions, each with a CA of its own. */
const viewersOf = (...distributions: readonly AddedDistribution[]) => ({
  trust: { "viewers-0": { anchors: first.anchor }, "viewers-1": { anchors: second.anchor } },
  verifiers: Object.fromEntries(
    distributions.map(({ arn }, index) => [
      `front-${index}`,
      { adapter: "aws.cloudfront", distribution: arn, mode: "required", trust: `viewers-${index}` },
    ]),
  ),
  populations: Object.fromEntries(
    distributions.map((_, index) => [
      `viewers-${index}`,
      { mayShow: { issuedBy: [`viewers-${index}`], nothing: false } },
    ]),
  ),
  links: distributions.map((_, index) => ({ from: `viewers-${index}`, to: `front-${index}` })),
});

/** What is wanted of two origins of the large distribution, and of the listener behind them. */
const originsOf = ({ large, listener }: Edge) => ({
  trust: { edge: { anchors: shown.anchor } },
  identities: { edge: { chain: shown.chain + shown.anchor, key: { secret: "edge-key" } } },
  verifiers: { app: { adapter: "aws.alb", listener, mode: "required", trust: "edge" } },
  presenters: {
    edge: {
      adapter: "aws.cloudfront-origin",
      distribution: large.arn,
      origins: ["service-2", "service-9"],
      shows: "edge",
    },
  },
  links: [{ from: "edge", to: "app" }],
});

const both = (edge: Edge) => {
  const [viewers, origins] = [viewersOf(edge.large), originsOf(edge)];
  return {
    ...viewers,
    ...origins,
    trust: { ...viewers.trust, ...origins.trust },
    verifiers: { ...viewers.verifiers, ...origins.verifiers },
    links: [...viewers.links, ...origins.links],
  };
};

const planFor = (instance: Instance, wanted: unknown) => instance.plan(instance.parseSpec(wanted));

/** Fields that are there now and were not, or hold something else; and those that are gone. */
function changes(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>) {
  return {
    set: [...now].filter(([path, value]) => before.get(path) !== value).map(([path]) => path),
    gone: [...before.keys()].filter((path) => !now.has(path)),
  };
}

/** Paths of all that is written for viewers, and for origins. */
const ownedBy = {
  viewers: /^DistributionConfig\[1\]\/ViewerMtlsConfig\[1\](\/|$)/,
  origins: /\/Origin\[(2|9)\]\/CustomOriginConfig\[1\]\/OriginMtlsConfig\[1\](\/|$)/,
};

function expectOwnAlone({ set, gone }: ReturnType<typeof changes>): void {
  expect(gone).toEqual([]);
  for (const owned of Object.values(ownedBy)) expect(set.some((path) => owned.test(path))).toBe(true);
  expect(set.filter((path) => !Object.values(ownedBy).some((owned) => owned.test(path)))).toEqual([]);
}

test("a rollout of viewers and origins of one large distribution sets its own fields and no other, and the way back leaves none changed", async () => {
  await using edge = await startEdge();
  const before = edge.fields();
  expect(before.size).toBeGreaterThan(1_000);
  const instance = edge.instance(edge.newJournal());
  const applied = await instance.apply(await planFor(instance, both(edge)));
  expect(applied.status).toBe("done");
  expectOwnAlone(changes(before, edge.fields()));
  expect((await instance.rollback(applied.runId)).status).toBe("done");
  expect(changes(before, edge.fields())).toEqual({ set: [], gone: [] });
});

test("two runs that write one distribution at the same moment lose no field of each other, and neither plan goes stale", async () => {
  await using edge = await startEdge();
  const before = edge.fields();
  const [one, other] = [edge.instance(edge.newJournal()), edge.instance(edge.newJournal())];
  const plans = [await planFor(one, viewersOf(edge.large)), await planFor(other, originsOf(edge))] as const;
  // whoever reads the configuration is so slow to write it back that the other comes in between
  const slow = edge.storm.add({
    operation: "GetDistributionConfig",
    moment: "after",
    times: 4,
    fault: { kind: "delay", ms: 60_000 },
  });
  const reports = await Promise.all([one.apply(plans[0]), other.apply(plans[1])]);
  expect(reports.map(({ status }) => status)).toEqual(["done", "done"]);
  expect(slow.hits()).toBe(4);
  expect(edge.log.count({ operation: "UpdateDistribution", status: 412 })).toBeGreaterThan(0);
  expectOwnAlone(changes(before, edge.fields()));
  const back = await Promise.all([one.rollback(idOf(reports[0])), other.rollback(idOf(reports[1]))]);
  expect(back.map(({ status }) => status)).toEqual(["done", "done"]);
  expect(changes(before, edge.fields())).toEqual({ set: [], gone: [] });
});

const idOf = (report: Report | undefined): string => report?.runId ?? "";

test("of two runs with one journal that write one distribution, the second is told to wait, and its plan is good afterwards", async () => {
  await using edge = await startEdge();
  const journal = edge.newJournal();
  const [one, other] = [edge.instance(journal), edge.instance(journal)];
  const plans = [await planFor(one, viewersOf(edge.large)), await planFor(other, originsOf(edge))] as const;
  const running = one.apply(plans[0]);
  await edge.clock.sleep(60_000);
  await expect(other.apply(plans[1])).rejects.toMatchObject({ code: "JOURNAL_HELD" });
  expect((await running).status).toBe("done");
  expect((await other.apply(plans[1])).status).toBe("done");
});

test("two distributions that share nothing go on apart, though one of them is in the middle of somebody's deployment", async () => {
  await using edge = await startEdge();
  const busy = edge.cloud.addDistribution({ deployed: false });
  const free = edge.cloud.addDistribution();
  const instance = edge.instance(edge.newJournal());
  const report = await instance.apply(await planFor(instance, viewersOf(busy, free)));
  expect(report.status).toBe("done");
  const lastOf = (front: string): number =>
    Math.max(
      ...report.steps.filter(({ about }) => about === front).map(({ endedAt = "" }) => Date.parse(endedAt)),
    );
  // the busy one has one deployment more to wait for
  expect(lastOf("front-0") - lastOf("front-1")).toBeGreaterThan(deployedMs / 2);
});
