import { createHandfast, memoryJournal, type Permission, type PresenterAdapter } from "@handfast/core";
import type { PolicyDocument } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { permissionsOfOrigin } from "../../src/cloudfront-origin/permissions.ts";
import type { CloudFrontOriginAdapter } from "../../src/index.ts";
import { makeWorld, type WorldOptions } from "./cloud.ts";
import { type Identity, makeIdentity } from "./identities.ts";

let identities: readonly Identity[];
beforeAll(async () => {
  identities = await Promise.all(["A", "B"].map((name) => makeIdentity(name)));
});

const everything: PolicyDocument = { Statement: { Effect: "Allow", Action: "*", Resource: "*" } };
/** Permissions as a policy: what a careful person would give to a pipeline. */
const exactly = (permissions: readonly Permission[]): PolicyDocument => ({
  Statement: permissions.map(({ allow, on }) => ({ Effect: "Allow", Action: allow, Resource: on })),
});

/** A world whose adapter calls with these policies, under core. */
async function makeShop(policies: readonly PolicyDocument[], options: WorldOptions = {}) {
  const key = { accessKeyId: "" };
  const world = await makeWorld(identities, {
    ...options,
    issue: (cloud) => Object.assign(key, cloud.addCredentials({ kind: "user", policies })),
  });
  const { clock, cloud, definition, distribution, facts } = world;
  const adapter = {
    facts,
    definition,
  } as PresenterAdapter as CloudFrontOriginAdapter<"aws.cloudfront-origin">;
  const handfast = createHandfast({
    adapters: [adapter],
    journal: memoryJournal({ clock }),
    clock,
    secrets: Object.fromEntries(
      identities.map(({ key: own }, index) => [
        `key-${index}`,
        { read: async () => own.export(), describe: () => "a key" },
      ]),
    ),
  });
  const planOf = (index: number) =>
    handfast.plan(
      handfast.spec({
        trust: {},
        identities: { edge: { chain: identities[index]?.chainPem ?? "", key: { secret: `key-${index}` } } },
        presenters: {
          cdn: { adapter: "aws.cloudfront-origin", distribution, origins: ["app"], shows: "edge" },
        },
        verifiers: {},
        links: [],
      }),
    );
  return {
    ...world,
    handfast,
    planOf,
    /** What was asked of IAM since the world began, as `action resource`, without IAM's own. */
    asked: () => cloud.rightsAsked(key.accessKeyId).filter(({ action }) => !action.startsWith("iam:")),
    [Symbol.asyncDispose]: world[Symbol.asyncDispose],
  };
}

const covers = (
  { allow, on }: Permission,
  asked: { readonly action: string; readonly resource: string },
): boolean =>
  allow === asked.action &&
  new RegExp(`^${on.replaceAll(/[.+?^$()[\]{}|\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(asked.resource);

describe("permissions of cloudfrontOrigin", () => {
  it("are what is asked on the wire over a rollout, a rotation and a retire, no less and no more", async () => {
    await using shop = await makeShop([everything]);
    const permissions: Permission[] = [];
    const runs: string[] = [];
    for (const index of [0, 1]) {
      const plan = await shop.planOf(index);
      permissions.push(...(plan.permissions["aws.cloudfront-origin"] ?? []));
      const report = await shop.handfast.apply(plan);
      expect(report.status).toBe("done");
      runs.push(report.runId);
    }
    for (const run of runs.toReversed()) await shop.handfast.retire(run);
    expect(shop.cloud.inventory().certificates).toHaveLength(1);
    const { bundle } = identities[0] as Identity;
    permissions.push(...permissionsOfOrigin(shop.distribution, { kind: "delete-certificate", bundle }));
    const missing = shop.asked().filter((one) => !permissions.some((permission) => covers(permission, one)));
    expect(
      missing.map(({ action, resource }) => `${action} ${resource}`),
      "asked, and not named",
    ).toEqual([]);
    const idle = permissions.filter((permission) => !shop.asked().some((one) => covers(permission, one)));
    expect(idle, "named, and never asked").toEqual([]);
  });

  it("suffice for the plan that names them", async () => {
    await using author = await makeShop([everything]);
    const named = (await author.planOf(0)).permissions["aws.cloudfront-origin"] ?? [];
    await using pipeline = await makeShop([exactly(named)]);
    expect((await pipeline.handfast.apply(await pipeline.planOf(0))).status).toBe("done");
    expect((await pipeline.planOf(0)).steps).toEqual([]);
    expect(pipeline.asked().filter(({ allowed }) => !allowed)).toEqual([]);
  });

  it.each(["acm:ImportCertificate", "acm:AddTagsToCertificate", "cloudfront:UpdateDistribution"])(
    "stop a run before its first write when %s is missing",
    async (action) => {
      const deny: PolicyDocument = { Statement: { Effect: "Deny", Action: action, Resource: "*" } };
      await using shop = await makeShop([everything, deny]);
      const plan = await shop.planOf(0);
      await expect(shop.handfast.apply(plan)).rejects.toMatchObject({
        code: "PERMISSION_MISSING",
        message: expect.stringContaining(action),
      });
      expect(shop.cloud.inventory().certificates).toEqual([]);
    },
  );
});
