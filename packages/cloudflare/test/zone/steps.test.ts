import type { Finding } from "@handfast/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { GlobalAction } from "../../src/global/actions.ts";
import { realiseState } from "../../src/zone/realise.ts";
import { faceOfZone, nameOf, type ZoneState } from "../../src/zone/state.ts";
import { checkStep, planRemovals, planSteps, stateAfter } from "../../src/zone/steps.ts";

const zone = "a".repeat(32);
const target = { zone };
const names = ["1", "2", "3", "4"].map((digit) => digit.repeat(64));
const secretOf = (name: string) => ({ key: `key-${name[0]}`, spki: name });
const certificateOf = (name: string) => ({ certificate: name, chain: [], secret: secretOf(name) });
const stateOf = (enabled: boolean, held: readonly string[], global = false): ZoneState => ({
  enabled,
  certificates: held.map(certificateOf),
  global,
  sslMode: "strict",
});
const anyState = fc
  .record({ enabled: fc.boolean(), held: fc.shuffledSubarray(names), global: fc.boolean() })
  .map(({ enabled, held, global }) => stateOf(enabled, held, global));
const plan = (from: ZoneState, to: ZoneState) => planSteps(target, from, to, "cloudflare.zone");
const seen = (now: ZoneState, may: readonly ZoneState[] = []) => ({
  objects: [],
  now,
  may,
  settled: may.length === 0,
  owner: "unknown" as const,
  findings: [],
});

test("steps lead anywhere by one switch at most, and what comes before it changes no face", () => {
  fc.assert(
    fc.property(anyState, anyState, (from, to) => {
      const { steps, findings } = plan(from, { ...to, global: from.global });
      const [wanted] = to.certificates;
      const beneath =
        from.certificates.findIndex((one) => wanted !== undefined && nameOf(one) === nameOf(wanted)) > 0;
      const codes = to.enabled && beneath ? ["newer-certificates-deleted"] : [];
      expect(findings.map(({ code }) => code)).toEqual(codes);
      const switches = steps.filter(({ effect }) => effect === "switch");
      expect(switches.length).toBeLessThanOrEqual(1);
      let state = from;
      for (const step of steps) {
        expect(checkStep(step, seen(state))).toBe("todo");
        const next = stateAfter(target, state, step.action);
        if (step.effect !== "switch") expect(faceOfZone(next)).toEqual(faceOfZone(state));
        expect(checkStep(step, seen(next))).toBe("done");
        state = next;
      }
      const goal = { ...to, global: from.global };
      expect(plan(state, goal).steps).toEqual([]);
      // an empty store is no certificate to be shown: what lies there stays
      if (goal.certificates.length > 0 || !goal.enabled)
        expect(faceOfZone(state)).toEqual(faceOfZone({ ...goal, certificates: goal.certificates }));
    }),
  );
});

test("what is newer than the wanted one is deleted from beneath, so that one deletion is the switch", () => {
  const [a = "", b = "", c = ""] = names;
  const { steps } = plan(stateOf(true, [a, b, c]), stateOf(true, [c]));
  expect(steps.map(({ key, effect, after }) => ({ key, effect, after }))).toEqual([
    { key: `delete:${b.slice(0, 12)}`, effect: "none", after: undefined },
    { key: `delete:${a.slice(0, 12)}`, effect: "switch", after: [`delete:${b.slice(0, 12)}`] },
  ]);
  expect(steps.every(({ back }) => typeof back === "object" && "never" in back)).toBe(true);
});

test("a step that would do something else by now says so", () => {
  const [a = "", b = "", c = ""] = names;
  const upload = plan(stateOf(false, []), stateOf(true, [a])).steps[0] ?? fail();
  expect(checkStep(upload, seen(stateOf(true, [])))).toEqual({ moved: "zone-level origin pulls are on now" });
  const on = plan(stateOf(false, [a]), stateOf(true, [a])).steps[0] ?? fail();
  for (const enabled of [false, true])
    for (const held of [[b], []])
      expect(checkStep(on, seen(stateOf(enabled, held)))).toMatchObject({ moved: expect.any(String) });
  expect(checkStep(on, seen(stateOf(false, [b, a])))).toMatchObject({
    moved: expect.stringContaining(b.slice(0, 12)),
  });
  const back = plan(stateOf(true, [a, b]), stateOf(true, [b])).steps[0] ?? fail();
  expect(checkStep(back, seen(stateOf(true, [c, a, b])))).toMatchObject({
    moved: expect.stringContaining("not shown"),
  });
  const shown = plan(stateOf(true, [b]), stateOf(true, [a, b])).steps[0] ?? fail();
  expect(checkStep(shown, seen(stateOf(true, [c, a, b])))).toMatchObject({
    moved: expect.stringContaining("after it"),
  });
});

test("while the zone has Cloudflare speak plain HTTP, nobody knows what is shown, but where it is nothing anyway", () => {
  const state = { ...stateOf(true, names), sslMode: "flexible" };
  expect(faceOfZone(state)).toMatchObject({ shows: { unknown: expect.stringContaining("plain HTTP") } });
  expect(faceOfZone({ ...state, enabled: false })).toEqual({ role: "presenter", shows: "nothing" });
  const strict = stateAfter(target, state, { kind: "ssl-zone", zone, from: "flexible", to: "strict" });
  expect(faceOfZone(strict)).toEqual(faceOfZone(stateOf(true, names)));
});

test("what the others write is predicted, in this zone and no other", () => {
  const state = stateOf(false, names);
  const turn = (id: string): GlobalAction => ({ kind: "global-switch", zone: id, on: true });
  expect(stateAfter(target, state, turn(zone))).toEqual({ ...state, global: true });
  expect(stateAfter(target, state, turn("b".repeat(32)))).toBe(state);
});

test("retire takes what was made and is not needed, and leaves what is shown, was shown, or is somebody's", () => {
  const [a = "", b = "", c = "", d = ""] = names;
  const key = (name: string) => `cloudflare.zone-certificate/${zone}/${name}`;
  const remove = (enabled: boolean, keep: readonly ZoneState[]) =>
    planRemovals(
      target,
      seen(stateOf(enabled, [a, b, c, d])),
      { keep, made: [a, b, c].map(key) },
      "x",
    ).steps.map(({ object }) => object);
  expect(remove(true, [stateOf(true, [c])])).toEqual([key(b)]);
  expect(remove(true, [])).toEqual([b, c].map(key));
  expect(remove(false, [])).toEqual([a, b, c].map(key));
});

test("realise says why not, and what it costs", () => {
  const [a = "", b = ""] = names;
  const shows = (name: string) => ({ role: "presenter", shows: certificateOf(name) }) as const;
  const codes = (result: { readonly findings?: readonly Finding[] | undefined }) =>
    (result.findings ?? []).map(({ severity, code }) => `${severity} ${code}`);
  const failed: ZoneState = {
    enabled: true,
    certificates: [{ certificate: a, chain: [], failed: true }],
    global: false,
    sslMode: "strict",
  };
  expect(codes(realiseState(target, shows(a), failed))).toEqual(["blocker certificate-deployment-failed"]);
  expect(codes(realiseState(target, shows(b), stateOf(true, [a, b])))).toEqual([]);
  expect(codes(realiseState(target, shows(b), stateOf(true, [a])))).toEqual([]);
  expect(
    codes(realiseState(target, { role: "presenter", shows: "nothing" }, stateOf(true, [a], true))),
  ).toEqual(["blocker global-origin-pull-shown"]);
  const chained = { role: "presenter", shows: { ...certificateOf(b), chain: [a] } } as const;
  expect(codes(realiseState(target, chained, stateOf(true, [])))).toEqual(["blocker chain-undocumented"]);
  expect(codes(realiseState({ ...target, sendChain: true }, chained, stateOf(true, [])))).toEqual([]);
});

test("a certificate that can't be read is not deleted to show one beneath it", () => {
  const [a = ""] = names;
  const from: ZoneState = {
    enabled: true,
    certificates: [{ unknown: "id-1" }, certificateOf(a)],
    global: false,
    sslMode: "strict",
  };
  const { steps, findings } = plan(from, stateOf(true, [a]));
  expect(steps).toEqual([]);
  expect(findings).toMatchObject([{ code: "certificate-unreadable", severity: "blocker" }]);
});

function fail(): never {
  throw new Error("no step");
}
