import { describe, expect, it } from "vitest";
import { decide } from "../../src/aws/iam/decide.ts";
import type { PolicyStatement } from "../../src/index.ts";

const listener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/front/1/2";
const modify = { action: "elasticloadbalancing:ModifyListener", resource: listener };
const allow = (rest: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: "Allow",
  Action: "elasticloadbalancing:ModifyListener",
  Resource: "*",
  ...rest,
});
const deny = (rest: Partial<PolicyStatement> = {}): PolicyStatement => ({ ...allow(rest), Effect: "Deny" });
const context = new Map([["aws:requestedregion", ["eu-west-1"]]]);
const region = (operator: string, value: string) => ({
  Condition: { [operator]: { "aws:RequestedRegion": value } },
});
const mfa = (operator: string) => ({ Condition: { [operator]: { "aws:MultiFactorAuthPresent": "true" } } });
const said = (...Statement: readonly PolicyStatement[]) =>
  decide({ kind: "user", policies: [{ Statement }] }, modify, context);

describe("decide", () => {
  it.each<[string, readonly PolicyStatement[], string]>([
    ["nothing allows", [], "implicitDeny"],
    ["an allow", [allow()], "allowed"],
    [
      "another action is allowed",
      [allow({ Action: "elasticloadbalancing:DescribeListeners" })],
      "implicitDeny",
    ],
    ["the action in other letters", [allow({ Action: "ELASTICLOADBALANCING:modifylistener" })], "allowed"],
    ["actions by a pattern", [allow({ Action: ["s3:*", "elasticloadbalancing:Modify*"] })], "allowed"],
    [
      "a pattern with one letter for any",
      [allow({ Action: "elasticloadbalancing:ModifyListene?" })],
      "allowed",
    ],
    ["a dot that is no pattern", [allow({ Action: "elasticloadbalancing.ModifyListener" })], "implicitDeny"],
    ["another resource is allowed", [allow({ Resource: `${listener}9` })], "implicitDeny"],
    ["the resource by a pattern", [allow({ Resource: "arn:aws:*:listener/app/front/*" })], "allowed"],
    ["the resource in other letters", [allow({ Resource: listener.toUpperCase() })], "implicitDeny"],
    ["a deny beside an allow", [allow(), deny()], "explicitDeny"],
    ["a deny of another resource", [allow(), deny({ Resource: `${listener}9` })], "allowed"],
    [
      "all but this action denied",
      [allow(), { Effect: "Deny", NotAction: modify.action, Resource: "*" }],
      "allowed",
    ],
    [
      "all but another action denied",
      [allow(), { Effect: "Deny", NotAction: "s3:*", Resource: "*" }],
      "explicitDeny",
    ],
    [
      "all but this resource denied",
      [allow(), { Effect: "Deny", Action: "*", NotResource: listener }],
      "allowed",
    ],
    ["a condition that holds", [allow(region("StringEquals", "eu-west-1"))], "allowed"],
    ["one that does not", [allow(region("StringEquals", "us-east-1"))], "implicitDeny"],
    ["a pattern in a condition", [allow(region("StringLike", "eu-*"))], "allowed"],
    [
      "a negative condition that holds",
      [deny(region("StringNotEquals", "us-east-1")), allow()],
      "explicitDeny",
    ],
    ["one that does not hold", [deny(region("StringNotEquals", "eu-west-1")), allow()], "allowed"],
  ])("says of %s", (_what, statements, decision) => {
    expect(said(...statements)).toEqual({ decision, missing: [] });
  });

  it.each<[string, readonly PolicyStatement[], string]>([
    ["fails what asks for it", [allow(mfa("Bool"))], "implicitDeny"],
    ["passes what asks for it if it exists", [allow(mfa("BoolIfExists"))], "allowed"],
    [
      "passes what forbids a value",
      [allow(), deny({ Condition: { StringNotEquals: { "aws:MultiFactorAuthPresent": "x" } } })],
      "explicitDeny",
    ],
  ])("of a key that is not known %s, and names it", (_what, statements, decision) => {
    expect(said(...statements)).toEqual({ decision, missing: ["aws:MultiFactorAuthPresent"] });
  });

  it("needs a boundary's allow as well, and takes its deny", () => {
    const bounded = (...Statement: readonly PolicyStatement[]) =>
      decide({ kind: "role", policies: [{ Statement: allow() }], boundary: { Statement } }, modify, context)
        .decision;
    expect([bounded(allow()), bounded(), bounded(deny())]).toEqual([
      "allowed",
      "implicitDeny",
      "explicitDeny",
    ]);
  });

  it("refuses root nothing", () => {
    expect(decide({ kind: "root", policies: [] }, modify, context).decision).toBe("allowed");
  });

  it("does not pretend to know every operator", () => {
    expect(() => said(allow({ Condition: { IpAddress: { "aws:RequestedRegion": "1.2.3.4" } } }))).toThrow(
      TypeError,
    );
  });
});
