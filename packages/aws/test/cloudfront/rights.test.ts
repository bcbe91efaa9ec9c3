import { createHandfast, memoryJournal, type Permission, type VerifierAdapter } from "@handfast/core";
import type { PolicyDocument } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import type { CloudFrontAdapter } from "../../src/index.ts";
import { makeTrust, type Trust } from "../alb/trust.ts";
import { makeWorld, type WorldOptions } from "./cloud.ts";

let trust: Trust;
beforeAll(async () => {
  trust = await makeTrust(2);
});

/** Roots, and whether with their CRLs. */
interface Wish {
  readonly roots: readonly number[];
  readonly crls?: readonly number[];
  readonly mode?: "off" | "required";
}
const everything: PolicyDocument = { Statement: { Effect: "Allow", Action: "*", Resource: "*" } };
/** Permissions as a policy: what a careful person would give to a pipeline. */
const exactly = (permissions: readonly Permission[]): PolicyDocument => ({
  Statement: permissions.map(({ allow, on }) => ({ Effect: "Allow", Action: allow, Resource: on })),
});

/** A world whose adapter calls with these policies, under core. */
async function makeSite(policies: readonly PolicyDocument[], options: WorldOptions = {}) {
  const key = { accessKeyId: "" };
  const lags = { deployed: 30_000, active: 5_000 };
  const world = await makeWorld(trust, {
    ...options,
    aws: { cloudfront: { lags } },
    issue: (cloud) => Object.assign(key, cloud.addCredentials({ kind: "user", policies })),
  });
  const { adapter: made, clock, cloud, distribution } = world;
  const adapter = made as VerifierAdapter as CloudFrontAdapter<"aws.cloudfront">;
  const handfast = createHandfast({ adapters: [adapter], journal: memoryJournal({ clock }), clock });
  const plan = ({ roots, crls = [], mode = "required" }: Wish) =>
    handfast.plan(
      handfast.spec({
        trust: {
          staff: {
            anchors: roots.map((root) => trust.anchors[root]?.pem ?? "").join(""),
            crls: crls.map((root) => trust.crls[root]?.pem ?? ""),
          },
        },
        verifiers: { site: { adapter: "aws.cloudfront", distribution, mode, trust: "staff" } },
        populations: { laptops: { mayShow: { issuedBy: ["staff"], identities: [], nothing: true } } },
        links: [{ from: "laptops", to: "site", mayRefuse: ["nothing", "staff"] }],
      }),
    );
  return {
    ...world,
    handfast,
    planFor: plan,
    /** What was asked of IAM since the world began, without IAM's own. */
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
const textOf = ({ action, resource }: { readonly action: string; readonly resource: string }): string =>
  `${action} ${resource.replaceAll(/[0-9a-f-]{30,}|ts_\w+/g, "…")}`;

describe("permissions of cloudfront", () => {
  it("are what is asked on the wire over rollouts, rotations and retires, no less and no more", async () => {
    const asked: { action: string; resource: string }[] = [];
    const permissions: Permission[] = [];
    for (const options of [{ versioning: "Enabled" }, { versioning: "never" }] as const) {
      await using site = await makeSite([everything], {
        ...options,
        distribution: {
          behaviours: [{ origin: "app", originRequestPolicy: "b689b0a8-53d0-40ab-baf2-68738e2966ac" }],
        },
      });
      // A lost answer makes the adapter look at what it made.
      for (const operation of ["PutObject", "CreateTrustStore", "CreateConnectionFunction"])
        site.storm.add({ operation, moment: "after", times: 1, fault: { kind: "cut" } });
      const wishes: readonly Wish[] = [
        { roots: [0] },
        { roots: [0], crls: [0] },
        { roots: [0], crls: [1] },
        { roots: [1], crls: [1] },
        { roots: [0] },
        { roots: [0], mode: "off" },
      ];
      const runs: string[] = [];
      for (const wish of wishes) {
        const plan = await site.planFor(wish);
        permissions.push(...(plan.permissions["aws.cloudfront"] ?? []));
        const report = await site.handfast.apply(plan);
        expect(report.status).toBe("done");
        runs.push(report.runId);
        // A store that is there already is looked at, whose it is.
        for (const one of plan.steps) {
          if (one.kind === "write" && one.step.object.includes(":trust-store/"))
            await site.perform(one.step as never);
        }
      }
      const mark = site.asked().length;
      for (const run of runs) expect((await site.handfast.retire(run)).status).toBe("done");
      const retired = site.asked().slice(mark);
      expect(retired.map(({ action }) => action)).toEqual(
        expect.arrayContaining(
          ["TrustStore", "KeyValueStore", "ConnectionFunction"].map((what) => `cloudfront:Delete${what}`),
        ),
      );
      permissions.push(...removing(site));
      asked.push(...site.asked());
      expect(site.cloud.inventory().objects).toEqual([]);
    }
    const missing = asked.filter((one) => !permissions.some((permission) => covers(permission, one)));
    expect([...new Set(missing.map(textOf))], "asked, and not named").toEqual([]);
    const idle = permissions.filter((permission) => !asked.some((one) => covers(permission, one)));
    expect([...new Set(idle.map(({ allow }) => allow))].toSorted(), "named, and never asked").toEqual([]);
  });

  it("suffice for the plan that names them, and for the same read again", async () => {
    await using author = await makeSite([everything]);
    const named = (await author.planFor({ roots: [0], crls: [0] })).permissions["aws.cloudfront"] ?? [];
    await using pipeline = await makeSite([exactly(named)]);
    const report = await pipeline.handfast.apply(await pipeline.planFor({ roots: [0], crls: [0] }));
    expect(report.status).toBe("done");
    expect((await pipeline.planFor({ roots: [0], crls: [0] })).steps).toEqual([]);
    expect(pipeline.asked().filter(({ allowed }) => !allowed)).toEqual([]);
  });

  it("that are missing end an apply before anything is written, where the caller may ask IAM", async () => {
    await using author = await makeSite([everything]);
    const named = (await author.planFor({ roots: [0] })).permissions["aws.cloudfront"] ?? [];
    const left = named.filter(({ allow }) => allow !== "cloudfront:UpdateDistribution");
    const asking: PolicyDocument = {
      Statement: { Effect: "Allow", Action: "iam:SimulatePrincipalPolicy", Resource: "*" },
    };
    await using pipeline = await makeSite([exactly(left), asking]);
    const plan = await pipeline.planFor({ roots: [0] });
    const refused = await pipeline.handfast.apply(plan).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "PERMISSION_MISSING",
      message: expect.stringContaining(`cloudfront:UpdateDistribution on ${pipeline.distribution}`),
    });
    expect(pipeline.asked().filter(({ action }) => /Create|Update|Put/.test(action))).toEqual([]);
  });
});

/** What removing one thing of each kind names. */
function removing({ definition, on }: Awaited<ReturnType<typeof makeSite>>): readonly Permission[] {
  const files = ["handfast/cloudfront/*"];
  const actions = [
    { kind: "delete-store", store: "hf-x", files },
    { kind: "delete-function", name: "hf-x", list: "hf-x" },
    { kind: "delete-list", list: "hf-x", files },
    { kind: "delete-file", file: "handfast/cloudfront/*" },
  ];
  return actions.flatMap((action) =>
    definition.permissions(on().target, { action } as Parameters<typeof definition.permissions>[1]),
  );
}
