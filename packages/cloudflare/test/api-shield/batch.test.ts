import type { Performed, Step } from "@handfast/core";
import { isHandfastError } from "@handfast/core";
import { expect, test } from "vitest";
import type { ApiShieldAction } from "../../src/api-shield/actions.ts";
import { makeAuthorities } from "./authorities.ts";
import { type Simulated, simulated } from "./simulated.ts";

const authorities = await makeAuthorities();
const { a } = authorities;
const hostnames = Array.from({ length: 20 }, (_, index) => `h${index}.example.com`);

/** The last step of each hostname on its way to a mode, after those before it. */
async function switches(
  cloud: Simulated,
  mode: "request" | "required" | "off",
): Promise<{ readonly hostname: string; readonly step: Step<ApiShieldAction> }[]> {
  const found = [];
  for (const hostname of hostnames) {
    const target = cloud.target({ hostname });
    const { state } = await cloud.realise({ mode, anchors: mode === "off" ? [] : [a.anchor] }, target);
    const { steps } = cloud.definition.steps(target, (await cloud.read(target)).now, state ?? fail());
    const step = steps.at(-1) ?? fail();
    for (const before of steps.slice(0, -1)) await cloud.perform(before, target);
    found.push({ hostname, step });
  }
  return found;
}

function together(
  cloud: Simulated,
  steps: readonly { readonly hostname: string; readonly step: Step<ApiShieldAction> }[],
): Promise<readonly Performed[]> {
  cloud.calls.length = 0;
  return cloud.definition.perform(
    steps.map(({ hostname, step }) => ({
      target: { key: hostname, target: cloud.target({ hostname }) },
      step,
    })),
    {
      clock: cloud.clock,
      signal: new AbortController().signal,
      idempotencyKey: "run-1/batch-1",
      bytes: async () => fail(),
      secret: async () => fail(),
    },
  );
}

test("hostnames of a zone go into a list in one call, and have a call each for their rules", async () => {
  const cloud = simulated(authorities);
  const asking = await switches(cloud, "request");
  expect(new Set(asking.map(({ step }) => step.batch?.key)).size).toBe(1);
  expect(await together(cloud, asking)).toEqual(hostnames.map(() => ({})));
  expect(cloud.calls).toHaveLength(5);

  const requiring = await switches(cloud, "required");
  expect(await together(cloud, requiring)).toEqual(hostnames.map(() => ({})));
  // a look at the store, one at the list, the ruleset, which is made with the first rule, and all other rules
  expect(cloud.calls).toHaveLength(4 + hostnames.length);
  expect(cloud.calls.length).toBeLessThanOrEqual(requiring[0]?.step.cost.calls ?? 0);
  for (const hostname of hostnames) {
    expect(await cloud.face(cloud.target({ hostname }))).toMatchObject({
      mode: "required",
      anchors: { known: [a.anchor] },
    });
  }
  expect(await together(cloud, requiring)).toEqual(hostnames.map(() => ({ adopted: true })));

  expect(await together(cloud, await switches(cloud, "off"))).toEqual(hostnames.map(() => ({})));
  expect(cloud.provider.inventory(cloud.zone).visitors.asking).toEqual({});
  expect(cloud.provider.inventory(cloud.zone).rules.http_request_firewall_custom).toEqual([]);
});

test("a rule that is refused fails its hostname alone", async () => {
  const cloud = simulated(authorities);
  await together(cloud, await switches(cloud, "request"));
  const requiring = await switches(cloud, "required");
  cloud.faults.add({
    matching: ({ operation }) => operation.startsWith("POST") && operation.endsWith("/rules"),
    moment: "before",
    nth: 3,
    times: 1,
    fault: { kind: "refuse", status: 400, code: "20217", message: "exceeded maximum number of rules" },
  });
  const answers = await together(cloud, requiring);
  const failed = answers.flatMap((answer, index) => (isHandfastError(answer) ? [[index, answer.code]] : []));
  // the first rule came with the ruleset
  expect(failed).toEqual([[3, "REMOTE_REJECTED"]]);
  const modes = [];
  for (const hostname of hostnames) modes.push((await cloud.face(cloud.target({ hostname }))).mode);
  expect(modes).toEqual(hostnames.map((_, index) => (index === 3 ? "request" : "required")));
});

test("where a rule can't be taken away, its hostname goes on being asked", async () => {
  const cloud = simulated(authorities);
  await together(cloud, await switches(cloud, "required"));
  const opening = await switches(cloud, "off");
  cloud.faults.add({
    matching: ({ operation }) => operation.startsWith("DELETE") && operation.endsWith("/{rule_id}"),
    moment: "before",
    nth: 5,
    times: 1,
    fault: { kind: "refuse", status: 400, code: "1000", message: "no" },
  });
  const answers = await together(cloud, opening);
  expect(answers.map(isHandfastError).indexOf(true)).toBe(4);
  expect(cloud.provider.inventory(cloud.zone).visitors.asking).toEqual({
    [a.authority.certificate.pem]: ["h4.example.com"],
  });
});

function fail(): never {
  throw new Error("there is nothing");
}
