import type { Step } from "@handfast/core";
import { expect, test } from "vitest";
import type { HostnameAction } from "../../src/hostname/actions.ts";
import type { HostnameTarget } from "../../src/hostname/target.ts";
import { errorOf, type Simulated, simulated } from "../hostname/simulated.ts";
import { makeIdentities } from "../make-identities.ts";

const identities = await makeIdentities();
const permissions = [
  "SSL and Certificates Write",
  "Zone Read",
  "Zone Settings Write",
  "Config Settings Write",
  "DNS Read",
] as const;
const key = (world: Simulated, hostname = "shop.example.com") =>
  `cloudflare.ssl-rule/${world.zone}/${hostname}`;

function start(mode: "flexible" | "full" = "full", more: Partial<HostnameTarget> = {}) {
  const world = simulated(identities, { permissions });
  world.provider.setZoneSetting(world.zone, "ssl", mode);
  const target = { ...world.target(), ssl: "strict" as const, ...more };
  const rules = () =>
    (world.provider.inventory(world.zone).rules.http_config_settings ?? []).map(
      ({ expression, parameters }) => [expression, parameters],
    );
  /** The step that the target asks for now. */
  const step = async (): Promise<Step<HostnameAction>> => {
    const { now } = await world.read(target);
    const found = world.steps(now, world.wanted("inherited", now, target), target).at(-1);
    if (found === undefined) throw new Error("no step");
    return found;
  };
  /** The step back from the state that is there now. */
  const stepBack = async (): Promise<Step<HostnameAction>> => {
    const { now } = await world.read(target);
    const before = { ...now, ssl: { zone: mode, rules: { ...now.ssl.rules, own: null } } } as typeof now;
    const found = world.steps(now, before, target).at(-1);
    if (found === undefined) throw new Error("no step");
    return found;
  };
  return { ...world, world, target, rules, step, stepBack };
}

const mine = '(http.host eq "shop.example.com")';
const root = "/zones/{zone_id}/rulesets";

test("perform makes the ruleset with the first rule, adds the second behind it, and deletes one alone", async () => {
  const set = start();
  expect(await set.perform(await set.step(), set.target)).toEqual({ made: [key(set.world)] });
  expect(set.rules()).toEqual([[mine, { ssl: "strict" }]]);
  const api = { ...set.target, hostnames: ["api.example.com"] };
  const { now } = await set.world.read(api);
  const [second] = set.world.steps(now, set.world.wanted("inherited", now, api), api);
  await set.perform(second as Step<HostnameAction>, api);
  expect(set.rules().map(([expression]) => expression)).toEqual([mine, mine.replace("shop", "api")]);
  expect(await set.perform(await set.stepBack(), set.target)).toEqual({ removed: [key(set.world)] });
  expect(set.rules().map(([expression]) => expression)).toEqual([mine.replace("shop", "api")]);
  expect(set.calls.filter((call) => !call.startsWith("GET"))).toEqual([
    "POST /rulesets",
    expect.stringMatching(/^POST \/rulesets\/\w+\/rules$/),
    expect.stringMatching(/^DELETE \/rulesets\/\w+\/rules\/\w+$/),
  ]);
});

test("perform changes a rule of its own in place, and finds it done the second time", async () => {
  const set = start();
  const full = { ...set.target, ssl: "full" as const };
  set.provider.setZoneSetting(set.zone, "ssl", "flexible");
  const { now } = await set.world.read(full);
  const [first] = set.world.steps(now, set.world.wanted("inherited", now, full), full);
  await set.perform(first as Step<HostnameAction>, full);
  set.provider.addConfigurationRule(set.zone, { expression: 'http.host eq "x.example.com"', ssl: "off" });
  const step = await set.step();
  expect(await set.perform(step, set.target)).toEqual({});
  expect(set.rules()[0]).toEqual([mine, { ssl: "strict" }]);
  expect(await set.perform(step, set.target)).toEqual({ adopted: true });
  expect(set.calls.filter((call) => call.startsWith("PATCH"))).toHaveLength(1);
});

test("perform finds a rule gone that it was to delete, and a zone's mode that was set already", async () => {
  const set = start();
  await set.perform(await set.step(), set.target);
  const back = await set.stepBack();
  await set.perform(back, set.target);
  expect(await set.perform(back, set.target)).toEqual({ removed: [key(set.world)], adopted: true });
  const zone = start("full", { sslBy: "zone" });
  const step = await zone.step();
  expect(await zone.perform(step, zone.target)).toEqual({});
  expect(zone.provider.inventory(zone.zone).settings.ssl).toBe("strict");
  expect(await zone.perform(step, zone.target)).toEqual({ adopted: true });
  expect(zone.calls.filter((call) => call.startsWith("PATCH"))).toEqual(["PATCH /settings/ssl"]);
});

const lost: [string, `${"POST" | "PATCH"} ${string}`, Partial<HostnameTarget>, object][] = [
  ["the first rule", `POST ${root}`, {}, { made: [expect.any(String)] }],
  ["the zone's mode", "PATCH /zones/{zone_id}/settings/{setting_id}", { sslBy: "zone" }, {}],
];

test.each(lost)(
  "perform looks before it repeats when the answer is lost: %s",
  async (_, operation, more, outcome) => {
    for (const moment of ["before", "after"] as const) {
      const set = start("full", more);
      const step = await set.step();
      const fault = set.faults.add({ operation, moment, fault: { kind: "cut" } });
      expect(await set.perform(step, set.target)).toEqual(outcome);
      expect(fault.hits()).toBe(1);
      expect((await set.world.read(set.target)).now.ssl).toMatchObject(
        more.sslBy === "zone" ? { zone: "strict" } : { rules: { own: "strict" } },
      );
      expect(set.rules().length).toBeLessThanOrEqual(1);
    }
  },
);

test("perform adds its rule to a ruleset that somebody made in between", async () => {
  const set = start();
  const step = await set.step();
  let raced = false;
  set.faults.add({
    matching: ({ operation }) => {
      if (operation === `POST ${root}` && !raced) {
        raced = true;
        set.provider.addConfigurationRule(set.zone, { expression: "ip.src in $office", ssl: "off" });
      }
      return false;
    },
    fault: { kind: "cut" },
  });
  await set.perform(step, set.target);
  expect(raced).toBe(true);
  expect(set.rules()).toEqual([
    ["ip.src in $office", { ssl: "off" }],
    [mine, { ssl: "strict" }],
  ]);
});

test("perform leaves a rule with its mark alone that somebody changed, and says so", async () => {
  const set = start();
  const step = await set.step();
  await set.perform(step, set.target);
  const back = await set.stepBack();
  const url = `https://api.cloudflare.com/client/v4/zones/${set.zone}/rulesets`;
  const headers = { authorization: `Bearer ${set.provider.addToken({ permissions, zones: "all" })}` };
  const ask = async (path: string, method = "GET", body?: object): Promise<Row> => {
    const init = { method, headers: { ...headers, "content-type": "application/json" } };
    const request = new Request(
      `${url}${path}`,
      body === undefined ? init : { ...init, body: JSON.stringify(body) },
    );
    return ((await (await set.provider.service.handle(request)).json()) as { result: Row }).result;
  };
  const { id, rules = [] } = await ask("/phases/http_config_settings/entrypoint");
  await ask(`/${id}/rules/${rules[0]?.id}`, "PATCH", { ...rules[0], expression: "true" });
  for (const one of [step, back]) {
    expect(await errorOf(set.perform(one, set.target))).toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringContaining("changed by somebody else"),
    });
  }
  expect(set.rules()).toEqual([["true", { ssl: "strict" }]]);
});

interface Row {
  readonly id: string;
  readonly rules?: readonly Row[];
}

test("perform refuses an association that was planned for plain HTTP, once Cloudflare speaks TLS", async () => {
  const set = start("flexible");
  const { now } = await set.world.read(set.target);
  const steps = set.world.steps(now, set.world.wanted(identities.edge, now, set.target), set.target);
  const [upload, associate] = steps;
  await set.perform(upload as Step<HostnameAction>, set.target);
  set.provider.setZoneSetting(set.zone, "ssl", "full");
  expect(await errorOf(set.perform(associate as Step<HostnameAction>, set.target))).toMatchObject({
    code: "PRECONDITION_FAILED",
    message: expect.stringContaining('the SSL mode is "full" now'),
  });
  expect(set.provider.inventory(set.zone).associations).toEqual([]);
  set.provider.setZoneSetting(set.zone, "ssl", "off");
  await set.perform(associate as Step<HostnameAction>, set.target);
  expect(set.provider.inventory(set.zone).associations).toHaveLength(1);
});

const rights: [string, Partial<HostnameTarget>, string][] = [
  ["Config Settings Write", {}, "add Configuration Rule|create Configuration Rules"],
  ["Zone Settings Write", { sslBy: "zone" }, "write zone setting"],
];

test.each(rights)("perform names the permission that is missing: %s", async (permission, more, title) => {
  const poor = simulated(identities);
  poor.provider.setZoneSetting(poor.zone, "ssl", "full");
  const target = { ...poor.target(), ssl: "strict" as const, ...more };
  const { now } = await poor.read(target);
  const [step] = poor.steps(now, poor.wanted("inherited", now, target), target);
  const error = await errorOf(poor.perform(step as Step<HostnameAction>, target));
  expect(error.code).toBe("REMOTE_UNAUTHORIZED");
  expect(error.message).toMatch(new RegExp(`^(${title}) failed .*"${permission}"`));
  expect(poor.definition.permissions?.(target, step)).toContainEqual({ allow: permission, on: poor.zone });
});

test("perform says that the plan of the zone takes no more rules", async () => {
  const set = start();
  for (let at = 0; at < 400; at += 1) {
    try {
      set.provider.addConfigurationRule(set.zone, {
        expression: `http.host eq "h${at}.example.com"`,
        ssl: "full",
      });
    } catch {
      break;
    }
  }
  const { now } = await set.world.read(set.target);
  expect(now.ssl.zone).toBe("full");
  const error = await errorOf(set.perform(await set.step(), set.target));
  expect(error).toMatchObject({
    code: "REMOTE_REJECTED",
    message: expect.stringContaining("takes no more Configuration Rules"),
  });
});
