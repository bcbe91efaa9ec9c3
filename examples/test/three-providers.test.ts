import type { MtlsPlan, Report } from "@handfast/core";
import { expect, test } from "vitest";
import { appHostname } from "../distribution-stack.ts";
import { hostname } from "../providers.ts";
import { deployedMs, makeGenerations, startThreeProviders } from "./three-providers-world.ts";

type World = Awaited<ReturnType<typeof startThreeProviders>>;

const generations = await makeGenerations();
const [firstViewers, secondViewers] = generations.viewers;

/** Everything that shows a certificate of one generation, and viewers with certificates of all so far. */
function specOf({ handfast, distribution, listener, appListener, zone }: World, generation: 1 | 2) {
  const { arn } = distribution;
  const issuedBy = generation === 1 ? (["viewers-1"] as const) : (["viewers-1", "viewers-2"] as const);
  const origin = generations.origin[generation === 1 ? 0 : 1];
  const shop = generations.shop[generation === 1 ? 0 : 1];
  return handfast.spec({
    trust: {
      origins: { anchors: origin.anchor },
      shops: { anchors: shop.anchor },
      "viewers-1": { anchors: firstViewers.anchor },
      "viewers-2": { anchors: secondViewers.anchor },
    },
    identities: {
      // ACM wants the CA's own certificate beside a leaf, and Cloudflare refuses a root
      origin: { chain: origin.chain + origin.anchor, key: { secret: `origin-${generation}` } },
      shop: { chain: shop.chain, key: { secret: `shop-${generation}` } },
      laptop: { chain: firstViewers.chain, key: { secret: "viewer-1" } },
    },
    verifiers: {
      front: { adapter: "aws.cloudfront", distribution: arn, mode: "required", trust: issuedBy },
      app: { adapter: "aws.alb", listener: appListener, mode: "required", trust: "origins" },
      shop: { adapter: "aws.alb", listener, mode: "required", trust: "shops" },
    },
    presenters: {
      "app-edge": {
        adapter: "aws.cloudfront-origin",
        distribution: arn,
        origins: ["balancer"],
        shows: "origin",
      },
      "shop-edge": { adapter: "cloudflare.hostname", zone, hostnames: [hostname], shows: "shop" },
    },
    populations: { everybody: { mayShow: { issuedBy, nothing: false } } },
    links: [
      { from: "everybody", to: "front", probe: { url: `https://${appHostname}/`, show: "laptop" } },
      {
        from: "app-edge",
        to: "app",
        probe: { url: `https://${appHostname}/`, show: "laptop", echo: "x-seen-client-cert" },
      },
      { from: "shop-edge", to: "shop", probe: { url: "https://{hostname}/", echo: "x-seen-client-cert" } },
    ],
  });
}

/** When the last step of Cloudflare's link was in effect, and the last one of CloudFront's: milliseconds into the run. */
function lastSettled({ steps, startedAt }: Report): { readonly shop: number; readonly app: number } {
  const last = (isOwn: boolean): number =>
    Math.max(
      ...steps
        .filter(({ about = "" }) => isShop(about) === isOwn)
        .map(({ endedAt = "" }) => Date.parse(endedAt) - Date.parse(startedAt)),
    );
  return { shop: last(true), app: last(false) };
}

const isShop = (about: string): boolean => about.startsWith("shop");

/** Whether no step of Cloudflare's link waits for one of CloudFront's, nor the other way round. */
function isApart({ steps }: MtlsPlan): boolean {
  const about = new Map(
    steps.map((step) => [
      step.id,
      step.kind === "wave" ? "" : step.kind === "prove" ? step.link : step.target,
    ]),
  );
  return steps.every(({ id, after }) =>
    after.every((other) => isShop(about.get(id) ?? "") === isShop(about.get(other) ?? "")),
  );
}

test("a rollout over CloudFront, ALB and Cloudflare, a rotation of all CAs and the way back fail no request of any link, and slow CloudFront holds nobody else back", async () => {
  await using world = await startThreeProviders(generations);
  const { handfast, stream, cloud, flare } = world;
  const before = { cloud: cloud.inventory(), flare: flare.inventory(world.zone) };
  stream(hostname);
  stream(appHostname, firstViewers);

  const plan = await handfast.plan(specOf(world, 1));
  expect(isApart(plan)).toBe(true);
  const first = await handfast.apply(plan);
  expect(first.status).toBe("done");
  const settled = lastSettled(first);
  // two deployments one after the other, with a third beside them; the other link takes less than one
  expect(settled.app).toBeGreaterThan(2 * deployedMs);
  expect(settled.shop).toBeLessThan(deployedMs);

  const rotated = await handfast.apply(await handfast.plan(specOf(world, 2)));
  expect(rotated.status).toBe("done");
  expect(lastSettled(rotated).shop).toBeLessThan(deployedMs);
  const newcomers = stream(appHostname, secondViewers);
  await world.clock.sleep(5 * 60_000);
  await newcomers.stop();

  const backs: string[] = [];
  for (const { runId } of [rotated, first]) {
    const back = await handfast.rollback(runId);
    expect(back.status).toBe("done");
    backs.push(back.runId);
  }
  // a run that was rolled back keeps what it once stood on until it is retired itself
  for (const runId of [...backs, rotated.runId]) expect((await handfast.retire(runId)).status).toBe("done");
  expect({ cloud: cloud.inventory(), flare: flare.inventory(world.zone) }).toEqual(before);

  const counts = await world.finish();
  expect(counts.flatMap(({ failures }) => failures)).toEqual([]);
  for (const { ok } of counts) expect(ok).toBeGreaterThan(10);
}, 120_000);
