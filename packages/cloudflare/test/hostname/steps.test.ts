import type { Seen, Step } from "@handfast/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type HostnameAction, hostnameAction } from "../../src/hostname/actions.ts";
import { type Association, type HostnameState, hostnameState } from "../../src/hostname/state.ts";
import { checkStep, planRemovals, planSteps, stateAfter } from "../../src/hostname/steps.ts";
import { bare, bundle, digest, secret, stored, zone } from "./states.ts";

const target = { zone, hostnames: ["shop.example.com"] };
const other = { zone, hostnames: ["api.example.com"] };
const plan = (from: HostnameState, to: HostnameState) => planSteps(target, from, to, "budget");
const on = (letter: string): Association => ({ enabled: true, certificate: bundle(letter) });
const off = (letter: string): Association => ({ enabled: false, certificate: bundle(letter) });
const withA: HostnameState = { ...bare, store: [stored("a")], association: on("a") };
const uploadB: HostnameState = {
  ...withA,
  store: [stored("a"), stored("b", { secret })],
  association: on("b"),
};
const seen = (now: HostnameState, more: Partial<Seen<HostnameState>> = {}): Seen<HostnameState> => ({
  objects: [],
  now,
  may: [],
  settled: true,
  owner: "unknown",
  findings: [],
  ...more,
});
const stepOf = (from: HostnameState, to: HostnameState, at = 0): Step<HostnameAction> => {
  const step = plan(from, to).steps[at];
  if (step === undefined) throw new Error("no such step");
  return step;
};

const moves: [string, HostnameState, HostnameState, string[]][] = [
  [
    "uploads, then associates",
    bare,
    { ...bare, store: [stored("a", { secret })], association: on("a") },
    ["upload:aaaaaaaaaaaa", "associate:aaaaaaaaaaaa"],
  ],
  ["uploads, then points to the new one", withA, uploadB, ["upload:bbbbbbbbbbbb", "repoint:bbbbbbbbbbbb"]],
  [
    "points back without an upload",
    { ...uploadB, store: [stored("a"), stored("b")] },
    withA,
    ["repoint:aaaaaaaaaaaa"],
  ],
  ["suppresses", withA, { ...withA, association: off("a") }, ["suppress:aaaaaaaaaaaa"]],
  ["associates what was suppressed", { ...withA, association: off("a") }, withA, ["associate:aaaaaaaaaaaa"]],
  ["voids", withA, { ...withA, association: null }, ["void"]],
  [
    "writes a failed association again",
    { ...withA, association: { ...on("a"), failed: true } },
    withA,
    ["associate:aaaaaaaaaaaa"],
  ],
  ["does nothing to what is so", withA, withA, []],
  [
    "does nothing about certificates that lie unused",
    { ...withA, store: [stored("a"), stored("c")] },
    withA,
    [],
  ],
];

test.each(moves)("planSteps %s", (_, from, to, keys) => {
  const { steps, findings } = plan(from, to);
  expect(steps.map(({ key }) => key)).toEqual(keys);
  expect(findings).toEqual([]);
  const [first, second] = steps;
  if (second !== undefined) expect(second.after).toEqual([first?.key]);
  expect(steps.filter(({ effect }) => effect === "switch").length).toBe(keys.length === 0 ? 0 : 1);
});

test("planSteps says when the way back needs a certificate that is gone", () => {
  const lost = { ...withA, store: [], association: null };
  expect(plan(lost, withA)).toMatchObject({
    steps: [],
    findings: [{ code: "certificate-gone", severity: "blocker" }],
  });
});

test("planSteps calls the way back exact only while the old certificate is kept", () => {
  expect(stepOf(withA, { ...withA, association: null }).back).toBe("exact");
  expect(stepOf(bare, uploadB, 1).back).toBe("exact");
  expect(stepOf(bare, uploadB, 0).back).toBe("until-retire");
  const gone = { ...withA, store: [] };
  expect(stepOf(gone, { ...gone, association: null }).back).toHaveProperty("never");
  const unread = { ...bare, association: { enabled: true, certificate: { unknown: "id-1" } } };
  expect(stepOf(unread, { ...bare, association: null }).back).toHaveProperty("never");
});

test("planSteps warns when what a hostname falls through to has changed", () => {
  const { findings } = plan(withA, { ...bare, store: withA.store, global: true });
  expect(findings).toMatchObject([{ code: "fall-through-changed", severity: "warning" }]);
});

test("planSteps warns that an intermediate may not be sent", () => {
  const chained = { certificate: digest("c"), chain: [digest("d")] };
  const to: HostnameState = {
    ...bare,
    store: [{ ...chained, others: "none", secret }],
    association: { enabled: true, certificate: chained },
  };
  expect(plan(bare, to).findings).toMatchObject([{ code: "chain-unproven", severity: "warning" }]);
});

test("stateAfter tells the other hostnames of the zone of an upload and of a new user", () => {
  const after = plan(withA, uploadB).steps.reduce((state, step) => stateAfter(other, state, step), withA);
  expect(after.association).toEqual(withA.association);
  expect(after.store).toEqual([stored("a"), stored("b", { secret, others: "some" })]);
  const elsewhere = { zone: digest("f").slice(0, 32), hostnames: ["shop.example.com"] };
  expect(stateAfter(elsewhere, withA, stepOf(withA, uploadB))).toBe(withA);
});

const uploadStep = stepOf(withA, uploadB);
const switchStep = stepOf(withA, uploadB, 1);
const voidStep = stepOf(withA, { ...withA, association: null });
const arrived = { ...withA, store: [stored("a"), stored("b")] };
const done = { ...arrived, association: on("b") };
const checks: [string, Step<HostnameAction>, Seen<HostnameState>, unknown][] = [
  ["an upload that is not there", uploadStep, seen(withA), "todo"],
  ["an upload that some edge may lack", uploadStep, seen(arrived, { may: [withA] }), "pending"],
  ["an upload that is active", uploadStep, seen(arrived), "done"],
  [
    "an upload that timed out",
    uploadStep,
    seen({ ...withA, store: [stored("a"), stored("b", { failed: true })] }),
    { failed: expect.stringContaining("timed out") },
  ],
  ["an association as before", switchStep, seen(arrived), "todo"],
  ["an association on its way", switchStep, seen(done, { settled: false }), "pending"],
  ["an association in effect", switchStep, seen(done), "done"],
  [
    "an association that timed out",
    switchStep,
    seen({ ...done, association: { ...on("b"), failed: true } }),
    { failed: expect.stringContaining("timed out") },
  ],
  [
    "an association that somebody else wrote",
    switchStep,
    seen({ ...arrived, association: off("a") }),
    { moved: expect.stringContaining("somebody else") },
  ],
  [
    "an association that somebody else took away",
    switchStep,
    seen({ ...arrived, association: null }),
    { moved: expect.stringContaining("not associated") },
  ],
  [
    "a void that is on its way",
    voidStep,
    seen({ ...withA, association: null }, { settled: false }),
    "pending",
  ],
  ["a void in effect", voidStep, seen({ ...withA, association: null }), "done"],
  [
    "a void that timed out",
    voidStep,
    seen({ ...withA, association: { ...on("a"), failed: true } }),
    { failed: expect.stringContaining("timed out") },
  ],
];

test.each(checks)("checkStep judges %s", (_, step, now, verdict) => {
  expect(checkStep(step, now)).toEqual(verdict);
});

const key = (letter: string): string => `cloudflare.hostname-certificate/${zone}/${digest(letter)}`;
const removals = (now: HostnameState, made: string[], keep: HostnameState[] = []): string[] =>
  planRemovals(target, seen(now), { made, keep }, "budget").steps.map((step) => step.key);

test("planRemovals deletes what was made and nothing refers to, and nothing else", () => {
  const now = {
    ...withA,
    store: [stored("a"), stored("b"), stored("c", { others: "some" }), stored("d"), stored("e")],
  };
  const made = [key("a"), key("b"), key("c"), key("d"), key("9")];
  expect(removals(now, made, [{ ...withA, association: off("d") }])).toEqual(["delete:bbbbbbbbbbbb"]);
  expect(removals({ ...now, association: null }, made)).toEqual([
    "delete:aaaaaaaaaaaa",
    "delete:bbbbbbbbbbbb",
    "delete:dddddddddddd",
  ]);
  const step = planRemovals(target, seen(now), { made, keep: [] }, "budget").steps[0];
  expect(step).toMatchObject({ effect: "remove", object: key("b"), back: { never: expect.any(String) } });
  expect(
    step &&
      stateAfter(target, now, step)
        .store.map(({ certificate }) => certificate[0])
        .join(""),
  ).toBe("acde");
  expect(step && checkStep(step, seen(now))).toBe("todo");
  expect(step && checkStep(step, seen(withA))).toBe("done");
});

const letters = fc.constantFrom("a", "b", "c", "d");
const association = fc.option(
  fc.record(
    { enabled: fc.boolean(), certificate: letters.map(bundle) },
    { requiredKeys: ["enabled", "certificate"] },
  ),
);
const states: fc.Arbitrary<HostnameState> = fc
  .record({
    association,
    more: fc.uniqueArray(letters),
    zone: fc.record({ enabled: fc.boolean(), shows: fc.option(letters.map(bundle)) }),
    global: fc.boolean(),
  })
  .map(({ association, more, zone, global }) => {
    const held =
      association === null ? more : [...new Set([...more, association.certificate.certificate[0] as string])];
    return { ...bare, association, store: held.sort().map((letter) => stored(letter)), zone, global };
  });
/** A state wanted from another: what it needs is in the store, or is uploaded with a key. */
const pairs = fc.tuple(states, association).map(([from, association]): [HostnameState, HostnameState] => {
  const letter = association?.certificate.certificate[0];
  const missing =
    letter !== undefined && !from.store.some(({ certificate }) => certificate === digest(letter));
  const store = missing
    ? [...from.store, stored(letter, { secret })].sort((x, y) => (x.certificate < y.certificate ? -1 : 1))
    : from.store;
  return [from, { ...from, association, store }];
});

test("planSteps leads to the wanted state: stateAfter folded over it is that state", () => {
  fc.assert(
    fc.property(pairs, ([from, to]) => {
      const { steps, findings } = plan(from, to);
      expect(findings.filter(({ severity }) => severity === "blocker")).toEqual([]);
      expect(steps.reduce((state, step) => stateAfter(target, state, step), from)).toEqual(to);
      expect(plan(to, to).steps).toEqual([]);
    }),
  );
});

test("planSteps is deterministic, and its steps and states survive JSON and their schemas", () => {
  fc.assert(
    fc.property(pairs, ([from, to]) => {
      const { steps } = plan(from, to);
      expect(plan(structuredClone(from), structuredClone(to)).steps).toEqual(steps);
      for (const { action } of steps)
        expect(hostnameAction.parse(JSON.parse(JSON.stringify(action)))).toEqual(action);
      expect(hostnameState.parse(JSON.parse(JSON.stringify(to)))).toEqual(to);
    }),
  );
});

test("planSteps finds the way back without a key from every state it led to", () => {
  fc.assert(
    fc.property(pairs, ([from, to]) => {
      const back = plan(to, from);
      expect(back.steps.some(({ action }) => action.kind === "upload")).toBe(false);
      const end = back.steps.reduce((state, step) => stateAfter(target, state, step), to);
      expect(end.association).toEqual(from.association);
      expect(plan(end, from).steps).toEqual([]);
    }),
  );
});
