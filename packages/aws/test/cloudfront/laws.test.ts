import type { Step, Wanted } from "@handfast/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CloudFrontAction } from "../../src/cloudfront/actions.ts";
import { afterCloudFront, checkCloudFront } from "../../src/cloudfront/after.ts";
import { ownedByCloudFront } from "../../src/cloudfront/owned.ts";
import { realiseCloudFront } from "../../src/cloudfront/realise.ts";
import { cloudFrontRemovals } from "../../src/cloudfront/removals.ts";
import {
  type CloudFrontState,
  cloudFrontFace,
  cloudFrontStateSchema,
  listInUse,
  storeOf,
} from "../../src/cloudfront/state.ts";
import { cloudFrontSteps } from "../../src/cloudfront/steps.ts";
import { factsWhere } from "../alb/trust.ts";
import { checking, digest, mode, off, options, policy, required, state, store, target } from "./states.ts";

const facts = factsWhere();
const anchors = fc.uniqueArray(fc.constantFrom("a", "b", "c").map(digest), { minLength: 1 });
const crls = fc.uniqueArray(fc.constantFrom("x", "y").map(digest));
const flag = fc.boolean();
const wishes: fc.Arbitrary<Wanted> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(mode("off"), mode("request")) },
  {
    weight: 4,
    arbitrary: fc
      .record({ anchors, crls, optional: flag, ignoreExpiry: flag, advertiseNames: flag, ocsp: flag })
      .map(({ anchors: some, crls: lists, optional, ...flags }) =>
        required(some, lists, { ...flags, mode: optional ? "optional" : "required" }),
      ),
  },
);

const starts: readonly CloudFrontState[] = [
  state(off),
  state(checking("corp"), { stores: { corp: store([digest("a")], { ours: false, taken: true }) } }),
  state(checking("corp"), {
    connectionFunction: "geo",
    stores: { corp: store([], { ours: false, anchors: { unknown: "?", count: 2 } }) },
  }),
];

/** What may have come between: a write that stopped, somebody's hands. */
const mishaps: readonly ((at: CloudFrontState) => CloudFrontState)[] = [
  (at) => at,
  (at) => ({ ...at, lists: each(at.lists, (one) => ({ ...one, halfway: true })) }),
  (at) => ({ ...at, lists: each(at.lists, (one) => ({ ...one, crls: { unknown: "its files are gone" } })) }),
  (at) => ({ ...at, functions: each(at.functions, () => "edited" as const) }),
  (at) => {
    const used = at.distribution?.connectionFunction ?? "";
    const idle = each(at.functions, () => "unpublished" as const);
    return { ...at, functions: used in idle ? { ...idle, [used]: "live" } : idle };
  },
  (at) => ({ ...at, stores: each(at.stores, (one) => ({ ...one, taken: true, full: true })) }),
  (at) => {
    const used = storeOf(at.distribution?.viewer);
    const idle = Object.entries(at.stores).map(([name, one]) => [
      name,
      name === used ? one : { ...one, ready: false },
    ]);
    return { ...at, stores: Object.fromEntries(idle) };
  },
];

function each<V>(of: Readonly<Record<string, V>>, change: (one: V) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(of).map(([name, one]) => [name, change(one)]));
}

/** Worlds that a few moves lead to, then a mishap. */
const worlds: fc.Arbitrary<CloudFrontState> = fc
  .tuple(fc.constantFrom(...starts), fc.array(wishes, { maxLength: 3 }), fc.constantFrom(...mishaps))
  .map(([start, moves, mishap]) => mishap(moves.reduce((at, wish) => follow(at, wish)?.end ?? at, start)));

/** What a distribution that is given a wish comes to, by way of the steps. */
function follow(from: CloudFrontState, wish: Wanted) {
  const result = realiseCloudFront(target, wish, from, facts, policy);
  if (!("state" in result)) return undefined;
  const { steps, findings } = cloudFrontSteps(target, from, result.state, options);
  return { to: result.state, steps, findings, end: fold(from, steps) };
}

function fold(from: CloudFrontState, steps: readonly Step<CloudFrontAction>[]): CloudFrontState {
  return steps.reduce((at, step) => afterCloudFront(target, at, step), from);
}

const overWorlds = (
  law: (from: CloudFrontState, followed: NonNullable<ReturnType<typeof follow>>, wish: Wanted) => void,
) =>
  fc.assert(
    fc.property(worlds, wishes, (from, wish) => {
      const followed = follow(from, wish);
      if (followed !== undefined) law(from, followed, wish);
    }),
    { numRuns: 100 },
  );

describe("the pure part of the adapter", () => {
  it("ends, step by step, in the state that was realised", () => {
    overWorlds((_from, { to, end, findings }) => {
      expect(findings).toEqual([]);
      expect(end).toEqual(to);
      expect(cloudFrontStateSchema.parse(JSON.parse(JSON.stringify(end)))).toEqual(end);
    });
  });

  it("shows the face that was wanted", () => {
    overWorlds((_from, { end }, wish) => {
      if (wish.role !== "verifier") return;
      const face = cloudFrontFace(end);
      expect(face.mode).toBe(wish.mode);
      if (wish.anchors.length === 0) return;
      expect(face).toMatchObject({
        anchors: { known: wish.anchors.toSorted() },
        crls: { known: wish.crls.toSorted() },
        ignoreExpiry: wish.ignoreExpiry,
        advertiseNames: wish.advertiseNames,
        ocsp: wish.ocsp,
      });
    });
  });

  it("has nothing left to do at the end, and realises the same again", () => {
    overWorlds((_from, { end, to }, wish) => {
      expect(cloudFrontSteps(target, end, to, options)).toEqual({ steps: [], findings: [] });
      const again = realiseCloudFront(target, wish, end, facts, policy);
      expect("state" in again && again.state).toEqual(end);
    });
  });

  it("goes back to where it came from", () => {
    overWorlds((from, { end }) => {
      const back = cloudFrontSteps(target, end, from, options);
      if (back.findings.length > 0) return;
      const gone = fold(end, back.steps);
      const [was, is] = [cloudFrontFace(from), cloudFrontFace(gone)];
      // what nobody could read before can't be asked for
      if ("unknown" in was.crls || "unknown" in was.anchors) expect(is.mode).toBe(was.mode);
      else expect(is).toEqual(was);
      expect(cloudFrontSteps(target, gone, from, options).steps).toEqual([]);
    });
  });

  it("switches at most once, after all that prepares it, and prepares nothing that is in use", () => {
    overWorlds((from, { steps }) => {
      const [last, ...before] = steps.toReversed();
      expect(before.every(({ effect }) => effect === "none")).toBe(true);
      if (last?.effect === "switch" && last.action.kind === "set-viewer")
        expect(last.after ?? []).toEqual(before.toReversed().map(({ key }) => key));
      expect(new Set(steps.map(({ key }) => key)).size).toBe(steps.length);
      for (const step of before) {
        expect(cloudFrontFace(afterCloudFront(target, from, step))).toEqual(cloudFrontFace(from));
        expect(ownedByCloudFront(afterCloudFront(target, from, step))).toEqual(ownedByCloudFront(from));
        if (step.action.kind === "write-list") expect(step.action.list).not.toBe(listInUse(from));
      }
    });
  });

  it("prepares nothing for a later move that an earlier one has in use", () => {
    fc.assert(
      fc.property(worlds, fc.array(wishes, { minLength: 2, maxLength: 4 }), (start, path) => {
        // core makes all that touches no traffic at the start of a run
        let at = start;
        for (const wish of path) {
          const followed = follow(at, wish);
          if (followed === undefined) continue;
          for (const step of followed.steps.filter(({ effect }) => effect === "none"))
            expect(cloudFrontFace(afterCloudFront(target, start, step))).toEqual(cloudFrontFace(start));
          at = followed.end;
        }
      }),
      { numRuns: 100 },
    );
  });

  it("plans the same again, and calls each step done once it is", () => {
    overWorlds((from, { to, steps, end }) => {
      expect(cloudFrontSteps(target, from, to, options).steps).toEqual(steps);
      for (const step of steps) expect(checkCloudFront(step, { now: end, settled: true })).toBe("done");
      const [first] = steps;
      if (first !== undefined)
        expect(["todo", "pending"]).toContain(checkCloudFront(first, { now: from, settled: true }));
    });
  });

  it("removes nothing that the present or an image needs", () => {
    fc.assert(
      fc.property(worlds, worlds, (now, image) => {
        const named = Object.keys({ ...now.stores, ...now.lists, ...now.functions });
        const made = named.flatMap((name) =>
          ["trust-store", "key-value-store", "connection-function"].map(
            (type) => `arn:aws:cloudfront::111122223333:${type}/${name}`,
          ),
        );
        const both = { ...now, stores: { ...image.stores, ...now.stores } };
        const { steps } = cloudFrontRemovals(target, { now: both }, { keep: [image], made }, options);
        const end = fold(both, steps);
        expect(cloudFrontFace(end)).toEqual(cloudFrontFace(both));
        const used = storeOf(image.distribution?.viewer);
        if (used !== undefined) expect(end.stores[used]).toEqual(both.stores[used]);
      }),
    );
  });
});
