/** Random worlds for the planner's laws: a recipe is plain data, so that one that fails can be read. */
import fc from "fast-check";
import type { Mode, Shown } from "../../src/adapter/contract.ts";
import { memoryPresenter } from "../../src/memory/memory-presenter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { MemoryWorld } from "../../src/memory/memory-world.ts";
import { memoryZone } from "../../src/memory/memory-zone.ts";
import type { Link } from "../../src/plan/graph.ts";
import { type CertificateName, type CrlName, crlDigest, digest } from "../fixtures/evidence.ts";
import { type Ask, handClock, leaf, link, shows, type Traffic, wants } from "./world.ts";

const roots = ["a", "b", "c", "d"] as const;
type Root = (typeof roots)[number];
type Leaf = "a1" | "a2" | "b1" | "b2" | "c1" | "d1";
const modes: readonly Mode[] = ["off", "request", "optional", "required"];

interface VerifierEnd {
  readonly mode: Mode;
  /** Trusted beside what the links show. */
  readonly extra: readonly Root[];
  readonly lists: boolean;
}

interface PresenterEnd {
  readonly shows: Leaf | "nothing" | "inherited";
}

export interface Recipe {
  readonly modes: readonly Mode[];
  readonly room: number;
  readonly inPlace: boolean;
  readonly sharesStore: boolean;
  readonly silent: boolean;
  readonly nodes: number;
  readonly lags: readonly number[];
  readonly mayWeaken: boolean;
  readonly mayDropEarly: boolean;
  readonly verifiers: readonly { readonly start: VerifierEnd; readonly goal: VerifierEnd }[];
  readonly presenters: readonly {
    readonly start: PresenterEnd;
    readonly goal: PresenterEnd;
    readonly to: readonly number[];
    readonly zoned: boolean;
  }[];
  readonly zone: { readonly start: Leaf | "nothing"; readonly goal: Leaf | "nothing" | undefined };
  readonly population: readonly (Root | "nothing")[];
  readonly isBroken: boolean;
}

const leafOf = fc.constantFrom<Leaf>("a1", "a2", "b1", "b2", "c1", "d1");
const verifierEnd = fc.record({
  mode: fc.constantFrom(...modes),
  extra: fc.subarray([...roots], { maxLength: 2 }),
  lists: fc.boolean(),
});

/** Recipes of all kinds. */
export const recipes: fc.Arbitrary<Recipe> = fc.record({
  modes: fc.constantFrom<readonly Mode[]>(
    modes,
    modes,
    ["off", "request", "required"],
    ["off", "required"],
    ["off", "optional", "required"],
  ),
  room: fc.constantFrom(1, 2, 2, 3, 4, 4),
  inPlace: fc.boolean(),
  sharesStore: fc.boolean(),
  silent: fc.boolean(),
  nodes: fc.integer({ min: 1, max: 3 }),
  lags: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 3 }),
  mayWeaken: fc.boolean(),
  mayDropEarly: fc.boolean(),
  verifiers: fc.array(fc.record({ start: verifierEnd, goal: verifierEnd }), { minLength: 1, maxLength: 3 }),
  presenters: fc.array(
    fc.record({
      start: fc.record({ shows: fc.oneof(leafOf, leafOf, fc.constantFrom("nothing", "inherited" as const)) }),
      goal: fc.record({ shows: fc.oneof(leafOf, leafOf, fc.constantFrom("nothing", "inherited" as const)) }),
      to: fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 2 }),
      zoned: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ) as fc.Arbitrary<Recipe["presenters"]>,
  zone: fc.record({
    start: fc.constantFrom<Leaf | "nothing">("a1", "b1", "nothing"),
    goal: fc.constantFrom<Leaf | "nothing" | undefined>("a1", "b1", "c1", "nothing", undefined),
  }),
  population: fc.subarray<Root | "nothing">(["a", "b", "nothing"], { maxLength: 2 }),
  isBroken: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
});

export interface BuiltWorld {
  readonly clock: ReturnType<typeof handClock>;
  readonly world: MemoryWorld;
  readonly asks: readonly Ask[];
  readonly links: readonly Link[];
  readonly adapters: readonly Ask["adapter"][];
  readonly traffic: readonly Traffic[];
}

const lists: Partial<Record<Root, CrlName>> = { a: "a-none", b: "b-none" };
const tickMs = 500;
const atMostMs = 5 * tickMs;

/** Builds the world of a recipe, with what is asked of it, links, and the traffic to be watched. */
export function buildWorld(recipe: Recipe): BuiltWorld {
  const clock = handClock();
  const writtenAt = new Map<string, number>();
  const world = new MemoryWorld({
    clock,
    nodes: recipe.nodes,
    lag: (node) => (recipe.lags[node] ?? 0) * tickMs,
    refuse: (object) => writtenAt.set(object, clock.now()),
  });
  const { silent, inPlace } = recipe;
  const verifier = memoryVerifier(world, {
    modes: recipe.modes,
    room: recipe.room,
    inPlace,
    silent,
    atMostMs,
  });
  const presenter = memoryPresenter(world, { silent, atMostMs });
  const zone = memoryZone(world, { silent, atMostMs });
  const zoneShows = { start: recipe.zone.start, goal: recipe.zone.goal ?? recipe.zone.start };
  const isZoned = recipe.presenters.some(({ zoned }) => zoned);
  const shownAt = (index: number, end: "start" | "goal"): Leaf | "nothing" => {
    const one = recipe.presenters[index];
    const own = one?.[end].shows ?? "nothing";
    return own !== "inherited" ? own : one?.zoned === true ? zoneShows[end] : "nothing";
  };
  const linksTo = (to: number): number[] =>
    recipe.presenters.flatMap((one, index) =>
      one.to.some((v) => v % recipe.verifiers.length === to) ? [index] : [],
    );
  const populated = recipe.population.length > 0;

  const endOf = (index: number, end: "start" | "goal") => {
    const wanted = recipe.verifiers[index]?.[end] as VerifierEnd;
    const mode = recipe.modes.includes(wanted.mode) ? wanted.mode : "off";
    const shared = recipe.sharesStore && inPlace ? recipe.verifiers.map((_, at) => at) : [index];
    const leaves = shared.flatMap(linksTo).map((at) => shownAt(at, end));
    const people = populated && shared.includes(0) ? recipe.population : [];
    const needed = [...leaves, ...people].flatMap((one) => (one === "nothing" ? [] : [one[0] as Root]));
    const extra = shared.flatMap((at) => recipe.verifiers[at]?.[end].extra ?? []);
    const all = [...new Set(recipe.isBroken && end === "start" ? extra : [...needed, ...extra])];
    const anchors = all.slice(0, Math.max(recipe.room, 1));
    const hasNothing = [
      ...linksTo(index).map((at) => shownAt(at, end)),
      ...(index === 0 ? people : []),
    ].includes("nothing");
    const lenient = recipe.modes.includes("optional") ? "optional" : "off";
    const served = hasNothing && mode === "required" ? lenient : mode;
    const withLists =
      (recipe.verifiers[shared[0] as number]?.[end].lists ?? false) && anchors.every((one) => lists[one]);
    return { mode: served, anchors, crls: withLists ? anchors.map((one) => lists[one] as CrlName) : [] };
  };

  for (const index of recipe.verifiers.keys()) {
    const { mode, anchors, crls } = endOf(index, "start");
    const checks = inPlace || mode === "optional" || mode === "required";
    const store = recipe.sharesStore ? "together" : `own${index}`;
    const name = recipe.sharesStore && !inPlace ? `${[...anchors, ...crls].toSorted().join("")}` : store;
    if (checks) {
      world.set(`store/${name}`, {
        kind: "store",
        anchors: anchors.map((one) => digest[one]),
        crls: crls.map((one) => crlDigest[one]),
      });
    }
    world.set(`listener/v${index}`, {
      kind: "listener",
      mode,
      store: checks ? name : null,
      ignoreExpiry: false,
    });
  }
  for (const [index, { start }] of recipe.presenters.entries()) {
    if (start.shows === "inherited") continue;
    const value = start.shows === "nothing" ? "nothing" : leaf(start.shows);
    world.set(`association/p${index}`, { kind: "association", shows: value });
  }
  if (isZoned) {
    const certificates = zoneShows.start === "nothing" ? [] : [leaf(zoneShows.start)];
    world.set("zone/z", { kind: "zone", certificates });
  }
  const unsettledUntil = (objects: readonly string[]): number | undefined => {
    const last = Math.max(0, ...objects.map((object) => writtenAt.get(object) ?? 0)) + atMostMs;
    return silent && last > clock.now() ? last : undefined;
  };
  writtenAt.clear();
  clock.turn(10 * tickMs);

  const asks: Ask[] = [
    ...recipe.verifiers.map((_, index): Ask => {
      const { mode, anchors, crls } = endOf(index, "goal");
      return {
        key: `v${index}`,
        adapter: verifier,
        target: {
          listener: `v${index}`,
          ...(inPlace ? { store: recipe.sharesStore ? "together" : `own${index}` } : {}),
        },
        want: wants(mode, anchors, crls),
        mayWeaken: recipe.mayWeaken,
        mayDropEarly: recipe.mayDropEarly,
        unsettledUntil,
      };
    }),
    ...recipe.presenters.map(
      ({ goal, zoned }, index): Ask => ({
        key: `p${index}`,
        adapter: presenter,
        target: { hostnames: [`p${index}`], ...(zoned ? { zone: "z" } : {}) },
        want: shows(goal.shows),
        unsettledUntil,
      }),
    ),
    ...(isZoned
      ? [
          {
            key: "z",
            adapter: zone,
            target: { zone: "z" },
            want: recipe.zone.goal === undefined ? undefined : shows(recipe.zone.goal),
            unsettledUntil,
          },
        ]
      : []),
  ];
  const ends = recipe.presenters.flatMap((one, index) =>
    [...new Set(one.to.map((to) => to % recipe.verifiers.length))].map((to) => ({ ...one, index, to })),
  );
  const people: Link = {
    key: "people -> v0",
    from: {
      population: "people",
      credentials: recipe.population.map((one) =>
        one === "nothing"
          ? { key: "nothing", name: "nothing", shown: "nothing" as const }
          : { key: one, name: one, issuedBy: digest[one] },
      ),
    },
    to: { endpoint: "v0" },
    mayRefuse: [],
    named: true,
  };
  return {
    clock,
    world,
    asks,
    adapters: [verifier, presenter, zone],
    links: [...ends.map(({ index, to }) => link(`p${index}`, `v${to}`)), ...(populated ? [people] : [])],
    traffic: [
      ...ends.map(
        ({ index, to, zoned }): Traffic => ({
          name: `p${index} -> v${to}`,
          association: `p${index}`,
          ...(zoned ? { zone: "z" } : {}),
          listener: `v${to}`,
        }),
      ),
      ...recipe.population.map((one): Traffic => {
        const shown: Shown = one === "nothing" ? "nothing" : leaf(`${one}1` as CertificateName);
        return { name: `people -> v0 showing ${one}`, shows: shown, listener: "v0" };
      }),
    ],
  };
}
