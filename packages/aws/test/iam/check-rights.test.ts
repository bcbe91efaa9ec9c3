import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { HandfastError, type Permission } from "@handfast/core";
import type { PolicyStatement, PrincipalOptions } from "@handfast/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { checkRights } from "../../src/iam/check-rights.ts";
import type { CallerRights, Simulated } from "../../src/iam/port.ts";
import { alb } from "../../src/index.ts";
import { makeWorld } from "../alb/cloud.ts";
import { makeTrust, type Trust } from "../alb/trust.ts";

let trust: Trust;
beforeAll(async () => {
  trust = await makeTrust(1);
});

const { signal } = new AbortController();
const storesArn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore";
const on = (allow: string, resource = "*"): Permission => ({ allow, on: resource });
const wanted = [
  on("elasticloadbalancing:DescribeListeners"),
  on("elasticloadbalancing:DescribeTrustStores"),
  on(
    "elasticloadbalancing:ModifyListener",
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/a/b/c",
  ),
  on("elasticloadbalancing:CreateTrustStore", `${storesArn}/hf-1/*`),
  on(
    "elasticloadbalancing:GetTrustStoreCaCertificatesBundle",
    "arn:aws:elasticloadbalancing:eu-west-1:*:truststore/*/*",
  ),
  on("s3:PutObject", "arn:aws:s3:::bundles/handfast/trust/1.pem"),
];
const [listeners, stores, modify, create, bundle, put] = wanted as [
  Permission,
  Permission,
  Permission,
  Permission,
  Permission,
  Permission,
];
const allow = (Action: string | readonly string[], rest: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: "Allow",
  Action,
  Resource: "*",
  ...rest,
});
const deny = (Action: string, rest: Partial<PolicyStatement> = {}): PolicyStatement => ({
  ...allow(Action, rest),
  Effect: "Deny",
});
const looking = allow(["iam:SimulatePrincipalPolicy", "iam:GetRole"]);
const all = allow(["elasticloadbalancing:*", "s3:*"]);

/** What the adapter says for a principal of the simulated account. */
async function answerFor(principal: PrincipalOptions, permissions: readonly Permission[] = wanted) {
  await using world = await makeWorld(trust, { issue: (cloud) => cloud.addCredentials(principal) });
  const { clock } = world;
  return await world.definition.checkPermissions(permissions, { clock, signal });
}
const roleWith = (...Statement: readonly PolicyStatement[]): PrincipalOptions => ({
  kind: "role",
  path: "/teams/edge/",
  policies: [{ Statement: [looking, ...Statement] }],
});

describe("alb checkPermissions", () => {
  it.each<[string, PrincipalOptions, readonly Permission[], readonly Permission[]]>([
    ["a role that may do all of it", roleWith(all), [], []],
    ["a user that may", { kind: "user", policies: [{ Statement: [looking, all] }] }, [], []],
    [
      "a role whose policies say nothing of it: sure is what no bucket and no narrower policy could grant",
      roleWith(),
      [listeners, stores, modify, create],
      [bundle, put],
    ],
    [
      "one action left out",
      roleWith(allow("elasticloadbalancing:Describe*"), allow("s3:*")),
      [modify, create],
      [bundle],
    ],
    ["one action denied", roleWith(all, deny("elasticloadbalancing:ModifyListener")), [modify], []],
    ["a bucket that is denied", roleWith(all, deny("s3:PutObject")), [put], []],
    [
      "stores by handfast's names alone",
      roleWith(
        allow("elasticloadbalancing:Describe*"),
        allow("elasticloadbalancing:ModifyListener"),
        allow("s3:*"),
        allow("elasticloadbalancing:*", { Resource: `${storesArn}/hf-*/*` }),
      ),
      [],
      [bundle],
    ],
    [
      "a condition on something that nobody told",
      roleWith(
        all,
        deny("elasticloadbalancing:ModifyListener", {
          Condition: { Bool: { "aws:MultiFactorAuthPresent": "false" } },
        }),
      ),
      [],
      [modify],
    ],
    [
      "a deny everywhere but in the region, which is told",
      roleWith(
        all,
        deny("elasticloadbalancing:*", {
          Condition: { StringNotEquals: { "aws:RequestedRegion": "eu-west-1" } },
        }),
      ),
      [],
      [],
    ],
    [
      "the same for another region",
      roleWith(
        all,
        deny("elasticloadbalancing:*", {
          Condition: { StringNotEquals: { "aws:RequestedRegion": "us-east-1" } },
        }),
      ),
      [listeners, stores, modify, create, bundle],
      [],
    ],
    [
      "a boundary that leaves it out",
      {
        ...roleWith(all),
        boundary: { Statement: [looking, allow("elasticloadbalancing:Describe*"), allow("s3:*")] },
      },
      [modify, create],
      [bundle],
    ],
    [
      "a guard of regions that shuts IAM itself out, which is in another",
      roleWith(all, deny("*", { Condition: { StringNotEquals: { "aws:RequestedRegion": "eu-west-1" } } })),
      [],
      wanted,
    ],
    ["root, which can't be simulated", { kind: "root" }, [], wanted],
    ["a role that may not simulate", { kind: "role", policies: [{ Statement: all }] }, [], wanted],
    [
      "a role in a folder that may not be looked up",
      {
        kind: "role",
        path: "/teams/",
        policies: [{ Statement: [all, allow("iam:SimulatePrincipalPolicy")] }],
      },
      [],
      wanted,
    ],
    ["a session that has ended", { ...roleWith(all), expiresInSeconds: 0 }, wanted, []],
  ])("says of %s what is sure", async (_what, principal, refused, unknown) => {
    expect(await answerFor(principal)).toEqual({ refused, unknown });
  });

  it("finds a role without a folder also where it may not be looked up", async () => {
    const policies = [{ Statement: [allow("iam:SimulatePrincipalPolicy"), all] }];
    expect(await answerFor({ kind: "role", policies })).toEqual({ refused: [], unknown: [] });
  });

  it("asks about resources that want the same together, and reads all pages", async () => {
    const principal = roleWith(all, deny("elasticloadbalancing:ModifyListener", { Resource: `*/7` }));
    await using world = await makeWorld(trust, { issue: (cloud) => cloud.addCredentials(principal) });
    const actions = [
      "AddTags",
      "CreateTrustStore",
      "DeleteTrustStore",
      "ModifyListener",
      "GetTrustStoreCaCertificatesBundle",
      "GetTrustStoreRevocationContent",
      "AddTrustStoreRevocations",
    ];
    const arns = Array.from({ length: 30 }, (_, index) => `${storesArn}/hf-1/${index}`);
    const many = arns.flatMap((arn) => actions.map((name) => on(`elasticloadbalancing:${name}`, arn)));
    world.log.clear();
    const { clock } = world;
    expect(await world.definition.checkPermissions(many, { clock, signal })).toEqual({
      refused: [on("elasticloadbalancing:ModifyListener", `${storesArn}/hf-1/7`)],
      unknown: [],
    });
    // 30 resources are two requests, 7 actions two pages of each.
    expect(world.log.count({ operation: "SimulatePrincipalPolicy" })).toBe(4);
  });

  it("asks nobody where the load balancer is reached at an address of its own", async () => {
    await using world = await makeWorld(trust);
    const { client, clock, cloud } = world;
    const elbv2 = { ...client, endpoint: "http://127.0.0.1:9" };
    for (const source of [elbv2, new ElasticLoadBalancingV2Client(elbv2)]) {
      const { definition } = alb({ region: cloud.region, bucket: { name: "bundles" }, elbv2: source });
      expect(await definition.checkPermissions(wanted, { clock, signal })).toEqual({
        refused: [],
        unknown: wanted,
      });
    }
  });

  it("leaves a run alone while IAM is not to be reached, and ends when it is called off", async () => {
    await using world = await makeWorld(trust, { issue: (cloud) => cloud.addCredentials(roleWith()) });
    const { clock } = world;
    world.storm.add({
      matching: ({ service }) => service === "iam",
      fault: { kind: "refuse", status: 503, code: "ServiceUnavailable" },
    });
    expect(await world.definition.checkPermissions(wanted, { clock, signal })).toEqual({
      refused: [],
      unknown: wanted,
    });
    const stopped = world.definition.checkPermissions(wanted, { clock, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("checkRights", () => {
  const asking = (connect: () => Promise<CallerRights>) =>
    checkRights(wanted, { connect, regionOf: () => "eu-west-1", signal });
  const rightsWhere = (parts: Partial<CallerRights>): (() => Promise<CallerRights>) => {
    const arn = "arn:aws:iam::111122223333:user/handfast";
    return async () => ({
      whoAmI: async () => ({ arn, account: "111122223333" }),
      roleArn: () => Promise.reject(new Error("not here")),
      simulate: async () => [],
      ...parts,
    });
  };
  const allUnknown = { refused: [], unknown: wanted };

  it.each(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"])(
    "knows nothing where the clients are not installed (%s)",
    async (code) => {
      const missing = Object.assign(new Error("Cannot find package '@aws-sdk/client-iam'"), { code });
      expect(await asking(() => Promise.reject(missing))).toEqual(allUnknown);
    },
  );

  it("passes on what is wrong with a client that is installed", async () => {
    await expect(asking(() => Promise.reject(new TypeError("broken")))).rejects.toThrow("broken");
    const broken = rightsWhere({ simulate: () => Promise.reject(new TypeError("broken")) });
    await expect(asking(broken)).rejects.toThrow("broken");
  });

  it("knows nothing of what has no answer, and of a caller that is neither user nor role", async () => {
    expect(await asking(rightsWhere({}))).toEqual(allUnknown);
    const arn = "arn:aws:sts::111122223333:federated-user/somebody";
    const simulate = async (): Promise<readonly Simulated[]> => {
      throw new HandfastError("REMOTE_REJECTED", "asked for a federated user");
    };
    const federated = rightsWhere({ whoAmI: async () => ({ arn, account: "111122223333" }), simulate });
    expect(await asking(federated)).toEqual(allUnknown);
  });
});
