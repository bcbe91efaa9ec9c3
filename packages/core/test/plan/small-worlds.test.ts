import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepts } from "../../src/accept/accepts.ts";
import type { Mode, VerifierFace } from "../../src/adapter/contract.ts";
import { isHandfastError } from "../../src/errors.ts";
import { digest, evidence, now } from "../fixtures/evidence.ts";
import { type BuiltWorld, buildWorld, type Recipe, recipes } from "./random-world.ts";
import { leaf, planFor } from "./world.ts";

const numRuns = 800;
const seed = 77;
const rules = { maxIntermediates: 3, partialChain: false, crlRule: "whole" as const };
const roots = ["a", "b", "c"] as const;
const subsets = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
  roots.filter((_, index) => (bits & (1 << index)) !== 0),
);

type Leaf = "a1" | "a2" | "b1" | "b2" | "c1" | "nothing";

/** Worlds small enough to be searched through: nothing shared, no lists, no zone, three CAs. */
const small: fc.Arbitrary<Recipe> = recipes.map((recipe): Recipe => {
  const calm = <E extends { readonly extra: readonly string[] }>(end: E) => ({
    ...end,
    lists: false,
    extra: end.extra.filter((one) => one !== "d") as never,
  });
  const tame = (shows: string) => ({
    shows: (shows === "d1" ? "c1" : shows === "inherited" ? "b1" : shows) as Leaf,
  });
  return {
    ...recipe,
    room: Math.min(recipe.room, 3),
    inPlace: false,
    silent: false,
    sharesStore: false,
    isBroken: false,
    mayWeaken: false,
    mayDropEarly: false,
    population: [],
    verifiers: recipe.verifiers
      .slice(0, 2)
      .map(({ start, goal }) => ({ start: calm(start), goal: calm(goal) })),
    presenters: recipe.presenters
      .slice(0, 2)
      .map((one) => ({ ...one, zoned: false, start: tame(one.start.shows), goal: tame(one.goal.shows) })),
  };
});

interface Abstract {
  readonly faces: readonly (readonly VerifierFace[])[];
  readonly ends: readonly (readonly [number, number])[];
}

/** Whether any order of single changes keeps all links served, and whether one does without a leak or a loss. */
function exists(recipe: Recipe, built: BuiltWorld, mayWeaken: boolean): boolean {
  const lets = (face: VerifierFace, shows: Leaf | "d1" | "s1" | "aexp"): boolean =>
    accepts(face, shows === "nothing" ? shows : leaf(shows), { at: now }, rules, evidence).verdict ===
    "accepted";
  const everyone = ["a1", "b1", "c1", "s1", "aexp", "nothing"] as const;
  const { faces, ends } = abstract(recipe, built, mayWeaken, (face, first, last) =>
    everyone.every((one) => {
      const [is, was, will] = [face, first, last].map((each) => lets(each, one));
      return is ? was || will : !(was && will);
    }),
  );
  const shown = recipe.presenters.map(({ start, goal }) => [start.shows, goal.shows] as Leaf[]);
  const links = recipe.presenters.flatMap(({ to }, from) =>
    [...new Set(to.map((one) => one % recipe.verifiers.length))].map((at) => ({ from, at })),
  );
  const width = recipe.presenters.length;
  const served = links.filter(({ from, at }) =>
    lets(faces[at]?.[ends[at]?.[0] as number] as VerifierFace, shown[from]?.[0] as Leaf),
  );
  const fine = new Map<string, boolean>();
  const isFine = (face: readonly number[], presenting: readonly number[]): boolean =>
    served.every(({ from, at }) => {
      const name = `${at} ${face[at]} ${shown[from]?.[presenting[from] as number]}`;
      const known =
        fine.get(name) ??
        lets(
          faces[at]?.[face[at] as number] as VerifierFace,
          shown[from]?.[presenting[from] as number] as Leaf,
        );
      fine.set(name, known);
      return known;
    });
  const goal = [...ends.map(([, last]) => last), ...shown.map(() => 1)].join();
  const first = [...ends.map(([start]) => start), ...shown.map(() => 0)];
  const seen = new Set([first.join()]);
  const queue = [first];
  for (const state of queue) {
    if (state.join() === goal) return true;
    for (let at = 0; at < state.length; at += 1) {
      const isVerifier = at < faces.length;
      const options = isVerifier ? (faces[at]?.length ?? 0) : 2;
      for (let option = 0; option < options; option += 1) {
        const next = state.with(at, option);
        const name = next.join();
        if (seen.has(name) || !isFine(next.slice(0, faces.length), next.slice(-width))) continue;
        seen.add(name);
        queue.push(next);
      }
    }
  }
  return false;
}

function abstract(
  recipe: Recipe,
  { asks, world }: BuiltWorld,
  mayWeaken: boolean,
  isClean: (face: VerifierFace, first: VerifierFace, last: VerifierFace) => boolean,
): Abstract {
  const make = (mode: Mode, anchors: readonly string[]): VerifierFace => ({
    role: "verifier",
    mode,
    anchors: { known: anchors },
    crls: { known: [] },
    ignoreExpiry: false,
    advertiseNames: false,
  });
  const all = recipe.verifiers.map((_, index) => {
    const listener = world.get(`listener/v${index}`);
    const want = asks[index]?.want;
    if (listener?.kind !== "listener" || want?.role !== "verifier") throw new Error("no verifier");
    const store = listener.store === null ? undefined : world.get(`store/${listener.store}`);
    const first = make(listener.mode, store?.kind === "store" ? store.anchors : []);
    const last = make(want.mode, want.anchors);
    const between = recipe.modes
      .flatMap((mode) =>
        subsets.map((set) =>
          make(
            mode,
            set.map((one) => digest[one]),
          ),
        ),
      )
      .filter((face) => "known" in face.anchors && face.anchors.known.length <= recipe.room)
      .filter((face) => mayWeaken || isClean(face, first, last));
    return [first, last, ...between];
  });
  return { faces: all, ends: all.map(() => [0, 1] as const) };
}

describe("makePlan, against an exhaustive search of small worlds", () => {
  it("finds a path whenever there is one, and asks for consent only where there is none without", async () => {
    const seen = { found: 0, consent: 0, none: 0 };
    await fc.assert(
      fc.asyncProperty(small, async (recipe) => {
        const built = buildWorld(recipe);
        try {
          await planFor(built.asks, built.links, built.clock);
          seen.found += 1;
        } catch (error) {
          if (!isHandfastError(error)) throw error;
          if (error.code === "PLAN_BLOCKED" && error.message.includes("[link-refused]")) return;
          expect(exists(recipe, built, false), error.message).toBe(false);
          if (error.code === "PLAN_NO_PATH") expect(exists(recipe, built, true), error.message).toBe(false);
          if (error.code === "PLAN_NO_PATH") seen.none += 1;
          else seen.consent += 1;
        }
      }),
      { numRuns, seed, endOnFailure: true },
    );
    expect(seen.found).toBeGreaterThan(numRuns / 4);
    expect(seen.consent).toBeGreaterThan(0);
  });
});
