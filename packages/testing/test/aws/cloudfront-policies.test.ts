import {
  CreateResponseHeadersPolicyCommand,
  ListResponseHeadersPoliciesCommand,
  type ResponseHeadersPolicyType,
} from "@aws-sdk/client-cloudfront";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { refusal } from "./cloud.ts";
import { type CloudfrontTestWorld, cloudfrontWorld } from "./cloudfront-world.ts";

let world: CloudfrontTestWorld;
let restore: () => void;
beforeAll(async () => {
  world = await cloudfrontWorld();
  restore = world.cloud.snapshot();
});
afterEach(() => restore());
afterAll(() => world.close());

const create = (Name: string) =>
  world.cloudfront.send(
    new CreateResponseHeadersPolicyCommand({
      ResponseHeadersPolicyConfig: {
        Name,
        Comment: "<of ours>",
        SecurityHeadersConfig: { FrameOptions: { FrameOption: "DENY", Override: true } },
      },
    }),
  );
const list = async (Type?: ResponseHeadersPolicyType, Marker?: string, MaxItems?: number) => {
  const { ResponseHeadersPolicyList } = await world.cloudfront.send(
    new ListResponseHeadersPoliciesCommand({ Type, Marker, MaxItems }),
  );
  return ResponseHeadersPolicyList;
};

it("ListResponseHeadersPolicies gives whole policies, ours and those of AWS, or one kind alone", async () => {
  expect(await list("custom")).toMatchObject({ Quantity: 0 });
  const { ResponseHeadersPolicy } = await create("first");
  const custom = await list("custom");
  expect(custom).toMatchObject({ Quantity: 1, Items: [{ Type: "custom", ResponseHeadersPolicy }] });
  const managed = await list("managed");
  expect(
    managed?.Items?.map((item) => item.ResponseHeadersPolicy?.ResponseHeadersPolicyConfig?.Name),
  ).toContain("Managed-SecurityHeadersPolicy");
  expect((await list())?.Quantity).toBe((managed?.Quantity ?? 0) + 1);
});

it("ListResponseHeadersPolicies goes by pages, and refuses a kind that there is not", async () => {
  for (const name of ["first", "second", "third"]) await create(name);
  const first = await list("custom", undefined, 2);
  const second = await list("custom", first?.NextMarker, 2);
  const names = [first, second].flatMap((page) =>
    (page?.Items ?? []).map((item) => item.ResponseHeadersPolicy?.ResponseHeadersPolicyConfig?.Name),
  );
  expect(names).toEqual(["first", "second", "third"]);
  expect(second?.NextMarker).toBeUndefined();
  expect(await refusal(list("mine" as ResponseHeadersPolicyType))).toMatchObject({ name: "InvalidArgument" });
});
