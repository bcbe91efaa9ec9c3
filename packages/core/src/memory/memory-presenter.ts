/** The reference presenter: hostnames with an association each, or fallen through to a zone. */
import { z } from "zod";
import type { AdapterDefinition } from "../adapter/contract.ts";
import { defineAdapter, type PresenterAdapter } from "../adapter/define-adapter.ts";
import {
  type Action,
  type Also,
  actionSchema,
  look,
  objectParts,
  pick,
  type State,
  sameValue,
  stateSchema,
  type Timing,
  write,
  wrongRole,
} from "./memory-objects.ts";
import type { MemoryWorld } from "./memory-world.ts";

/** How a memory presenter differs from the plain one. */
export interface MemoryPresenterOptions extends Timing {
  /** Verifiers that nobody named, by the object that decides what is shown. */
  readonly also?: ((object: string) => Also) | undefined;
  /** How many associations one call takes. Default: each is a call of its own. */
  readonly batch?: number | undefined;
}

const presenterTarget = z.strictObject({
  hostnames: z.array(z.string()).min(1),
  zone: z.string().optional(),
});

/** Presenters in memory: hostnames with an association each, which may fall through to a zone. */
export function memoryPresenter(
  world: MemoryWorld,
  options: MemoryPresenterOptions = {},
): PresenterAdapter<"memory.presenter", z.infer<typeof presenterTarget>, true> {
  type Target = z.infer<typeof presenterTarget>;
  const ownOf = (target: Target): string => `association/${target.hostnames[0]}`;
  const objectsOf = (target: Target): readonly string[] =>
    target.zone === undefined ? [ownOf(target)] : [ownOf(target), `zone/${target.zone}`];
  const definition: AdapterDefinition<Target, State, Action> = {
    schema: { target: presenterTarget, state: stateSchema, action: actionSchema },
    identify: (target) => ownOf(target),
    read: (targets, context) => {
      const certificates = world.names("certificate/");
      return Promise.all(
        targets.map(async ({ target }) => {
          return look(
            world,
            {
              own: objectsOf(target),
              others: certificates,
              also: options.also?.(ownOf(target)),
              isSilent: options.silent === true,
            },
            context,
          );
        }),
      );
    },
    face: (target, state) => {
      const own = state[ownOf(target)];
      const shows = own?.kind === "association" ? own.shows : "inherited";
      if (shows !== "inherited") return { role: "presenter", shows };
      const zone = state[`zone/${target.zone}`];
      return {
        role: "presenter",
        shows: (zone?.kind === "zone" ? zone.certificates[0] : undefined) ?? "nothing",
      };
    },
    realise: (target, wanted, base) => {
      if (wanted.role !== "presenter") return { findings: [wrongRole] };
      const shows =
        typeof wanted.shows === "string"
          ? wanted.shows
          : { certificate: wanted.shows.certificate, chain: [...wanted.shows.chain] };
      const certificate =
        typeof shows === "string"
          ? {}
          : { [`certificate/${shows.certificate}`]: { kind: "certificate" as const } };
      const { [ownOf(target)]: _, ...rest } = base;
      const own = shows === "inherited" ? {} : { [ownOf(target)]: { kind: "association" as const, shows } };
      return { state: { ...rest, ...certificate, ...own } };
    },
    steps: (target, from, to) => {
      const own = ownOf(target);
      if (sameValue(from[own], to[own])) return { steps: [], findings: [] };
      const value = to[own];
      const needed =
        value?.kind === "association" && typeof value.shows === "object"
          ? `certificate/${value.shows.certificate}`
          : undefined;
      const upload =
        needed === undefined || from[needed] !== undefined
          ? []
          : [write(needed, from, { [needed]: { kind: "certificate" } }, "none", options)];
      return {
        steps: [
          ...upload,
          {
            ...write(own, from, to, "switch", options),
            after: upload.map(({ key }) => key),
            ...(options.batch === undefined ? {} : { batch: { key: "associations", most: options.batch } }),
          },
        ],
        findings: [],
      };
    },
    ...objectParts(world),
    owned: (target, state) => pick(state, objectsOf(target)),
    removals: (_target, seen, { keep, made }) => {
      const used = new Set(
        [
          ...world.names("association/").map((name) => world.get(name)),
          ...keep.flatMap((state) => Object.values(state)),
        ].flatMap((value) =>
          value?.kind === "association" && typeof value.shows === "object"
            ? [`certificate/${value.shows.certificate}`]
            : [],
        ),
      );
      const spare = made.filter((name) => seen.now[name]?.kind === "certificate" && !used.has(name));
      return { steps: spare.map((name) => write(name, seen.now, {}, "remove")), findings: [] };
    },
  };
  return defineAdapter(
    { name: "memory.presenter", version: "1", role: "presenter", inherits: true, each: "hostnames" },
    definition,
  );
}
