import type { Move, StepCheck } from "@handfast/core";
import { describe, expect, it } from "vitest";
import type { CloudFrontAction } from "../../src/cloudfront/actions.ts";
import { afterCloudFront, checkCloudFront } from "../../src/cloudfront/after.ts";
import { bundleKey, crlKey, listNameFor, storeName, storeObject } from "../../src/cloudfront/names.ts";
import { realiseCloudFront } from "../../src/cloudfront/realise.ts";
import { type CloudFrontState, cloudFrontFace } from "../../src/cloudfront/state.ts";
import { cloudFrontSteps } from "../../src/cloudfront/steps.ts";
import { factsWhere } from "../alb/trust.ts";
import {
  account,
  checking,
  digest,
  distribution,
  front,
  list,
  mode,
  off,
  options,
  passthrough,
  policy,
  required,
  revoking,
  state,
  store,
  target,
} from "./states.ts";

const [a, b, x, y] = [digest("a"), digest("b"), digest("x"), digest("y")];
const [storeA, storeB, storeAb] = [[a], [b], [a, b]].map((anchors) => storeName(anchors, false)) as [
  string,
  string,
  string,
];

const steps = (from: CloudFrontState, to: CloudFrontState): Move<CloudFrontAction> =>
  cloudFrontSteps(target, from, to, options);
const kinds = (from: CloudFrontState, to: CloudFrontState): readonly string[] => {
  const { steps: all, findings } = steps(from, to);
  expect(findings).toEqual([]);
  return all.map(({ action, effect }) => `${action.kind} ${effect}`);
};
const stops = (from: CloudFrontState, to: CloudFrontState): readonly string[] => {
  const { steps: all, findings } = steps(from, to);
  expect(all).toEqual([]);
  return findings.map(({ code, severity }) => `${severity} ${code}`);
};
/** A wish, from a state on. */
const want = (wanted: Parameters<typeof realiseCloudFront>[1], from: CloudFrontState): CloudFrontState => {
  const realised = realiseCloudFront(target, wanted, from, factsWhere(), policy);
  if (!("state" in realised)) throw new Error(realised.findings.map(({ message }) => message).join());
  return realised.state;
};
/** The state after all steps to another. */
const walk = (from: CloudFrontState, to: CloudFrontState): CloudFrontState =>
  steps(from, to).steps.reduce((now, step) => afterCloudFront(target, now, step), from);

const atA = state(checking(storeA), { stores: [store([a])] });
const atX = revoking([x]);
const atAx = state(checking(storeA), { stores: [store([a])], ...atX.parts });

describe("cloudFrontSteps", () => {
  it("makes a store, then switches to it", () => {
    const { steps: all } = steps(state(off), want(required([a]), state(off)));
    expect(all).toEqual([
      {
        key: `create-store ${storeA}`,
        object: `arn:aws:cloudfront::${account}:trust-store/${storeA}`,
        action: {
          kind: "create-store",
          store: storeA,
          anchors: [a],
          ocsp: false,
          bundle: `handfast/cloudfront/trust/${storeA}.pem`,
        },
        effect: "none",
        back: "until-retire",
        settles: { by: "status", typicalMs: 30_000, atMostMs: 600_000 },
        cost: { budget: "aws.cloudfront", calls: 3 },
        summary: `create trust store ${storeA.slice(0, 15)} with 1 CA, through s3://bundles`,
      },
      {
        key: `set-viewer required with ${storeA.slice(0, 15)}`,
        object: distribution,
        after: [`create-store ${storeA}`],
        action: {
          kind: "set-viewer",
          from: front(off),
          to: front(checking(storeA)),
          expects: undefined,
        },
        effect: "switch",
        back: "exact",
        settles: { by: "status", typicalMs: 300_000, atMostMs: 5_400_000 },
        cost: { budget: "aws.cloudfront", calls: 2 },
        summary: `set viewers of E1EXAMPLE to required with ${storeA.slice(0, 15)} (now off)`,
      },
    ]);
  });

  it.each<[string, CloudFrontState, CloudFrontState, readonly string[]]>([
    ["nothing from a state to itself", atAx, atAx, []],
    [
      "one write for a flag, since the association is changed in place",
      atA,
      want(required([a], [], { ignoreExpiry: true }), atA),
      ["set-viewer switch"],
    ],
    [
      "one write for a mode",
      atAx,
      want(required([a], [x], { mode: "optional" }), atAx),
      ["set-viewer switch"],
    ],
    [
      "one write to passthrough, and the function goes with it",
      atAx,
      want(mode("request"), atAx),
      ["set-viewer switch"],
    ],
    ["one write to off", atAx, want(mode("off"), atAx), ["set-viewer switch"]],
    [
      "list and function, then one write, for the first CRLs",
      atA,
      want(required([a], [x]), atA),
      ["create-list none", "write-list none", "create-function none", "set-viewer switch"],
    ],
    ["one write of the list for other CRLs", atAx, want(required([a], [y]), atAx), ["write-list switch"]],
    [
      "another list beside it when whom it trusts changes too, and still one switch",
      atAx,
      want(required([b], [y]), atAx),
      [
        "create-store none",
        "create-list none",
        "write-list none",
        "create-function none",
        "set-viewer switch",
      ],
    ],
    [
      "only what is missing of a list that a stopped run left",
      { ...atA, lists: { [atX.name]: list([], { halfway: true }) } },
      want(required([a], [x]), atA),
      ["write-list none", "create-function none", "set-viewer switch"],
    ],
    [
      "the end of a write in place that stopped",
      { ...atAx, lists: { [atX.name]: list([x], { halfway: true }) } },
      want(required([a], [y]), atAx),
      ["write-list switch"],
    ],
    [
      "the way back of a write in place that stopped",
      { ...atAx, lists: { [atX.name]: list([x], { halfway: true }) } },
      atAx,
      ["write-list switch"],
    ],
  ])("asks for %s", (_name, from, to, wanted) => {
    expect(kinds(from, to)).toEqual(wanted);
  });

  it("writes CRLs after the list is there, and switches after all", () => {
    const { steps: all } = steps(atA, want(required([a], [x]), atA));
    const [made, written, looking, flip] = all;
    expect(written?.after).toEqual([made?.key]);
    expect(looking?.after).toEqual([made?.key]);
    expect(flip?.after).toEqual([made?.key, written?.key, looking?.key]);
    expect(written?.action).toEqual({
      kind: "write-list",
      list: atX.name,
      from: { known: [] },
      to: [x],
      files: [crlKey(x, atX.name, "handfast")],
    });
    expect(written?.settles).toEqual({ by: "time", typicalMs: 60_000, atMostMs: 60_000 });
  });

  it("has keys, edges and lines in order for every move between some states", () => {
    const states = [
      state(off),
      state(passthrough),
      atA,
      atAx,
      want(required([b], [y]), atAx),
      want(required([a, b], [x, y]), atAx),
      want(required([a], [], { ocsp: true, advertiseNames: true }), atA),
    ];
    for (const from of states) {
      for (const to of states) {
        const { steps: all, findings } = steps(from, to);
        expect(findings).toEqual([]);
        expect(all.filter(({ effect }) => effect === "switch").length).toBeLessThanOrEqual(1);
        all.forEach(({ after = [], summary }, index) => {
          expect(all.slice(0, index).map(({ key }) => key)).toEqual(expect.arrayContaining([...after]));
          expect(summary).toMatch(/^[a-z][a-z-]+ [^\n]+$/);
          expect(summary).not.toMatch(/[0-9a-f]{13,}/i);
        });
        const end = walk(from, to);
        expect(steps(end, to)).toEqual({ steps: [], findings: [] });
        expect(cloudFrontFace(end)).toEqual(cloudFrontFace(to));
      }
    }
  });

  it("never writes to a list that a state before it may have had in use", () => {
    const goal = want(required([b], [y]), atAx);
    const wide = walk(atAx, want(required([a, b], [x, y]), atAx));
    const written = steps(wide, goal).steps.flatMap(({ action }) =>
      action.kind === "write-list" ? [action.list] : [],
    );
    expect(written).toEqual([listNameFor(distribution, [y])]);
    const back = steps(walk(wide, goal), atAx);
    expect(back.steps.map(({ action }) => action.kind)).toEqual(["set-viewer"]);
  });

  it("finds another name where the list of that name was written in place since", () => {
    const drifted = walk(atAx, want(required([a], [y]), atAx));
    const { steps: all } = steps(drifted, want(required([b], [x]), drifted));
    const made = all.find(({ action }) => action.kind === "create-list");
    expect(made?.action).toEqual({ kind: "create-list", list: listNameFor(distribution, [x], 2) });
  });

  it("expects of a store that it does not make what was seen in it", () => {
    const base = state(off, { stores: [store([a])] });
    const [flip] = steps(base, want(required([a]), base)).steps;
    expect(flip?.action).toMatchObject({ expects: { anchors: { known: [a] }, ocsp: false } });
    const image = state(checking("corp"), {
      stores: { corp: store([], { ours: false, anchors: { unknown: "CloudFront", count: 3 } }) },
    });
    const [back] = steps(state(off), image).steps;
    expect(back?.action).toMatchObject({ expects: { anchors: { count: 3 } } });
  });

  it.each<[string, CloudFrontState, CloudFrontState]>([
    ["blocker distribution-not-found", { ...state(off), distribution: null }, atA],
    ["blocker store-failed", state(off, { stores: [store([a], { ready: false, failed: "no CA" })] }), atA],
    [
      "blocker store-name-taken",
      state(off, { stores: { [storeA]: store([b]) } }),
      state(checking(storeA), { stores: [store([a])] }),
    ],
    [
      "blocker store-changed",
      state(checking("corp"), {
        stores: { corp: store([], { ours: false, anchors: { unknown: "?", count: 4 } }) },
      }),
      state(checking("corp"), { stores: { corp: store([a], { ours: false }) } }),
    ],
  ])("stops with %s", (what, from, to) => {
    expect(stops(from, to)).toEqual([what]);
  });

  it("puts the bundle of an idle store anew when it is gone", () => {
    const gone = { unknown: "its bundle is gone", count: 1 };
    const from = state(off, { stores: { [storeA]: store([], { anchors: gone }) } });
    expect(kinds(from, atA)).toEqual(["create-store none", "set-viewer switch"]);
  });
});

describe("afterCloudFront", () => {
  it("leaves alone what belongs to another distribution", () => {
    const { steps: all } = steps(atA, want(required([b], [x]), atA));
    const other = { distribution: `${distribution}2` };
    const before = state(off);
    const after = all.reduce((now, step) => afterCloudFront(other, now, step), before);
    expect(after.distribution).toEqual(before.distribution);
    expect(after.lists).toEqual({});
    expect(after.functions).toEqual({});
    expect(Object.keys(after.stores)).toEqual([storeB]);
  });

  it("is the same state when there is nothing to do", () => {
    const [made] = steps(state(off), atA).steps;
    if (made === undefined) throw new Error("no step");
    expect(afterCloudFront(target, atA, made)).toBe(atA);
    expect(
      afterCloudFront(target, atA, { ...made, action: { kind: "delete-store", store: storeAb, files: [] } }),
    ).toBe(atA);
  });
});

describe("checkCloudFront", () => {
  const toX = steps(atA, want(required([a], [x]), atA)).steps;
  const action = (kind: CloudFrontAction["kind"], of = toX) => {
    const found = of.find((one) => one.action.kind === kind);
    if (found === undefined) throw new Error(`no ${kind}`);
    return found.action;
  };
  const createA = action("create-store", steps(state(off), atA).steps);
  const at = (stores: object) => state(off, stores);
  const withList = (one: ReturnType<typeof list>) => ({ ...atA, lists: { [atX.name]: one } });
  const unknown = { unknown: "its bundle is gone", count: 1 };

  it.each<[string, CloudFrontAction, CloudFrontState, StepCheck]>([
    ["a store that is not there", createA, at({}), "todo"],
    ["a store that is pending", createA, at({ stores: [store([a], { ready: false })] }), "pending"],
    ["a store", createA, at({ stores: [store([a])] }), "done"],
    [
      "a store that failed",
      createA,
      at({ stores: [store([a], { ready: false, failed: "no CA" })] }),
      { failed: "no CA" },
    ],
    [
      "a store whose bundle is gone",
      createA,
      at({ stores: { [storeA]: store([], { anchors: unknown }) } }),
      "todo",
    ],
    [
      "a store that holds another number of CAs",
      createA,
      at({ stores: { [storeA]: store([], { anchors: { unknown: "?", count: 2 } }) } }),
      { moved: expect.any(String) as never },
    ],
    [
      "a store that holds something else",
      createA,
      at({ stores: { [storeA]: store([b]) } }),
      { moved: expect.any(String) as never },
    ],
    ["a list that is not there", action("create-list"), atA, "todo"],
    ["a list that is provisioned", action("create-list"), withList(list([], { ready: false })), "pending"],
    ["a list", action("create-list"), withList(list([])), "done"],
    ["CRLs of a list that is not there", action("write-list"), atA, "todo"],
    ["CRLs that are not in", action("write-list"), withList(list([])), "todo"],
    ["CRLs of which some are in", action("write-list"), withList(list([x], { halfway: true })), "todo"],
    ["CRLs that are in", action("write-list"), withList(list([x])), "done"],
    [
      "CRLs where others are in",
      action("write-list"),
      withList(list([y])),
      { moved: expect.any(String) as never },
    ],
    [
      "CRLs where nobody can tell",
      action("write-list"),
      withList(list([], { crls: { unknown: "?" } })),
      { moved: "?" },
    ],
    ["a function that is not there", action("create-function"), atA, "todo"],
    [
      "a function that is not published",
      action("create-function"),
      { ...atA, functions: { [atX.connectionFunction]: "unpublished" } },
      "todo",
    ],
    ["a function", action("create-function"), atAx, "done"],
    ["the switch before it", action("set-viewer"), atA, "todo"],
    ["the switch after it", action("set-viewer"), atAx, "done"],
    [
      "the switch of what is gone",
      action("set-viewer"),
      { ...atA, distribution: null },
      { failed: expect.any(String) as never },
    ],
    [
      "the switch where somebody else wrote",
      action("set-viewer"),
      state(passthrough),
      { moved: "viewers of the distribution are at passthrough" },
    ],
    ["a deleted store", { kind: "delete-store", store: storeA, files: [] }, state(off), "done"],
    [
      "a store to delete",
      { kind: "delete-store", store: storeA, files: [] },
      at({ stores: [store([a])] }),
      "todo",
    ],
    [
      "a store that is used again",
      { kind: "delete-store", store: storeA, files: [] },
      atA,
      { moved: expect.any(String) as never },
    ],
    [
      "a store that another uses again",
      { kind: "delete-store", store: storeA, files: [] },
      at({ stores: [store([a], { taken: true })] }),
      { moved: expect.any(String) as never },
    ],
    [
      "a function to delete",
      { kind: "delete-function", name: atX.connectionFunction, list: atX.name },
      { ...atAx, distribution: atA.distribution },
      "todo",
    ],
    [
      "a function that is used again",
      { kind: "delete-function", name: atX.connectionFunction, list: atX.name },
      atAx,
      { moved: expect.any(String) as never },
    ],
    [
      "a deleted function",
      { kind: "delete-function", name: atX.connectionFunction, list: atX.name },
      atA,
      "done",
    ],
    [
      "a list to delete",
      { kind: "delete-list", list: atX.name, files: [] },
      { ...atAx, distribution: atA.distribution },
      "todo",
    ],
    [
      "a list that is used again",
      { kind: "delete-list", list: atX.name, files: [] },
      atAx,
      { moved: expect.any(String) as never },
    ],
    ["a deleted list", { kind: "delete-list", list: atX.name, files: [] }, atA, "done"],
    ["a file to delete", { kind: "delete-file", file: bundleKey(storeA, "") }, atA, "todo"],
  ])("of %s", (_name, one, now, where) => {
    expect(checkCloudFront({ action: one }, { now, settled: true })).toEqual(where);
  });

  it("says pending until every edge has the switch", () => {
    expect(checkCloudFront({ action: action("set-viewer") }, { now: atAx, settled: false })).toBe("pending");
  });
});

it("storeObject has the name where the service has an id", () => {
  expect(storeObject(storeA, distribution)).toBe(`arn:aws:cloudfront::${account}:trust-store/${storeA}`);
});
