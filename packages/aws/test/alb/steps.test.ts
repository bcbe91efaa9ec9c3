import type { Step } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { type AlbAction, albActionSchema } from "../../src/alb/actions.ts";
import { afterAlb, checkAlb } from "../../src/alb/after.ts";
import { bundleKey, crlKey } from "../../src/alb/keys.ts";
import { type AlbState, albStateSchema } from "../../src/alb/state.ts";
import { albSteps } from "../../src/alb/steps.ts";
import {
  digest,
  listener,
  nameOf,
  off,
  options,
  passthrough,
  state,
  store,
  target,
  verify,
} from "./states.ts";

const [a, b, crl, other] = [digest("a"), digest("b"), digest("crl"), digest("other crl")];
const wide = store([a, b], [crl, other]);
const narrow = store([a]);
const foreign = store([a], [crl], { ours: false });

const move = (from: AlbState, to: AlbState) => albSteps(target, from, to, options);
const fold = (from: AlbState, steps: readonly Step<AlbAction>[]): AlbState =>
  steps.reduce((at, step) => afterAlb(target, at, step), from);
const keysOf = (from: AlbState, to: AlbState): readonly string[] =>
  move(from, to).steps.map(({ key }) => key);
const codesOf = (from: AlbState, to: AlbState): readonly string[] =>
  move(from, to).findings.map(({ code }) => code);

describe("albSteps", () => {
  it("makes the store, attaches its CRLs, then switches", () => {
    const name = nameOf(wide);
    const { steps, findings } = move(state(off), state(verify(name), [wide]));
    expect(findings).toEqual([]);
    const [first, second] = [crl, other].toSorted();
    const object = `arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/${name}`;
    const prepares = { object, effect: "none", back: "until-retire" };
    expect(steps).toEqual([
      {
        ...prepares,
        key: `create-store ${name}`,
        action: {
          kind: "create-store",
          store: name,
          anchors: [a, b].toSorted(),
          bundle: bundleKey([a, b], "handfast"),
        },
        settles: { by: "status", typicalMs: 20_000, atMostMs: 300_000 },
        cost: { budget: "aws.elbv2/eu-west-1", calls: 2 },
        summary: `create trust store ${name.slice(0, 15)} with 2 CAs, through s3://bundles`,
      },
      ...[first, second].map((one) => ({
        ...prepares,
        key: `add-crl ${name} ${one}`,
        after: [`create-store ${name}`],
        action: { kind: "add-crl", store: name, crl: one, file: crlKey(one as string, "handfast") },
        settles: { by: "call" },
        cost: { budget: "aws.elbv2/eu-west-1", calls: 3 },
        summary: `attach CRL ${one?.slice(0, 12)} to trust store ${name.slice(0, 15)}`,
      })),
      {
        key: `set-listener verify with ${name.slice(0, 15)}`,
        object: listener,
        after: [`create-store ${name}`, `add-crl ${name} ${first}`, `add-crl ${name} ${second}`],
        action: { kind: "set-listener", from: off, to: verify(name) },
        effect: "switch",
        back: "exact",
        settles: { by: "time", typicalMs: 60_000, atMostMs: 60_000 },
        cost: { budget: "aws.elbv2/eu-west-1", calls: 3 },
        summary: `set listener front/fedcba98 to verify with ${name.slice(0, 15)} (now off)`,
      },
    ]);
  });

  it("writes off out in so many words", () => {
    expect(move(state(verify("own"), { own: foreign }), state(off)).steps).toMatchObject([
      { key: "set-listener off", action: { kind: "set-listener", from: verify("own"), to: { mode: "off" } } },
    ]);
  });

  it.each([
    [
      "nothing where nothing differs",
      state(verify(nameOf(wide)), [wide]),
      state(verify(nameOf(wide)), [wide]),
      [],
    ],
    ["nothing for a store that is left over", state(off, [wide]), state(off), []],
    [
      "nothing for a listener that is not there",
      { listener: null, stores: {} },
      { listener: null, stores: {} },
      [],
    ],
    [
      "the switch alone to a store that is there",
      state(off, [narrow]),
      state(verify(nameOf(narrow)), [narrow]),
      [`set-listener verify with ${nameOf(narrow).slice(0, 15)}`],
    ],
    [
      "only the CRL that a stopped run left out",
      state(off, { [nameOf(wide)]: store([a, b], [crl]) }),
      state(verify(nameOf(wide)), [wide]),
      [`add-crl ${nameOf(wide)} ${other}`, `set-listener verify with ${nameOf(wide).slice(0, 15)}`],
    ],
    [
      "a store that is being created once more, to be waited for",
      state(off, { [nameOf(narrow)]: { ...narrow, ready: false, anchors: { unknown: "creating" } } }),
      state(verify(nameOf(narrow)), [narrow]),
      [`create-store ${nameOf(narrow)}`, `set-listener verify with ${nameOf(narrow).slice(0, 15)}`],
    ],
    [
      "flags as a switch of their own",
      state(verify("own"), { own: foreign }),
      state(verify("own", { ignoreExpiry: true }), { own: foreign }),
      ["set-listener verify with own ignoring expiry"],
    ],
  ])("plans %s", (_what, from, to, keys) => {
    expect(codesOf(from, to)).toEqual([]);
    expect(keysOf(from, to)).toEqual(keys);
  });

  it("expects of a store that it does not make what was seen in it, and nothing of the one in use", () => {
    const found = state(verify(nameOf(wide)), [wide, narrow]);
    const [flip] = move(found, state(verify(nameOf(narrow)), [wide, narrow])).steps;
    expect(flip?.action).toEqual({
      kind: "set-listener",
      from: verify(nameOf(wide)),
      to: verify(nameOf(narrow)),
      expects: { anchors: narrow.anchors, crls: narrow.crls },
    });
    const flags = state(verify(nameOf(wide), { ignoreExpiry: true }), [wide, narrow]);
    expect(move(found, flags).steps.map(({ action }) => "expects" in action)).toEqual([false]);
  });

  it("goes back to a store of others that is no longer looked at, if it still holds the same", () => {
    const before = state(verify("from-terraform"), { "from-terraform": foreign });
    const now = state(verify(nameOf(wide)), [wide]);
    const { steps, findings } = move(now, before);
    expect(findings).toEqual([]);
    expect(steps.map(({ action }) => action)).toEqual([
      {
        kind: "set-listener",
        from: verify(nameOf(wide)),
        to: verify("from-terraform"),
        expects: { anchors: foreign.anchors, crls: foreign.crls },
      },
    ]);
    const after = fold(now, steps);
    expect(after.stores["from-terraform"]).toEqual(foreign);
    expect(keysOf(after, before)).toEqual([]);
  });

  it("makes a store of ours anew when it is gone", () => {
    const gone = state(off);
    expect(keysOf(gone, state(verify(nameOf(narrow)), [narrow]))).toContain(`create-store ${nameOf(narrow)}`);
  });

  it.each([
    [
      "a foreign store that was changed in place",
      "store-changed",
      state(verify("own"), { own: foreign }),
      state(verify("own"), { own: store([b], [], { ours: false }) }),
    ],
    [
      "a foreign store that can't be seen any more",
      "store-changed",
      state(verify("own")),
      state(verify("own"), { own: foreign }),
    ],
    [
      "a store that was cut away",
      "store-cut-away",
      state(off),
      state(verify("own", { cut: true }), { own: foreign }),
    ],
    [
      "a name of ours with other content",
      "store-name-taken",
      state(off, { [nameOf(wide)]: store([b]) }),
      state(verify(nameOf(wide)), [wide]),
    ],
    [
      "a missing CRL in a store that others use",
      "store-in-use",
      state(off, { [nameOf(wide)]: store([a, b], [crl], { taken: true }) }),
      state(verify(nameOf(wide)), [wide]),
    ],
    [
      "a missing CRL in the store in use",
      "store-in-use",
      state(verify(nameOf(wide)), { [nameOf(wide)]: store([a, b], [crl]) }),
      state(verify(nameOf(wide)), [wide]),
    ],
    ["a listener that is gone", "listener-not-found", { listener: null, stores: {} }, state(passthrough)],
  ])("refuses %s", (_what, code, from, to) => {
    expect(move(from, to)).toMatchObject({ steps: [], findings: [{ code, severity: "blocker" }] });
  });

  it("plans actions and states that its own schemas read back from JSON", () => {
    const to = state(verify(nameOf(wide)), [wide, narrow]);
    expect(albStateSchema.parse(JSON.parse(JSON.stringify(to)))).toEqual(to);
    for (const { action } of move(state(verify("own"), { own: foreign }), to).steps) {
      expect(albActionSchema.parse(JSON.parse(JSON.stringify(action)))).toEqual(action);
    }
  });

  it("names nobody's digest in full in what people read", () => {
    for (const { summary } of move(state(off), state(verify(nameOf(wide)), [wide])).steps) {
      expect(summary).not.toMatch(/[0-9a-f]{13}/);
    }
  });
});

describe("afterAlb", () => {
  it("leaves other listeners alone, and lends them the store that was made", () => {
    const to = state(verify(nameOf(wide)), [wide]);
    const { steps } = move(state(off), to);
    const elsewhere = { listener: listener.replace("front", "back") };
    const there = steps.reduce((at, step) => afterAlb(elsewhere, at, step), state(passthrough));
    expect(there).toEqual({ ...to, listener: { protocol: "HTTPS", authentication: passthrough } });
  });

  it("takes a deleted store away, once", () => {
    const step = { object: "x", action: { kind: "delete-store", store: nameOf(wide), files: [] } } as never;
    const gone = afterAlb(target, state(off, [wide, narrow]), step);
    expect(gone).toEqual(state(off, [narrow]));
    expect(afterAlb(target, gone, step)).toBe(gone);
  });
});

describe("checkAlb", () => {
  const to = state(verify(nameOf(wide)), [wide]);
  const [create, addFirst, , flip] = move(state(off), to).steps as [
    Step<AlbAction>,
    Step<AlbAction>,
    unknown,
    Step<AlbAction>,
  ];
  const attached = (addFirst.action as { crl: string }).crl;
  const remove = {
    ...create,
    action: { kind: "delete-store", store: nameOf(wide), files: [] },
  } as Step<AlbAction>;
  const having = (one: Partial<typeof wide>) => state(off, { [nameOf(wide)]: { ...wide, ...one } });

  it.each([
    ["create-store: no store", create, state(off), "todo"],
    ["create-store: being created", create, having({ ready: false }), "pending"],
    ["create-store: the same CAs", create, having({ crls: { known: [] } }), "done"],
    [
      "create-store: unreadable",
      create,
      having({ anchors: { unknown: "denied" } }),
      { failed: `${nameOf(wide)} can't be read back: denied` },
    ],
    [
      "create-store: other CAs",
      create,
      having({ anchors: { known: [a] } }),
      { moved: `${nameOf(wide)} holds other CAs than its name says` },
    ],
    ["add-crl: no store", addFirst, state(off), "todo"],
    ["add-crl: not attached", addFirst, having({ crls: { known: [] } }), "todo"],
    ["add-crl: attached", addFirst, having({ crls: { known: [attached] } }), "done"],
    ["set-listener: as before", flip, having({}), "todo"],
    ["set-listener: as wanted", flip, to, "done"],
    ["set-listener: neither", flip, state(passthrough), { moved: "the listener is at passthrough" }],
    ["set-listener: gone", flip, { listener: null, stores: {} }, { failed: "the listener is gone" }],
    ["delete-store: there", remove, having({}), "todo"],
    ["delete-store: gone", remove, state(off), "done"],
    [
      "delete-store: used by others",
      remove,
      having({ taken: true }),
      { moved: `a listener refers to ${nameOf(wide)} again` },
    ],
    ["delete-store: used here", remove, to, { moved: `a listener refers to ${nameOf(wide)} again` }],
  ] as const)("says of %s", (_what, step, now, expected) => {
    expect(checkAlb(step, { now })).toEqual(expected);
  });
});
