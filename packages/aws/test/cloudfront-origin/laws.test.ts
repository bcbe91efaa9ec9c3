import { canonicalText, type Step } from "@handfast/core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { OriginAction } from "../../src/cloudfront-origin/actions.ts";
import { afterOrigin, checkOrigin } from "../../src/cloudfront-origin/after.ts";
import { realiseOrigin } from "../../src/cloudfront-origin/realise.ts";
import {
  bundleName,
  isAsWanted,
  type OriginState,
  originFace,
  originStateSchema,
  type Showing,
} from "../../src/cloudfront-origin/state.ts";
import { originSteps } from "../../src/cloudfront-origin/steps.ts";
import { deploymentWithin } from "../../src/distribution/deployment.ts";
import { type Identity, makeIdentity } from "./identities.ts";
import { arnOf, bundle, foreign, nothing, showing, state, target } from "./states.ts";

let identities: readonly Identity[] = [];
beforeAll(async () => {
  identities = await Promise.all(["A", "B", "C"].map((name) => makeIdentity(name)));
});

/** Certificates by number: the first three are those of identities. */
const bundleAt = (index: number) => identities[index]?.bundle ?? bundle(`x${index}`);
const arns = ["11111111", "22222222"].map((id) => arnOf(id));

/** Worlds with some certificates of ours, and an origin that is shown nothing, one of ours, or somebody else's. */
const worlds = fc
  .record({
    ours: fc.uniqueArray(fc.record({ index: fc.nat(4), taken: fc.boolean() }), {
      selector: ({ index }) => index,
    }),
    shows: fc.oneof(
      fc.constant("nothing" as const),
      fc.record({ ours: fc.nat(4) }),
      fc.record({ theirs: fc.nat(4), arn: fc.constantFrom(...arns) }),
      fc.record({ hidden: fc.constantFrom(...arns) }),
    ),
  })
  .map(({ ours, shows }) => ({ ours, shows }));

function worldOf({
  ours,
  shows,
}: typeof worlds extends fc.Arbitrary<infer World> ? World : never): OriginState {
  const stored = ours.map(({ index, taken }) => ({ ...bundleAt(index), taken }));
  let now: Showing = "nothing";
  if (shows !== "nothing" && "ours" in shows) {
    now = bundleAt(shows.ours);
    stored.push({ ...bundleAt(shows.ours), taken: false });
  }
  if (shows !== "nothing" && "theirs" in shows) now = { ...bundleAt(shows.theirs), arn: shows.arn };
  if (shows !== "nothing" && "hidden" in shows) now = { unknown: "it is not in ACM", arn: shows.hidden };
  return state(now, stored);
}

const wish = fc.oneof(fc.constant(undefined), fc.nat(2));
const deployment = deploymentWithin();

/** What an origin that is given a wish comes to, by way of the steps. */
function follow(from: OriginState, index: number | undefined) {
  const wanted = index === undefined ? nothing : showing(bundleAt(index));
  const realised = realiseOrigin(target, wanted, from);
  if (!("state" in realised)) throw new Error(realised.findings.map(({ code }) => code).join());
  const { steps, findings } = originSteps(target, from, realised.state, deployment);
  return { to: realised.state, steps, findings, end: fold(from, steps) };
}

function fold(from: OriginState, steps: readonly Step<OriginAction>[]): OriginState {
  return steps.reduce((at, step) => afterOrigin(target, at, step), from);
}

describe("the pure part of the adapter", () => {
  it("ends, step by step, at the face that was wanted, with nothing left to do", () => {
    fc.assert(
      fc.property(worlds, wish, (world, index) => {
        const { to, steps, findings, end } = follow(worldOf(world), index);
        expect(findings).toEqual([]);
        expect(originFace(end)).toEqual(originFace(to));
        expect(originSteps(target, end, to, deployment).steps).toEqual([]);
        for (const step of steps) expect(checkOrigin(step, { now: end, settled: true })).toBe("done");
      }),
    );
  });

  it("switches once at most, after all that prepares it, and imports nothing that there is", () => {
    fc.assert(
      fc.property(worlds, wish, (world, index) => {
        const from = worldOf(world);
        const { steps } = follow(from, index);
        const kinds = steps.map(({ action }) => action.kind);
        expect(kinds.join(" ")).toMatch(/^(import-certificate )?set-origin$|^$/);
        if (kinds[0] !== "import-certificate") return;
        expect(from.certificates[bundleName(bundleAt(index ?? -1))]).toBeUndefined();
        expect(steps[1]?.after).toEqual([steps[0]?.key]);
      }),
    );
  });

  it("leads back to what was shown before from behind every step", () => {
    fc.assert(
      fc.property(worlds, wish, (world, index) => {
        const image = worldOf(world);
        const { steps } = follow(image, index);
        for (let done = 0; done <= steps.length; done += 1) {
          const at = fold(image, steps.slice(0, done));
          const back = originSteps(target, at, image, deployment);
          expect(back.findings).toEqual([]);
          expect(
            isAsWanted(fold(at, back.steps).origin?.shows ?? "nothing", image.origin?.shows ?? "nothing"),
          ).toBe(true);
        }
      }),
    );
  });

  it("goes through JSON unchanged, and leaves other origins of the distribution alone", () => {
    fc.assert(
      fc.property(worlds, wish, (world, index) => {
        const from = worldOf(world);
        const { to, steps } = follow(from, index);
        expect(canonicalText(originStateSchema.parse(JSON.parse(JSON.stringify(to))))).toBe(
          canonicalText(to),
        );
        const other = { ...target, origins: ["api"] };
        const beside = state(foreign("y", arns[0] as string));
        const flips = steps.filter(({ effect }) => effect === "switch");
        for (const step of flips) expect(afterOrigin(other, beside, step)).toBe(beside);
      }),
    );
  });
});
