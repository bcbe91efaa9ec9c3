import { isHandfastError } from "@handfast/core";
import { albBundle, albCrls } from "@handfast/core/rules";
import { describe, expect, it } from "vitest";
import { alb } from "../../src/index.ts";
import { digest, listener, off, required, state } from "./states.ts";

const options = { region: "eu-west-1", bucket: { name: "bundles" } } as const;

describe("alb", () => {
  it("declares what ALB is like", () => {
    expect(alb(options).facts).toEqual({
      name: "aws.alb",
      version: "1",
      scope: { region: "eu-west-1", bucket: "bundles", bucketRegion: "eu-west-1", prefix: "handfast" },
      role: "verifier",
      modes: ["off", "request", "required"],
      revocation: "crl",
      anchorRoom: 25,
      maxIntermediates: 2,
      partialChain: false,
      crlRule: "whole",
      rules: { bundle: albBundle, crls: albCrls },
    });
  });

  it("binds plans to the region, and to the bucket as it is reached", () => {
    const bucket = { name: "bundles", region: "us-east-1", prefix: "/team/", expectedOwner: "111122223333" };
    const elbv2 = { credentials: { accessKeyId: "AKIA", secretAccessKey: "sesame" } };
    expect(alb({ ...options, bucket, elbv2 }).facts.scope).toEqual({
      region: "eu-west-1",
      bucket: "bundles",
      bucketRegion: "us-east-1",
      prefix: "team",
      expectedOwner: "111122223333",
    });
  });

  it("keeps its name a literal type, the default one too", () => {
    const plain: "aws.alb" = alb(options).facts.name;
    const named: "aws.alb-us" = alb({ ...options, as: "aws.alb-us" }).facts.name;
    // @ts-expect-error the name is not another adapter's
    const wrong: "aws.alb" = alb({ ...options, as: "aws.alb-us" }).facts.name;
    const inList = [alb(options), alb({ ...options, as: "aws.alb-us" })] as const;
    const names: readonly ["aws.alb", "aws.alb-us"] = [inList[0].facts.name, inList[1].facts.name];
    expect([plain, named, wrong, ...names]).toEqual([
      "aws.alb",
      "aws.alb-us",
      "aws.alb-us",
      "aws.alb",
      "aws.alb-us",
    ]);
  });

  it("refuses a name of another form", () => {
    expect(() => alb({ ...options, as: "ALB" })).toThrow(TypeError);
  });

  it("knows a listener by its ARN", () => {
    expect(alb(options).definition.identify({ listener })).toBe(listener);
  });

  it.each([
    ["another region", listener.replace("eu-west-1", "us-east-1")],
    ["a network load balancer", listener.replace("/app/", "/net/")],
    ["a load balancer", listener.replace(":listener/", ":loadbalancer/")],
    ["a rule", listener.replace(":listener/", ":listener-rule/")],
    ["an ARN without a listener's id", listener.slice(0, -17)],
    ["a name", "front"],
  ])("refuses %s as a listener, and shows how one looks", (_what, wrong) => {
    const { success, error } = alb(options).definition.schema.target.safeParse({ listener: wrong });
    expect(success).toBe(false);
    expect(error?.issues[0]?.message).toContain("arn:aws:elasticloadbalancing:eu-west-1:");
  });

  it.each([
    ["the listener alone", { listener }, true],
    ["both flags", { listener, ignoreExpiry: true, advertiseNames: false }, true],
    ["other partitions", { listener: listener.replace("arn:aws:", "arn:aws-us-gov:") }, true],
    ["an unknown field", { listener, lisener: listener }, false],
  ])("takes or refuses a target with %s", (_what, target, expected) => {
    expect(alb(options).definition.schema.target.safeParse(target).success).toBe(expected);
  });

  it("guards against a plan that was edited", () => {
    const { definition } = alb(options);
    const edited = { ...state(off), listener: { protocol: "HTTPS", authentication: { mode: "verify" } } };
    const thrown = (() => {
      try {
        return definition.realise({ listener }, required([digest("a")]), edited, {} as never);
      } catch (error) {
        return error;
      }
    })();
    expect(isHandfastError(thrown) && thrown.code).toBe("PLAN_INVALID");
  });
});
