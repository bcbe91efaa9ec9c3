import type { Seen, Step } from "@handfast/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type HostnameAction, hostnameAction } from "../../src/hostname/actions.ts";
import {
  type Association,
  faceOf,
  type HostnameState,
  hostnameState,
  ownedState,
} from "../../src/hostname/state.ts";
import { checkStep, madeBy, planSteps, stateAfter } from "../../src/hostname/steps.ts";
import type { HostnameTarget } from "../../src/hostname/target.ts";
import { realiseSsl } from "../../src/ssl-mode/realise.ts";
import { noRules, type SslLayer, type SslState, speaksTls, withOwnRule } from "../../src/ssl-mode/state.ts";
import { bare, bundle, secret, stored, zone } from "../hostname/states.ts";

const target: HostnameTarget = { zone, hostnames: ["shop.example.com"], ssl: "strict" };
const byZone: HostnameTarget = { ...target, sslBy: "zone" };
const other: HostnameTarget = { zone, hostnames: ["api.example.com"] };
const on = (letter: string): Association => ({ enabled: true, certificate: bundle(letter) });
const plain = (mode: string): SslState => ({
  zone: mode,
  rules: { under: noRules, own: null, over: noRules },
});
const seen = (now: HostnameState): Seen<HostnameState> => ({
  objects: [],
  now,
  may: [],
  settled: true,
  owner: "unknown",
  findings: [],
});
const wish = (from: HostnameState, association: Association | null, on = target): HostnameState => {
  const realised = realiseSsl(on, from.ssl);
  if ("findings" in realised) throw new Error(realised.findings[0]?.code);
  const missing = association !== null && from.store.length === 0;
  return {
    ...from,
    ssl: realised.ssl,
    association,
    store: missing ? [stored("a", { secret })] : from.store,
  };
};
const brief = (steps: readonly Step<HostnameAction>[]): readonly string[] =>
  steps.map(({ key, effect, late, after = [] }) => {
    const waits = after.length === 0 ? "" : ` after ${after.join(" and ")}`;
    return `${key} ${effect}${late ? " late" : ""}${waits}`.replaceAll(/(.)\1{11}/g, "$1");
  });

const flexible: HostnameState = { ...bare, ssl: plain("flexible") };
const full: HostnameState = { ...bare, ssl: plain("full") };
const shown: HostnameState = { ...bare, association: on("a"), store: [stored("a")] };

const moves: [string, HostnameTarget, HostnameState, HostnameState, string[]][] = [
  [
    "in from plain HTTP: the mode is the switch, behind the association",
    target,
    flexible,
    wish(flexible, on("a")),
    ["upload:a none", "associate:a none late after upload:a", "ssl-rule:strict switch after associate:a"],
  ],
  [
    "out to plain HTTP: the mode is the switch, before the association",
    target,
    { ...wish(flexible, on("a")), store: [stored("a")] },
    flexible,
    ["ssl-rule:none switch", "void none late after ssl-rule:none"],
  ],
  [
    "from full to strict: the mode comes first, and touches nothing that is shown",
    target,
    full,
    wish(full, on("a")),
    ["upload:a none", "ssl-rule:strict none", "associate:a switch after upload:a and ssl-rule:strict"],
  ],
  [
    "the mode alone",
    byZone,
    { ...shown, ssl: plain("full") },
    wish({ ...shown, ssl: plain("full") }, on("a"), byZone),
    ["ssl-zone:strict none"],
  ],
  [
    "in by the zone",
    byZone,
    flexible,
    wish(flexible, on("a"), byZone),
    ["upload:a none", "associate:a none late after upload:a", "ssl-zone:strict switch after associate:a"],
  ],
  [
    "what another's move has turned to plain HTTP already",
    byZone,
    { ...shown, ssl: plain("flexible") },
    { ...bare, store: shown.store, ssl: plain("flexible") },
    ["void none late"],
  ],
  ["nothing where all is so", target, shown, shown, []],
  ["nothing about a zone that somebody else set", target, shown, { ...shown, ssl: plain("full") }, []],
];

test.each(moves)("planSteps: %s", (_, on, from, to, expected) => {
  expect(brief(planSteps(on, from, to, "budget").steps)).toEqual(expected);
});

const said: [string, HostnameTarget, string, string[]][] = [
  ["off", target, "off", ["ssl-origin-needs-tls", "ssl-origin-verified"]],
  ["full", target, "full", ["ssl-origin-verified"]],
  ["full by the zone", byZone, "full", ["ssl-origin-verified", "ssl-zone-wide"]],
  ["nothing to do", target, "strict", []],
];

test.each(said)("planSteps warns of what becomes of the origin: %s", (_, on, mode, codes) => {
  const from = { ...shown, ssl: plain(mode) };
  const { findings } = planSteps(on, from, wish(from, from.association, on), "budget");
  expect(findings.map(({ code }) => code)).toEqual(codes);
  expect(findings.every(({ severity }) => severity === "warning")).toBe(true);
  // back to where the origin's certificate is not looked at, there is nothing to warn of but the zone
  const back = planSteps(on, wish(from, from.association, on), from, "budget");
  expect(back.findings.map(({ code }) => code)).toEqual(codes.filter((code) => code === "ssl-zone-wide"));
});

const ruleStep = planSteps(target, full, wish(full, null), "budget").steps[0] as Step<HostnameAction>;
const zoneStep = planSteps(byZone, full, wish(full, null, byZone), "budget").steps[0] as Step<HostnameAction>;
const unread: SslState = { zone: "full", rules: { unknown: "rules can't be read" } };
const checks: [string, Step<HostnameAction>, SslState, unknown][] = [
  ["a rule that is not there", ruleStep, full.ssl, "todo"],
  ["a rule that is there", ruleStep, withOwnRule(full.ssl, "strict"), "done"],
  [
    "a rule with another mode",
    ruleStep,
    withOwnRule(full.ssl, "off"),
    { moved: expect.stringContaining("off") },
  ],
  [
    "rules that can't be read any more",
    ruleStep,
    unread,
    { failed: expect.stringContaining("can't be read") },
  ],
  ["a zone as before", zoneStep, full.ssl, "todo"],
  ["a zone as wanted", zoneStep, plain("strict"), "done"],
  ["a zone with another mode", zoneStep, plain("off"), { moved: expect.stringContaining("off") }],
];

test.each(checks)("checkStep judges %s", (_, step, ssl, verdict) => {
  expect(checkStep(step, seen({ ...bare, ssl }))).toEqual(verdict);
});

test("stateAfter tells every hostname of the zone of its mode, and none of another's rule", () => {
  expect(stateAfter(other, full, zoneStep).ssl.zone).toBe("strict");
  expect(stateAfter(other, full, ruleStep)).toBe(full);
  expect(stateAfter({ ...other, zone: "f".repeat(32) }, full, zoneStep)).toBe(full);
  expect(madeBy(ruleStep.action)).toEqual([`cloudflare.ssl-rule/${zone}/shop.example.com`]);
  expect(madeBy(zoneStep.action)).toEqual([]);
  expect(ruleStep.settles).toEqual({ by: "time", typicalMs: 60_000, atMostMs: 300_000 });
});

test("ownedState changes with the mode, whoever sets it", () => {
  expect(ownedState(full)).not.toEqual(ownedState(flexible));
  expect(ownedState({ ...full, ssl: withOwnRule(full.ssl, "full") })).not.toEqual(ownedState(full));
});

const mode = fc.constantFrom("off", "flexible", "full", "strict", "origin_pull");
const layer: fc.Arbitrary<SslLayer> = fc.record({
  mode: fc.option(mode),
  maybe: fc.uniqueArray(mode).map((modes) => modes.sort()),
});
const ssl: fc.Arbitrary<SslState> = fc
  .record({ zone: mode, under: layer, own: fc.option(mode), over: layer })
  .map(({ zone, under, own, over }) => ({
    zone,
    rules: { under, own, over: own === null ? noRules : over },
  }));
const letters = fc.constantFrom("a", "b");
const association = fc.option(
  fc.record(
    { enabled: fc.boolean(), certificate: letters.map(bundle) },
    { requiredKeys: ["enabled", "certificate"] },
  ),
);
const states: fc.Arbitrary<HostnameState> = fc
  .record({ association, ssl, global: fc.boolean() })
  .map((some) => ({ ...bare, ...some, store: [stored("a"), stored("b")] }));
const asked = fc.record({
  ssl: fc.constantFrom<HostnameTarget["ssl"][]>("full", "strict", "origin_pull"),
  sslBy: fc.constantFrom<HostnameTarget["sslBy"][]>("rule", "zone", undefined),
});
/** A state, and one that is wanted from there, by a target that may ask for a mode. */
const wanted = fc
  .tuple(states, association, asked)
  .map(([from, association, more]) => {
    const on = { ...target, ...more };
    const realised = realiseSsl(on, from.ssl);
    return "findings" in realised ? undefined : { on, from, to: { ...from, association, ssl: realised.ssl } };
  })
  .filter((one) => one !== undefined);

const fold = (
  on: HostnameTarget,
  from: HostnameState,
  steps: readonly Step<HostnameAction>[],
): HostnameState => steps.reduce((state, step) => stateAfter(on, state, step), from);

test("planSteps leads to what is wanted, and back to exactly what was, with one switch at most", () => {
  fc.assert(
    fc.property(wanted, ({ on, from, to }) => {
      const there = planSteps(on, from, to, "budget").steps;
      expect(fold(on, from, there)).toEqual(to);
      expect(planSteps(on, to, to, "budget").steps).toEqual([]);
      const back = planSteps(on, to, from, "budget").steps;
      expect(fold(on, to, back)).toEqual(from);
      for (const steps of [there, back]) {
        expect(steps.filter(({ effect }) => effect === "switch").length).toBeLessThanOrEqual(1);
        for (const { action } of steps)
          expect(hostnameAction.parse(JSON.parse(JSON.stringify(action)))).toEqual(action);
      }
      expect(hostnameState.parse(JSON.parse(JSON.stringify(to)))).toEqual(to);
    }),
  );
});

test("planSteps calls nothing harmless that changes the face, whenever it is done", () => {
  fc.assert(
    fc.property(wanted, ({ on, from, to }) => {
      for (const [start, end] of [
        [from, to],
        [to, from],
      ] as const) {
        const { steps } = planSteps(on, start, end, "budget");
        const quiet = steps.filter(({ effect }) => effect === "none");
        for (const step of quiet) expect(faceOf(stateAfter(on, start, step))).toEqual(faceOf(start));
        expect(faceOf(fold(on, start, quiet))).toEqual(faceOf(start));
        const waits = new Set<string>();
        for (const { key, after = [] } of steps) {
          for (const one of after) expect(waits).toContain(one);
          waits.add(key);
        }
      }
    }),
  );
});

test("realiseSsl asks for a mode with TLS that is no weaker than the one that is there", () => {
  const rank = (mode: string): number => ["off", "flexible", "full", "strict", "origin_pull"].indexOf(mode);
  fc.assert(
    fc.property(wanted, ({ on, from, to }) => {
      expect(speaksTls(to.ssl)).toBe("yes");
      if (typeof to.ssl.rules === "object" && "own" in to.ssl.rules && "own" in from.ssl.rules)
        expect(rank(to.ssl.rules.own ?? "off")).toBeGreaterThanOrEqual(rank(from.ssl.rules.own ?? "off"));
      expect(rank(to.ssl.zone)).toBeGreaterThanOrEqual(rank(from.ssl.zone));
      expect(realiseSsl(on, to.ssl)).toEqual({ ssl: to.ssl });
    }),
  );
});
