/**
 * The reference adapters: complete, in memory, and small. `docs/write-an-adapter.md` walks through them.
 *
 * Switches make them behave like the odd ones among real providers: no room for a second store, a store that can't be
 * read, an upload that is the switch.
 */
import { z } from "zod";
import type {
  AdapterDefinition,
  Finding,
  Known,
  Mode,
  Seen,
  Step,
  VerifierFace,
} from "../adapter/contract.ts";
import { defineAdapter, type PresenterAdapter, type VerifierAdapter } from "../adapter/define-adapter.ts";
import { canonicalText, digestOf } from "../certificate/digest.ts";
import { HandfastError } from "../errors.ts";
import type { MemoryValue, MemoryWorld } from "./memory-world.ts";

const shown = z.strictObject({ certificate: z.string(), chain: z.array(z.string()) });
const modeSchema = z.enum(["off", "request", "optional", "required"]);
const valueSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("listener"),
    mode: modeSchema,
    store: z.string().nullable(),
    ignoreExpiry: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("store"), anchors: z.array(z.string()), crls: z.array(z.string()) }),
  z.strictObject({
    kind: z.literal("association"),
    shows: z.union([shown, z.enum(["nothing", "inherited"])]),
  }),
  z.strictObject({ kind: z.literal("zone"), certificates: z.array(shown) }),
  z.strictObject({ kind: z.literal("certificate") }),
]);
/** Every write sets one object to a value, from a value; null is absence. */
const actionSchema = z.strictObject({
  set: z.string(),
  from: valueSchema.nullable(),
  to: valueSchema.nullable(),
});
/** The state of a target is the value of each object that it stands on, and of those it may switch to. */
const stateSchema = z.record(z.string(), valueSchema);
type Action = z.infer<typeof actionSchema>;
type State = z.infer<typeof stateSchema>;

/** How a memory verifier differs from the plain one. */
export interface MemoryVerifierOptions {
  /** Default: all four. */
  readonly modes?: readonly Mode[] | undefined;
  /** How many anchors a store holds. Default 25. */
  readonly room?: number | undefined;
  /** There is no room for a second store: the one it has is changed in place, for all that use it. */
  readonly inPlace?: boolean | undefined;
  /** The store tells only how many anchors it has. */
  readonly blind?: boolean | undefined;
  /** How long a change takes at most, in milliseconds. Default 0. */
  readonly atMostMs?: number | undefined;
}

const verifierTarget = z.strictObject({
  listener: z.string(),
  store: z.string().optional(),
  ignoreExpiry: z.boolean().optional(),
});

/**
 * A verifier in memory: a listener that points to a store.
 *
 * @example
 * ```ts
 * import { MemoryWorld, memoryVerifier, systemClock } from "@handfast/core";
 *
 * const world = new MemoryWorld({ clock: systemClock });
 * world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
 * export const adapter = memoryVerifier(world, { modes: ["off", "request", "required"] });
 * ```
 */
export function memoryVerifier(
  world: MemoryWorld,
  options: MemoryVerifierOptions = {},
): VerifierAdapter<"memory.verifier", z.infer<typeof verifierTarget>, Mode, "crl"> {
  type Target = z.infer<typeof verifierTarget>;
  const room = options.room ?? 25;
  const listenerOf = (target: Target, state: State) =>
    valueOf(state, `listener/${target.listener}`, "listener");
  const storeName = (
    target: Target,
    state: State,
    anchors: readonly string[],
    crls: readonly string[],
  ): string => {
    if (options.inPlace === true)
      return target.store ?? listenerOf(target, state).store ?? `${target.listener}-store`;
    const same = Object.entries(state).find(
      ([, value]) => value.kind === "store" && sameSet(value.anchors, anchors) && sameSet(value.crls, crls),
    );
    return same?.[0].slice("store/".length) ?? digestOf([anchors.toSorted(), crls.toSorted()]).slice(0, 12);
  };
  const definition: AdapterDefinition<Target, State, Action> = {
    schema: { target: verifierTarget, state: stateSchema, action: actionSchema },
    identify: (target) => target.listener,
    read: async (targets) =>
      targets.map(({ target }) => {
        const own = `listener/${target.listener}`;
        const listener = world.get(own);
        if (listener?.kind !== "listener") throw notFound("memory.verifier", own);
        const stores =
          options.inPlace === true
            ? [`store/${target.store ?? listener.store ?? ""}`]
            : world.names("store/");
        const pointed = listener.store === null ? [] : [`store/${listener.store}`];
        return look(world, [own, ...(options.inPlace === true ? stores : pointed)], stores);
      }),
    face: (target, state): VerifierFace => {
      const { mode, store, ignoreExpiry } = listenerOf(target, state);
      const held = store === null ? undefined : state[`store/${store}`];
      const read = (list: readonly string[]): Known<readonly string[]> =>
        options.blind === true && !isOurs(store)
          ? { unknown: "this store tells only how many it has", count: list.length }
          : { known: list };
      const anchors = held?.kind === "store" ? held.anchors : [];
      const crls = held?.kind === "store" ? held.crls : [];
      return {
        role: "verifier",
        mode,
        anchors: read(anchors),
        crls: read(crls),
        ignoreExpiry,
        advertiseNames: false,
      };
    },
    realise: (target, wanted, base) => {
      if (wanted.role !== "verifier") return { findings: [wrongRole] };
      const checks = wanted.mode === "optional" || wanted.mode === "required";
      if (wanted.anchors.length > room) return { findings: [noRoom(wanted.anchors.length, room)] };
      const ignoreExpiry = wanted.ignoreExpiry ?? target.ignoreExpiry ?? false;
      const now = listenerOf(target, base);
      const holds = checks || (options.inPlace === true && wanted.anchors.length > 0);
      const store = holds
        ? storeName(target, base, wanted.anchors, wanted.crls)
        : options.inPlace === true
          ? now.store
          : null;
      const listener = {
        kind: "listener" as const,
        mode: wanted.mode,
        store,
        ignoreExpiry: checks && ignoreExpiry,
      };
      const held =
        store === null || !holds
          ? {}
          : {
              [`store/${store}`]: {
                kind: "store" as const,
                anchors: [...wanted.anchors],
                crls: [...wanted.crls],
              },
            };
      return { state: { ...base, ...held, [`listener/${target.listener}`]: listener } };
    },
    steps: (target, from, to) => {
      const own = `listener/${target.listener}`;
      const steps: Step<Action>[] = [];
      const { store } = listenerOf(target, to);
      const name = `store/${store}`;
      if (store !== null && !sameValue(from[name], to[name])) {
        const inUse = from[name] !== undefined && options.inPlace === true;
        steps.push(write(name, from, to, inUse ? "switch" : "none", options.atMostMs));
      }
      if (!sameValue(from[own], to[own])) {
        const after = steps.filter(({ effect }) => effect === "none").map(({ key }) => key);
        steps.push({ ...write(own, from, to, "switch", options.atMostMs), after });
      }
      return { steps, findings: [] };
    },
    ...sharedParts(world),
    removals: (target, seen, { keep, made }) => {
      const used = new Set([seen.now, ...keep].map((state) => `store/${listenerOf(target, state).store}`));
      const everyone = new Set(
        world.names("listener/").map((name) => `store/${(world.get(name) as { store: string }).store}`),
      );
      const spare = made.filter(
        (name) =>
          name.startsWith("store/") && seen.now[name] !== undefined && !used.has(name) && !everyone.has(name),
      );
      return { steps: spare.map((name) => write(name, seen.now, {}, "remove")), findings: [] };
    },
  };
  return defineAdapter(
    {
      name: "memory.verifier",
      version: "1",
      role: "verifier",
      modes: options.modes ?? ["off", "request", "optional", "required"],
      revocation: "crl",
      anchorRoom: room,
      maxIntermediates: 3,
      partialChain: false,
      crlRule: "whole",
    },
    definition,
  );
}

const presenterTarget = z.strictObject({
  hostnames: z.array(z.string()).min(1),
  zone: z.string().optional(),
});

/** Presenters in memory: hostnames with an association each, which may fall through to a zone. */
export function memoryPresenter(
  world: MemoryWorld,
  options: {
    readonly atMostMs?: number | undefined;
    readonly also?: ((object: string) => Seen<unknown>["also"]) | undefined;
  } = {},
): PresenterAdapter<"memory.presenter", z.infer<typeof presenterTarget>, true> {
  type Target = z.infer<typeof presenterTarget>;
  const ownOf = (target: Target): string => `association/${target.hostnames[0]}`;
  const definition: AdapterDefinition<Target, State, Action> = {
    schema: { target: presenterTarget, state: stateSchema, action: actionSchema },
    identify: (target) => ownOf(target),
    read: async (targets) =>
      targets.map(({ target }) => {
        const zone = target.zone === undefined ? [] : [`zone/${target.zone}`];
        return look(
          world,
          [ownOf(target), ...zone],
          world.names("certificate/"),
          options.also?.(ownOf(target)),
        );
      }),
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
          : [write(needed, from, { [needed]: { kind: "certificate" } }, "none", options.atMostMs)];
      return {
        steps: [
          ...upload,
          { ...write(own, from, to, "switch", options.atMostMs), after: upload.map(({ key }) => key) },
        ],
        findings: [],
      };
    },
    ...sharedParts(world),
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

const zoneTarget = z.strictObject({ zone: z.string() });

/** A zone-level presenter in memory: the newest upload is what is shown, and going back is a delete. */
export function memoryZone(
  world: MemoryWorld,
  options: {
    readonly atMostMs?: number | undefined;
    readonly also?: ((object: string) => Seen<unknown>["also"]) | undefined;
  } = {},
): PresenterAdapter<"memory.zone", z.infer<typeof zoneTarget>, false> {
  type Target = z.infer<typeof zoneTarget>;
  const listOf = (target: Target, state: State) => valueOf(state, `zone/${target.zone}`, "zone").certificates;
  const definition: AdapterDefinition<Target, State, Action> = {
    schema: { target: zoneTarget, state: stateSchema, action: actionSchema },
    identify: (target) => target.zone,
    read: async (targets) =>
      targets.map(({ target }) =>
        look(world, [`zone/${target.zone}`], [], options.also?.(`zone/${target.zone}`)),
      ),
    face: (target, state) => ({ role: "presenter", shows: listOf(target, state)[0] ?? "nothing" }),
    realise: (target, wanted, base) => {
      if (wanted.role !== "presenter" || wanted.shows === "inherited") return { findings: [wrongRole] };
      const now = listOf(target, base);
      const { shows } = wanted;
      const at =
        shows === "nothing"
          ? now.length
          : now.findIndex(({ certificate }) => certificate === shows.certificate);
      const certificates =
        at >= 0
          ? now.slice(at)
          : [
              {
                certificate: (shows as { certificate: string }).certificate,
                chain: [...(shows as { chain: readonly string[] }).chain],
              },
              ...now,
            ];
      return {
        state: { ...base, [`zone/${target.zone}`]: { kind: "zone", certificates: [...certificates] } },
      };
    },
    steps: (target, from, to) => {
      const name = `zone/${target.zone}`;
      const [before, after] = [listOf(target, from), listOf(target, to)];
      if (sameValue(from[name], to[name])) return { steps: [], findings: [] };
      const uploads =
        after.length === before.length + 1 && canonicalText(after.slice(1)) === canonicalText(before);
      const deletes = canonicalText(before.slice(before.length - after.length)) === canonicalText(after);
      if (!uploads && !deletes) return { steps: [], findings: [refused1406(name)] };
      const back = uploads
        ? ("exact" as const)
        : { never: "a provider gives no private key back: what is deleted must be uploaded anew" };
      return { steps: [{ ...write(name, from, to, "switch", options.atMostMs), back }], findings: [] };
    },
    ...sharedParts(world),
    removals: () => ({ steps: [], findings: [] }),
  };
  return defineAdapter({ name: "memory.zone", version: "1", role: "presenter", inherits: false }, definition);
}

/** What the three have in common: an action sets one object, so its effect and its check are the same everywhere. */
function sharedParts(
  world: MemoryWorld,
): Pick<AdapterDefinition<unknown, State, Action>, "after" | "check" | "perform"> {
  return {
    after: (_target, state, { action }) => {
      const { [action.set]: _, ...rest } = state;
      return action.to === null ? rest : { ...rest, [action.set]: action.to };
    },
    check: (_target, { action }, seen) => {
      const now = seen.now[action.set] ?? null;
      if (sameValue(now, action.to)) return world.isSettled(action.set) ? "done" : "pending";
      return sameValue(now, action.from)
        ? "todo"
        : { moved: `${action.set} is neither as before nor as planned` };
    },
    perform: async (steps) =>
      steps.map(({ step: { action, object } }) => {
        const there = sameValue(world.get(action.set) ?? null, action.to);
        if (!there) world.set(action.set, action.to ?? undefined);
        return there
          ? { adopted: true }
          : action.from === null && action.to !== null
            ? { made: [object] }
            : {};
      }),
  };
}

function look(
  world: MemoryWorld,
  own: readonly string[],
  others: readonly string[],
  also?: Seen<unknown>["also"],
): Seen<State> {
  world.calls.reads += 1;
  const objects = [...new Set([...own, ...others])];
  const stateAt = (value: (object: string) => MemoryValue | undefined): State =>
    Object.fromEntries(
      objects.flatMap((object) =>
        value(object) === undefined ? [] : [[object, value(object) as z.infer<typeof valueSchema>]],
      ),
    );
  const now = stateAt((object) => world.get(object));
  const views = Array.from({ length: world.nodes }, (_, node) =>
    stateAt((object) => (own.includes(object) ? world.at(object, node) : world.get(object))),
  );
  const may = [...new Map(views.map((view) => [canonicalText(view), view])).values()].filter(
    (view) => !sameValue(view, now),
  );
  return {
    objects: own,
    now,
    may,
    settled: own.every((object) => world.isSettled(object)),
    owner: "unknown",
    also,
    findings: [],
  };
}

function write(
  object: string,
  from: State,
  to: State,
  effect: Step<Action>["effect"],
  atMostMs = 0,
): Step<Action> {
  const action = { set: object, from: from[object] ?? null, to: to[object] ?? null };
  return {
    key: `${action.to === null ? "delete" : "set"} ${object}`,
    object,
    action,
    effect,
    back: effect === "remove" ? { never: `${object} is gone` } : effect === "none" ? "until-retire" : "exact",
    settles: effect === "remove" ? { by: "call" } : { by: "status", typicalMs: atMostMs / 2, atMostMs },
    cost: { budget: "memory", calls: 1 },
    summary: `${action.to === null ? "delete" : action.from === null ? "create" : "change"} ${object}`,
  };
}

function valueOf<K extends MemoryValue["kind"]>(
  state: State,
  object: string,
  kind: K,
): Extract<State[string], { kind: K }> {
  const value = state[object];
  if (value?.kind !== kind) throw notFound("memory", object);
  return value as Extract<State[string], { kind: K }>;
}

function isOurs(store: string | null): boolean {
  return store !== null && /^[0-9a-f]{12}$/.test(store);
}

function sameValue(a: unknown, b: unknown): boolean {
  return canonicalText(a ?? null) === canonicalText(b ?? null);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return sameValue(a.toSorted(), b.toSorted());
}

function notFound(adapter: string, object: string): HandfastError {
  return new HandfastError("REMOTE_NOT_FOUND", `read ${object} failed: it does not exist; create it first`, {
    adapter,
    object,
  });
}

const wrongRole: Finding = {
  code: "wrong-role",
  severity: "blocker",
  message: "this adapter can't have that",
};
const noRoom = (wanted: number, room: number): Finding => ({
  code: "no-room",
  severity: "blocker",
  message: `${wanted} anchors, and room for ${room}`,
});
const refused1406 = (object: string): Finding => ({
  code: "already-there",
  severity: "blocker",
  message: `${object} refuses a certificate that it has already`,
});
