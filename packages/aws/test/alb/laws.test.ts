import type { Step } from "@handfast/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlbAction } from "../../src/alb/actions.ts";
import { afterAlb, checkAlb } from "../../src/alb/after.ts";
import { realiseAlb } from "../../src/alb/realise.ts";
import { type AlbState, type Authentication, albFace, type StoreState } from "../../src/alb/state.ts";
import { albSteps } from "../../src/alb/steps.ts";
import {
  digest,
  mode,
  nameOf,
  off,
  options,
  passthrough,
  required,
  state,
  store,
  target,
  verify,
} from "./states.ts";

const anchors = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d").map(digest), { minLength: 1 });
const crls = fc.uniqueArray(fc.constantFrom("x", "y").map(digest));
const content = fc.tuple(anchors, crls);
const wanted = fc.oneof(
  fc.constantFrom(mode("off"), mode("request")),
  fc
    .tuple(content, fc.boolean(), fc.boolean())
    .map(([[some, lists], ignoreExpiry, advertiseNames]) =>
      required(some, lists, { ignoreExpiry, advertiseNames }),
    ),
);

/** Worlds with stores of ours, whole or half made, a store of others, and a listener that refers to one of them or to none. */
const worlds: fc.Arbitrary<AlbState> = fc
  .record({
    ours: fc.array(fc.tuple(content, fc.boolean(), fc.constantFrom("whole", "creating", "no CRLs yet"))),
    foreign: content,
    refersTo: fc.nat(),
    flags: fc.record({ ignoreExpiry: fc.boolean(), advertiseNames: fc.boolean() }),
  })
  .map(({ ours, foreign, refersTo, flags }) => {
    const stores: Record<string, StoreState> = { theirs: store(...foreign, { ours: false, taken: true }) };
    for (const [[some, lists], taken, how] of ours) {
      const whole = store(some, lists, { taken: taken && how === "whole" });
      const unknown = { unknown: "being created" };
      if (how === "whole") stores[nameOf(whole)] = whole;
      if (how === "creating")
        stores[nameOf(whole)] = { ...whole, ready: false, anchors: unknown, crls: unknown };
      if (how === "no CRLs yet") stores[nameOf(whole)] = { ...whole, crls: { known: [] } };
    }
    const usable = Object.keys(stores).filter(
      (key) => key === "theirs" || nameOf(wholeOf(stores[key])) === key,
    );
    const choices: Authentication[] = [off, passthrough, ...usable.map((key) => verify(key, flags))];
    return state(choices[refersTo % choices.length] ?? off, stores);
  });

function wholeOf(one: StoreState | undefined): StoreState {
  return one?.ready === true ? one : store([]);
}

/** What a listener that is given a wish comes to, by way of the steps. */
function follow(from: AlbState, wish: typeof wanted extends fc.Arbitrary<infer W> ? W : never) {
  const result = realiseAlb(target, wish, from);
  if (!("state" in result)) return undefined;
  const { steps, findings } = albSteps(target, from, result.state, options);
  return { to: result.state, steps, findings, end: fold(from, steps) };
}

function fold(from: AlbState, steps: readonly Step<AlbAction>[]): AlbState {
  return steps.reduce((at, step) => afterAlb(target, at, step), from);
}

describe("the pure part of the adapter", () => {
  it("ends, step by step, in the state that was realised", () => {
    fc.assert(
      fc.property(worlds, wanted, (from, wish) => {
        const followed = follow(from, wish);
        if (followed === undefined) return;
        expect(followed.findings).toEqual([]);
        expect(followed.end).toEqual(followed.to);
      }),
    );
  });

  it("shows the face that was wanted", () => {
    fc.assert(
      fc.property(worlds, wanted, (from, wish) => {
        const followed = follow(from, wish);
        if (followed === undefined || wish.role !== "verifier") return;
        const face = albFace(followed.end);
        expect(face.mode).toBe(wish.mode);
        if (wish.mode !== "required") return;
        expect(face).toMatchObject({
          anchors: { known: wish.anchors.toSorted() },
          crls: { known: wish.crls.toSorted() },
          ignoreExpiry: wish.ignoreExpiry,
          advertiseNames: wish.advertiseNames,
        });
      }),
    );
  });

  it("has nothing left to do at the end, and realises the same again", () => {
    fc.assert(
      fc.property(worlds, wanted, (from, wish) => {
        const followed = follow(from, wish);
        if (followed === undefined) return;
        expect(albSteps(target, followed.end, followed.to, options)).toEqual({ steps: [], findings: [] });
        expect(realiseAlb(target, wish, followed.end)).toEqual({ state: followed.end });
      }),
    );
  });

  it("goes back to where it came from", () => {
    fc.assert(
      fc.property(worlds, wanted, (from, wish) => {
        const followed = follow(from, wish);
        if (followed === undefined) return;
        const back = albSteps(target, followed.end, from, options);
        expect(back.findings).toEqual([]);
        expect(albFace(fold(followed.end, back.steps))).toEqual(albFace(from));
      }),
    );
  });

  it("switches at most once, after all that prepares it, and only what nobody uses is prepared", () => {
    fc.assert(
      fc.property(worlds, wanted, (from, wish) => {
        const { steps } = follow(from, wish) ?? { steps: [] };
        const [last, ...before] = steps.toReversed();
        expect(before.every(({ effect }) => effect === "none")).toBe(true);
        expect(last?.after ?? []).toEqual(before.toReversed().map(({ key }) => key));
        expect(new Set(steps.map(({ key }) => key)).size).toBe(steps.length);
        for (const step of before) {
          expect(albFace(afterAlb(target, from, step))).toEqual(albFace(from));
          if (step.action.kind === "add-crl")
            expect(from.stores[step.action.store]?.taken ?? false).toBe(false);
        }
      }),
    );
  });

  it("plans the same again, and calls each step done once it is", () => {
    fc.assert(
      fc.property(worlds, wanted, (from, wish) => {
        const followed = follow(from, wish);
        if (followed === undefined) return;
        expect(albSteps(target, from, followed.to, options).steps).toEqual(followed.steps);
        for (const step of followed.steps) expect(checkAlb(step, { now: followed.end })).toBe("done");
      }),
    );
  });
});
