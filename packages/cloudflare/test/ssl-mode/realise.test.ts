import { expect, test } from "vitest";
import { hostnameTarget } from "../../src/hostname/target.ts";
import { realiseSsl } from "../../src/ssl-mode/realise.ts";
import { noRules, type SslRules, type SslState, speaksTls, verdictOf } from "../../src/ssl-mode/state.ts";
import { zone } from "../hostname/states.ts";

type Asked = "full" | "strict" | "origin_pull";
const target = { zone, hostnames: ["shop.example.com"] };
const state = (mode: string, rules: Partial<SslRules> = {}): SslState => ({
  zone: mode,
  rules: { under: noRules, own: null, over: noRules, ...rules },
});
const after = (now: SslState, asked: { ssl?: Asked; sslBy?: "rule" | "zone" }): string => {
  const realised = realiseSsl({ ...target, ...asked }, now);
  if ("findings" in realised)
    return realised.findings.map(({ code, severity }) => `${severity} ${code}`).join();
  const { mode, by } = verdictOf(realised.ssl);
  return realised.ssl === now ? `${mode} as it is` : `${mode} by ${by}`;
};

const modes = ["off", "flexible", "full", "strict", "origin_pull"] as const;
const safer: Readonly<Record<Asked, readonly string[]>> = {
  full: ["full", "strict", "origin_pull"],
  strict: ["strict", "origin_pull"],
  origin_pull: ["origin_pull"],
};
const table = modes.flatMap((now) =>
  (["full", "strict", "origin_pull"] as const).flatMap((ssl) =>
    (["rule", "zone"] as const).map((sslBy) => {
      const by = sslBy === "rule" ? "own" : "zone";
      const expected = safer[ssl].includes(now) ? `${now} as it is` : `${ssl} by ${by}`;
      return [now, ssl, sslBy, expected] as const;
    }),
  ),
);

test.each(table)("realiseSsl from %s, asked for %s by %s: %s", (now, ssl, sslBy, expected) => {
  expect(after(state(now), { ssl, sslBy })).toBe(expected);
  const realised = realiseSsl({ ...target, ssl, sslBy }, state(now));
  expect("ssl" in realised && speaksTls(realised.ssl)).toBe("yes");
});

test.each(modes)("realiseSsl leaves %s as it is where nothing is asked", (now) => {
  expect(after(state(now), {})).toBe(`${now} as it is`);
  expect(after(state(now), { sslBy: "zone" })).toBe(`${now} as it is`);
});

const unread: SslState = { zone: "flexible", rules: { unknown: "the Configuration Rules can't be read" } };
const cases: [string, SslState, { ssl: Asked; sslBy?: "rule" | "zone" }, string][] = [
  ["changes a rule of our own", state("off", { own: "full" }), { ssl: "strict" }, "strict by own"],
  ["never lowers it", state("off", { own: "strict" }), { ssl: "full" }, "strict as it is"],
  [
    "adds one where the zone would do and a rule weakens the hostname",
    state("strict", { under: { mode: "flexible", maybe: [] } }),
    { ssl: "full" },
    "full by own",
  ],
  [
    "adds one where a rule may weaken some requests",
    state("strict", { under: { mode: null, maybe: ["off"] } }),
    { ssl: "strict" },
    "strict by own",
  ],
  [
    "weakens nothing that some requests have",
    state("flexible", { under: { mode: null, maybe: ["strict"] } }),
    { ssl: "full" },
    "blocker ssl-would-weaken",
  ],
  [
    "says that somebody else's rule behind ours wins",
    state("off", { own: "strict", over: { mode: "off", maybe: [] } }),
    { ssl: "strict" },
    "blocker ssl-rule-overrides",
  ],
  [
    "leaves it where what lies behind our rule may weaken some requests",
    state("off", { own: "strict", over: { mode: null, maybe: ["off"] } }),
    { ssl: "strict" },
    "strict as it is",
  ],
  [
    "has nothing to do where a rule of somebody else's behind ours is safer",
    state("off", { own: "full", over: { mode: "strict", maybe: [] } }),
    { ssl: "strict" },
    "strict as it is",
  ],
  ["lowers no mode that it does not know", state("moonlit"), { ssl: "full" }, "blocker ssl-mode-unknown"],
  ["nor by the zone", state("moonlit"), { ssl: "full", sslBy: "zone" }, "blocker ssl-mode-unknown"],
  ["needs to read the rules to write one", unread, { ssl: "full" }, "blocker ssl-rules-needed"],
  ["needs none for the zone", unread, { ssl: "full", sslBy: "zone" }, "full by zone"],
  [
    "takes the zone's word where rules are unread",
    { ...unread, zone: "strict" },
    { ssl: "full" },
    "strict as it is",
  ],
  [
    "says that a rule decides, and the zone's setting would change nothing",
    state("flexible", { under: { mode: "off", maybe: [] } }),
    { ssl: "strict", sslBy: "zone" },
    "blocker ssl-rule-decides",
  ],
  [
    "does not turn our own rule into the zone's setting",
    state("flexible", { own: "full" }),
    { ssl: "strict", sslBy: "zone" },
    "blocker ssl-rule-decides",
  ],
  [
    "leaves a zone that a rule may weaken for some requests",
    state("strict", { under: { mode: null, maybe: ["off"] } }),
    { ssl: "strict", sslBy: "zone" },
    "strict as it is",
  ],
];

test.each(cases)("realiseSsl %s", (_, now, asked, expected) => {
  expect(after(now, asked)).toBe(expected);
});

test("hostnameTarget takes the modes with TLS only, and two places to write them", () => {
  for (const ssl of ["full", "strict", "origin_pull"])
    expect(hostnameTarget.parse({ ...target, ssl })).toBeTruthy();
  for (const wrong of [{ ssl: "off" }, { ssl: "flexible" }, { ssl: "strict", sslBy: "page" }])
    expect(hostnameTarget.safeParse({ ...target, ...wrong }).success).toBe(false);
});
