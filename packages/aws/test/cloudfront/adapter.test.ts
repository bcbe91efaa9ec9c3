import { isHandfastError } from "@handfast/core";
import { cloudFrontBundle } from "@handfast/core/rules";
import { describe, expect, it } from "vitest";
import { cloudfront } from "../../src/index.ts";
import { digest, distribution, off, required, state } from "./states.ts";

const options = { bucket: { name: "bundles", region: "eu-west-1" } } as const;

describe("cloudfront", () => {
  it("declares what CloudFront's viewer side is like", () => {
    expect(cloudfront(options).facts).toEqual({
      name: "aws.cloudfront",
      version: "1",
      scope: { bucket: "bundles", bucketRegion: "eu-west-1", prefix: "handfast" },
      role: "verifier",
      modes: ["off", "request", "optional", "required"],
      revocation: "crl",
      anchorRoom: 25,
      maxIntermediates: 2,
      partialChain: true,
      crlRule: "listed",
      rules: { bundle: cloudFrontBundle },
    });
  });

  it("binds plans to the bucket as it is reached, and to no credentials", () => {
    const bucket = { name: "bundles", region: "us-east-1", prefix: "/team/", expectedOwner: "111122223333" };
    const source = { credentials: { accessKeyId: "AKIA", secretAccessKey: "sesame" } };
    expect(cloudfront({ bucket, cloudfront: source }).facts.scope).toEqual({
      bucket: "bundles",
      bucketRegion: "us-east-1",
      prefix: "team",
      expectedOwner: "111122223333",
    });
  });

  it("keeps its name a literal type, the default one too", () => {
    const plain: "aws.cloudfront" = cloudfront(options).facts.name;
    const named: "aws.cloudfront-b" = cloudfront({ ...options, as: "aws.cloudfront-b" }).facts.name;
    // @ts-expect-error the name is not another adapter's
    const wrong: "aws.cloudfront" = cloudfront({ ...options, as: "aws.cloudfront-b" }).facts.name;
    expect([plain, named, wrong]).toEqual(["aws.cloudfront", "aws.cloudfront-b", "aws.cloudfront-b"]);
  });

  it.each([
    ["a name of another form", { as: "CloudFront" }, /not a name/],
    ["no store for a trust", { storesPerTrust: 0 }, /storesPerTrust/],
    ["half a store for a trust", { storesPerTrust: 1.5 }, /storesPerTrust/],
    ["a bundle that is no PEM", { bundles: { corp: "corp.pem" } }, /bundles\["corp"\]/],
  ])("refuses %s", (_what, wrong, message) => {
    expect(() => cloudfront({ ...options, ...wrong } as never)).toThrow(TypeError);
    expect(() => cloudfront({ ...options, ...wrong } as never)).toThrow(message);
  });

  it("knows a distribution by its ARN", () => {
    expect(cloudfront(options).definition.identify({ distribution })).toBe(distribution);
  });

  it.each([
    ["an id", "E1EXAMPLE"],
    ["a domain name", "d111111abcdef8.cloudfront.net"],
    ["an ARN in a region", distribution.replace("::", ":us-east-1:")],
    ["a trust store", distribution.replace("distribution/", "trust-store/")],
    ["an ARN with more behind the id", `${distribution}/config`],
  ])("refuses %s as a distribution, and shows how one looks", (_what, wrong) => {
    const { success, error } = cloudfront(options).definition.schema.target.safeParse({
      distribution: wrong,
    });
    expect(success).toBe(false);
    expect(error?.issues[0]?.message).toContain("arn:aws:cloudfront::123456789012:distribution/");
  });

  it.each([
    ["the distribution alone", { distribution }, true],
    ["all flags", { distribution, ignoreExpiry: true, advertiseNames: false, ocsp: true }, true],
    ["other partitions", { distribution: distribution.replace("arn:aws:", "arn:aws-cn:") }, true],
    ["an unknown field", { distribution, distributon: distribution }, false],
  ])("takes or refuses a target with %s", (_what, target, expected) => {
    expect(cloudfront(options).definition.schema.target.safeParse(target).success).toBe(expected);
  });

  it("guards against a plan that was edited", () => {
    const { definition } = cloudfront(options);
    const edited = {
      ...state(off),
      distribution: { viewer: { mode: "required" }, connectionFunction: null },
    };
    const thrown = (() => {
      try {
        return definition.realise({ distribution }, required([digest("a")]), edited, {} as never);
      } catch (error) {
        return error;
      }
    })();
    expect(isHandfastError(thrown) && thrown.code).toBe("PLAN_INVALID");
  });
});
