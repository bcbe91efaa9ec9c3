import type { SslMode } from "@handfast/testing";
import { expect, test } from "vitest";
import type { HostnameTarget } from "../../src/hostname/target.ts";
import { permissions, simulated } from "../hostname/simulated.ts";
import { makeIdentities } from "../make-identities.ts";

const identities = await makeIdentities();
const shop = 'http.host eq "shop.example.com"';
const office = "ip.src in $office";

type Rule = readonly [expression: string, ssl: SslMode, description?: string];
type Asked = Pick<HostnameTarget, "ssl" | "sslBy">;

const cases: [string, Asked, SslMode, Rule[], string[]][] = [
  ["a weak zone that the target mends", { ssl: "strict" }, "flexible", [], []],
  ["a weak zone that the target mends as a whole", { ssl: "full", sslBy: "zone" }, "off", [], []],
  ["a zone with the mode that is asked for", { ssl: "full" }, "strict", [], ["info ssl-page-rules-unseen"]],
  [
    "a zone with the mode full that is asked for",
    { ssl: "full" },
    "full",
    [],
    ["info origin-not-verified", "info ssl-page-rules-unseen"],
  ],
  ["full, where strict is asked for", { ssl: "strict" }, "full", [], []],
  ["a rule that has it", { ssl: "strict" }, "flexible", [[shop, "strict"]], []],
  [
    "a rule that weakens the hostname, and will not any more",
    { ssl: "strict" },
    "strict",
    [[shop, "flexible", "old shop"]],
    ["warning ssl-rule-outranked"],
  ],
  [
    "a rule that may weaken it, and will not any more",
    { ssl: "strict" },
    "strict",
    [[office, "off"]],
    ["warning ssl-rule-outranked"],
  ],
  [
    "a rule that may weaken it, which the zone's setting can't help",
    { ssl: "strict", sslBy: "zone" },
    "strict",
    [[office, "off"]],
    ["warning ssl-rule-unjudged", "info ssl-page-rules-unseen"],
  ],
];

test.each(cases)("read judges the SSL mode of %s", async (_, asked, mode, rules, expected) => {
  const world = simulated(identities);
  world.provider.setZoneSetting(world.zone, "ssl", mode);
  for (const [expression, ssl, description = ""] of rules)
    world.provider.addConfigurationRule(world.zone, { expression, ssl, description });
  const { findings } = await world.read({ ...world.target(), ...asked });
  expect(findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
});

test("read names the rule that will be outranked, and the way to ask for a mode", async () => {
  const world = simulated(identities);
  world.provider.addConfigurationRule(world.zone, {
    expression: shop,
    ssl: "flexible",
    description: "old shop",
  });
  const asked = await world.read({ ...world.target(), ssl: "full" });
  expect(asked.findings).toMatchObject([{ message: expect.stringContaining('"old shop"') }]);
  const { findings } = await world.read();
  expect(findings).toMatchObject([
    { code: "ssl-mode-too-weak", severity: "blocker", mend: expect.stringContaining('ssl: "strict"') },
  ]);
});

test("realise refuses what the mode of a target without ssl would hide, and what can't be written", async () => {
  const world = simulated(identities, { permissions: permissions.slice(0, 3) });
  world.provider.setZoneSetting(world.zone, "ssl", "flexible");
  const { now } = await world.read();
  const refused = (asked: Asked, base = now) => {
    const { certificate, secret } = identities.edge;
    const shows = { certificate: certificate.sha256, chain: [], secret };
    const wanted = { role: "presenter", shows } as const;
    const realised = world.definition.realise(
      { ...world.target(), ...asked },
      wanted,
      base,
      identities.facts,
    );
    return "state" in realised ? [] : realised.findings.map(({ code }) => code);
  };
  expect(refused({ ssl: "strict" })).toEqual(["ssl-rules-needed"]);
  expect(refused({ ssl: "strict", sslBy: "zone" })).toEqual([]);
  const { zone } = now.ssl;
  const none = { mode: null, maybe: [] };
  expect(refused({}, { ...now, ssl: { zone, rules: { under: none, own: null, over: none } } })).toEqual([
    "ssl-mode-too-weak",
  ]);
});
