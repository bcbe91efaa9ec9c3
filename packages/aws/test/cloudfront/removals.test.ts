import { describe, expect, it } from "vitest";
import { bundleKey, crlKey, storeName, storeObject } from "../../src/cloudfront/names.ts";
import { madeByCloudFront, ownedByCloudFront } from "../../src/cloudfront/owned.ts";
import { cloudFrontRemovals } from "../../src/cloudfront/removals.ts";
import type { CloudFrontState } from "../../src/cloudfront/state.ts";
import { functionObject } from "../../src/revocation/names.ts";
import { fileObject } from "../../src/s3/keys.ts";
import {
  account,
  checking,
  digest,
  distribution,
  list,
  off,
  options,
  revoking,
  state,
  store,
  target,
} from "./states.ts";

const [a, b, x, y] = [digest("a"), digest("b"), digest("x"), digest("y")];
const [storeA, storeB] = [storeName([a], false), storeName([b], false)];
const atX = revoking([x]);
const file = (key: string): string => fileObject(key, distribution, "bundles");
const bundle = (name: string): string => bundleKey(name, "handfast");
const crl = (one: string, name = atX.name): string => crlKey(one, name, "handfast");
const ofStore = (name: string): string[] => [storeObject(name, distribution), file(bundle(name))];
const listArn = `arn:aws:cloudfront::${account}:key-value-store/${atX.name}`;
const functionArn = functionObject(atX.connectionFunction, distribution);
const ofList = [listArn, functionArn, file(crl(x))];

const removals = (now: CloudFrontState, made: readonly string[], keep: readonly CloudFrontState[] = []) =>
  cloudFrontRemovals(target, { now }, { keep, made }, options);
const removed = (...of: Parameters<typeof removals>): readonly unknown[] =>
  removals(...of).steps.map(({ action }) => action);

const both = { stores: [store([a]), store([b])] };
const usingA = state(checking(storeA), both);
const { connectionFunction: _, ...unused } = atX.parts;

describe("cloudFrontRemovals", () => {
  it("takes an idle store that a run made, with its bundle", () => {
    const { steps, findings } = removals(usingA, [...ofStore(storeA), ...ofStore(storeB)]);
    expect(findings).toEqual([]);
    expect(steps).toEqual([
      {
        key: `delete-store ${storeB}`,
        object: storeObject(storeB, distribution),
        action: { kind: "delete-store", store: storeB, files: [bundle(storeB)] },
        effect: "remove",
        back: { never: "a deleted store does not come back; one with the same content can be made anew" },
        settles: { by: "call" },
        cost: { budget: "aws.cloudfront", calls: 4 },
        summary: `delete trust store ${storeB.slice(0, 15)} and its file in s3://bundles`,
      },
    ]);
  });

  it.each<[string, CloudFrontState, readonly string[], readonly CloudFrontState[]]>([
    ["nobody made", usingA, [], []],
    ["is in use", usingA, ofStore(storeA), []],
    ["another distribution uses", state(off, { stores: [store([a], { taken: true })] }), ofStore(storeA), []],
    ["an image goes back to", state(off, both), ofStore(storeA), [usingA]],
    ["is in use, of a list", state(checking(storeA), { ...both, ...atX.parts }), ofList, []],
    [
      "an image goes back to, of a list",
      { ...usingA, ...unused },
      ofList,
      [state(checking(storeA), { ...both, ...atX.parts })],
    ],
  ])("leaves what %s", (_name, now, made, keep) => {
    expect(removed(now, made, keep)).toEqual([]);
  });

  it("takes the function, then its list with the CRLs", () => {
    const { steps } = removals({ ...usingA, ...unused }, ofList);
    expect(steps.map(({ action }) => action)).toEqual([
      { kind: "delete-function", name: atX.connectionFunction, list: atX.name },
      { kind: "delete-list", list: atX.name, files: [crl(x)] },
    ]);
    expect(steps[1]?.after).toEqual([steps[0]?.key]);
    expect(steps.map(({ object }) => object)).toEqual([functionArn, listArn]);
  });

  it("leaves a list to which a function refers that nobody here made", () => {
    expect(removed({ ...usingA, ...unused }, [listArn])).toEqual([]);
  });

  it("takes files of which nothing is left, of this distribution's lists", () => {
    const other = crlKey(x, "hf-E2-01234567", "handfast");
    const made = [bundle("hf-gone"), bundle(storeA), crl(x), crl(y), other].map(file);
    expect(removed(state(checking(storeA), { ...both, ...atX.parts }), made)).toEqual([
      { kind: "delete-file", file: crl(y) },
      { kind: "delete-file", file: bundle("hf-gone") },
    ]);
  });

  it("leaves all files of a list whose CRLs can't be told", () => {
    for (const one of [list([], { crls: { unknown: "?" } }), list([x], { halfway: true })]) {
      const now = state(checking(storeA), { ...both, ...atX.parts, lists: { [atX.name]: one } });
      expect(removed(now, [file(crl(x)), file(crl(y))])).toEqual([]);
    }
  });

  it("says what has a name of handfast's and is left", () => {
    const { steps, findings } = removals(usingA, []);
    expect(steps).toEqual([]);
    expect(findings).toMatchObject([{ code: "store-left", severity: "info" }]);
    expect(findings[0]?.mend).toContain(storeObject(storeB, distribution));
  });

  it("has lines without long digests", () => {
    const made = [...ofStore(storeB), ...ofList, ...[bundle("hf-gone"), crl(y)].map(file)];
    for (const { summary } of removals({ ...usingA, ...unused }, made).steps)
      expect(summary).not.toMatch(/[0-9a-f]{13,}/i);
  });
});

describe("ownedByCloudFront", () => {
  const at = state(checking(storeA), { ...both, ...atX.parts });

  it.each<[string, CloudFrontState]>([
    ["another store", { ...at, stores: { [storeA]: store([a]) } }],
    ["who else uses the store", { ...at, stores: { [storeA]: store([a], { taken: true, full: true }) } }],
    ["how many stores there are", { ...at, otherStores: 7 }],
    [
      "what stands in the way of other modes",
      state(checking(storeA), { ...both, ...atX.parts, obstacles: { http3: true } }),
    ],
    ["another list", { ...at, lists: { ...at.lists, other: list([]) } }],
  ])("leaves out %s", (_name, other) => {
    expect(ownedByCloudFront(other)).toEqual(ownedByCloudFront(at));
  });

  it.each<[string, CloudFrontState]>([
    ["the viewer setting", state(checking(storeA, { ignoreExpiry: true }), { ...both, ...atX.parts })],
    [
      "the connection function",
      { ...at, distribution: at.distribution && { ...at.distribution, connectionFunction: "geo" } },
    ],
    ["what is in the store", { ...at, stores: { [storeA]: store([b]) } }],
    ["whether the store asks OCSP", { ...at, stores: { [storeA]: store([a], { ocsp: true }) } }],
    ["what is on the list", { ...at, lists: { [atX.name]: list([y]) } }],
    ["whether the function was edited", { ...at, functions: { [atX.connectionFunction]: "edited" } }],
    ["whether there is a distribution", { ...at, distribution: null }],
  ])("has %s", (_name, other) => {
    expect(ownedByCloudFront(other)).not.toEqual(ownedByCloudFront(at));
  });
});

describe("madeByCloudFront", () => {
  it("names what each step makes", () => {
    const made = (action: Parameters<typeof madeByCloudFront>[1]) =>
      madeByCloudFront(distribution, action, "bundles");
    expect(
      made({ kind: "create-store", store: storeA, anchors: [a], ocsp: false, bundle: bundle(storeA) }),
    ).toEqual(ofStore(storeA));
    expect(made({ kind: "create-list", list: atX.name })).toEqual([listArn]);
    expect(
      made({ kind: "write-list", list: atX.name, from: { known: [] }, to: [x], files: [crl(x)] }),
    ).toEqual([file(crl(x))]);
    expect(
      made({ kind: "create-function", name: atX.connectionFunction, list: atX.name, ocsp: false }),
    ).toEqual([functionArn]);
    expect(made({ kind: "delete-file", file: crl(x) })).toEqual([]);
  });
});
