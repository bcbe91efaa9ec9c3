import { ACMClient } from "@aws-sdk/client-acm";
import { cloudFrontOriginIdentity } from "@handfast/core/rules";
import { describe, expect, it } from "vitest";
import { cloudfrontOrigin } from "../../src/index.ts";
import { makeWorld } from "./cloud.ts";
import { distribution, nothing, secret, state } from "./states.ts";

describe("cloudfrontOrigin", () => {
  it("is a presenter of origins, each by itself, that inherits nothing", () => {
    expect(cloudfrontOrigin({}).facts).toEqual({
      name: "aws.cloudfront-origin",
      version: "1",
      role: "presenter",
      inherits: false,
      each: "origins",
      rules: { identity: cloudFrontOriginIdentity },
    });
    expect(cloudfrontOrigin({ as: "aws.cloudfront-origin-b" }).facts.name).toBe("aws.cloudfront-origin-b");
    expect(() => cloudfrontOrigin({ as: "nowhere" })).toThrow(TypeError);
  });

  it.each([
    [{ distribution, origins: ["app"] }, true],
    [{ distribution, origins: [] }, false],
    [{ distribution, origins: [""] }, false],
    [{ distribution: "E1EXAMPLE", origins: ["app"] }, false],
    [{ distribution: distribution.replace("arn:aws:", "arn:aws-cn:"), origins: ["app"] }, false],
    [
      { distribution: distribution.replace("distribution/", "streaming-distribution/"), origins: ["app"] },
      false,
    ],
    [{ distribution, origins: ["app"], region: "us-east-1" }, false],
  ])("takes %o as a target: %s", (target, expected) => {
    expect(cloudfrontOrigin({}).definition.schema.target.safeParse(target).success).toBe(expected);
  });

  it("keeps no key in states and actions, only its name", () => {
    const { schema } = cloudfrontOrigin({}).definition;
    const wanted = state("nothing", [{ certificate: "a".repeat(64), chain: [], secret }]);
    expect(schema.state.parse(wanted)).toEqual(wanted);
    const edited = {
      ...wanted,
      certificates: { x: { taken: false, secret: { ...secret, pem: "-----BEGIN" } } },
    };
    expect(schema.state.safeParse(edited).success).toBe(false);
  });

  it("refuses an ACM client of another region before anything is planned", async () => {
    const acm = new ACMClient({
      region: "eu-central-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    await using world = await makeWorld([], { adapter: { acm } });
    await expect(world.look()).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringMatching(/connected to eu-central-1; give one of us-east-1/),
    });
    expect(world.log.calls).toEqual([]);
    acm.destroy();
  });

  it("gives a deployment up after as long as it is told", async () => {
    await using world = await makeWorld([], { adapter: { deployAtMostMs: 1_200_000 } });
    const from = state({
      unknown: "it is not in ACM",
      arn: "arn:aws:acm:us-east-1:111122223333:certificate/x",
    });
    const realised = world.definition.realise(world.on().target, nothing, from, {} as never);
    if (!("state" in realised)) throw new Error("no state");
    const [step] = world.definition.steps(world.on().target, from, realised.state).steps;
    expect(step?.settles).toEqual({ by: "status", typicalMs: 300_000, atMostMs: 1_200_000 });
  });

  it("has asked nobody which permissions there are when CloudFront is reached elsewhere than at AWS", async () => {
    const { definition } = cloudfrontOrigin({ cloudfront: { endpoint: "http://127.0.0.1:9" } });
    const target = { distribution, origins: ["app"] };
    const permissions = definition.permissions(target);
    const answer = await definition.checkPermissions?.(permissions, {
      clock: { now: () => 0, sleep: async () => {} },
      signal: new AbortController().signal,
    });
    expect(answer).toEqual({ refused: [], unknown: permissions });
  });
});
