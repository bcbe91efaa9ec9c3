import {
  createHandfast,
  type MtlsPlan,
  memoryJournal,
  type Permission,
  type VerifierAdapter,
} from "@handfast/core";
import type { PolicyDocument } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import type { AlbAdapter } from "../../src/index.ts";
import { makeWorld, type WorldOptions } from "./cloud.ts";
import { makeTrust, type Trust } from "./trust.ts";

let trust: Trust;
beforeAll(async () => {
  trust = await makeTrust(2);
});

type Roots = readonly number[];
const everything: PolicyDocument = { Statement: { Effect: "Allow", Action: "*", Resource: "*" } };
/** A plan's permissions as a policy: what a careful person would give to a pipeline. */
const exactly = (permissions: readonly Permission[]): PolicyDocument => ({
  Statement: permissions.map(({ allow, on }) => ({ Effect: "Allow", Action: allow, Resource: on })),
});

/** A world whose adapter calls with these policies, under core. */
async function makeShop(policies: readonly PolicyDocument[], options: WorldOptions = {}) {
  const key = { accessKeyId: "" };
  const world = await makeWorld(trust, {
    ...options,
    issue: (cloud) => Object.assign(key, cloud.addCredentials({ kind: "user", policies })),
  });
  const { clock, cloud, definition, facts, listener } = world;
  const adapter = { facts, definition } as VerifierAdapter as AlbAdapter<"aws.alb">;
  const handfast = createHandfast({ adapters: [adapter], journal: memoryJournal({ clock }), clock });
  const specOf = (roots: Roots) =>
    handfast.spec({
      trust: {
        staff: {
          anchors: roots.map((root) => trust.anchors[root]?.pem ?? "").join(""),
          crls: roots.map((root) => trust.crls[root]?.pem ?? ""),
        },
      },
      verifiers: { shop: { adapter: "aws.alb", listener, mode: "required", trust: "staff" } },
      populations: { laptops: { mayShow: { issuedBy: ["staff"], identities: [], nothing: true } } },
      links: [{ from: "laptops", to: "shop", mayRefuse: ["nothing", "staff"] }],
    });
  return {
    ...world,
    handfast,
    plan: (roots: Roots) => handfast.plan(specOf(roots)),
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

describe("alb permissions", () => {
  it("are what is asked on the wire over a rollout, a rotation and a way to a store that was found, no less and no more", async () => {
    const worlds: readonly WorldOptions[] = [
      { versioning: "Enabled" },
      // The service then reads the current version, by another right.
      { versioning: "never" },
    ];
    const asked: { action: string; resource: string }[] = [];
    const plans: MtlsPlan[] = [];
    for (const options of worlds) {
      await using shop = await makeShop([everything], options);
      // A lost answer makes the adapter look at what it made.
      for (const operation of ["PutObject", "CreateTrustStore"])
        shop.storm.add({
          matching: (call) => call.operation === operation,
          moment: "after",
          times: 1,
          fault: { kind: "cut" },
        });
      for (const roots of [[0], [1], [0]]) {
        const plan = await shop.plan(roots);
        plans.push(plan);
        expect((await shop.handfast.apply(plan)).status).toBe("done");
      }
      asked.push(...shop.asked());
    }
    const permissions = plans.flatMap((plan) => plan.permissions["aws.alb"] ?? []);
    const missing = asked.filter((one) => !permissions.some((permission) => covers(permission, one)));
    expect(
      missing.map(({ action, resource }) => `${action} ${resource}`),
      "asked, and not named",
    ).toEqual([]);
    const idle = permissions.filter((permission) => !asked.some((one) => covers(permission, one)));
    expect(idle, "named, and never asked").toEqual([]);
  });

  it("suffice for the plan that names them, and for the same read again", async () => {
    await using author = await makeShop([everything]);
    const plan = await author.plan([0]);
    const named = plan.permissions["aws.alb"] ?? [];
    await using pipeline = await makeShop([exactly(named)]);
    const report = await pipeline.handfast.apply(await pipeline.plan([0]));
    expect(report.status).toBe("done");
    expect((await pipeline.plan([0])).steps).toEqual([]);
    expect(pipeline.asked().filter(({ allowed }) => !allowed)).toEqual([]);
  });

  it.each([
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:AddTags",
    "s3:PutObject",
    "s3:GetObjectVersion",
  ])("are each needed: without %s the run ends in a refusal that names it", async (left) => {
    await using author = await makeShop([everything]);
    const named = ((await author.plan([0])).permissions["aws.alb"] ?? []).filter(
      ({ allow }) => allow !== left,
    );
    await using pipeline = await makeShop([exactly(named)]);
    const report = await pipeline.handfast.apply(await pipeline.plan([0]));
    expect(report.status).not.toBe("done");
    expect(report.steps.find(({ error }) => error !== undefined)?.error?.code).toBe("REMOTE_UNAUTHORIZED");
  });

  it("that are missing end an apply before anything is written, where the caller may ask IAM", async () => {
    await using author = await makeShop([everything]);
    const named = (await author.plan([0])).permissions["aws.alb"] ?? [];
    const left = named.filter(({ allow }) => allow !== "elasticloadbalancing:ModifyListener");
    const asking: PolicyDocument = {
      Statement: { Effect: "Allow", Action: "iam:SimulatePrincipalPolicy", Resource: "*" },
    };
    await using pipeline = await makeShop([exactly(left), asking]);
    const refused = await pipeline.handfast.apply(await pipeline.plan([0])).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "PERMISSION_MISSING",
      message: expect.stringContaining(`elasticloadbalancing:ModifyListener on ${pipeline.listener}`),
    });
    expect(pipeline.asked().filter(({ action }) => /Create|Modify|Put/.test(action))).toEqual([]);
  });

  it("of removals are what is asked on the wire when a store is retired", async () => {
    await using shop = await makeShop([everything]);
    const first = await shop.handfast.apply(await shop.plan([0]));
    const second = await shop.handfast.apply(await shop.plan([1]));
    const before = shop.asked().length;
    for (const { runId } of [first, second]) expect((await shop.handfast.retire(runId)).status).toBe("done");
    const asked = shop.asked().slice(before);
    expect(asked.map(({ action }) => action)).toContain("elasticloadbalancing:DeleteTrustStore");
    const { target } = shop.on();
    const deleted = asked
      .filter(({ action }) => action === "s3:DeleteObject")
      .map(({ resource }) => resource);
    const store =
      asked.find(({ action }) => action.endsWith("DeleteTrustStore"))?.resource.split("/")[1] ?? "";
    const files = deleted.map((arn) => arn.replace("arn:aws:s3:::bundles/", ""));
    const action = { kind: "delete-store", store, files };
    const step = { action } as Parameters<typeof shop.definition.permissions>[1];
    const named = [...shop.definition.permissions(target), ...shop.definition.permissions(target, step)];
    const missing = asked.filter((one) => !named.some((permission) => covers(permission, one)));
    expect(missing).toEqual([]);
    expect(deleted.length).toBeGreaterThan(0);
  });
});
