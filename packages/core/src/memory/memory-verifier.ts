/**
 * The reference verifier: complete, in memory, and small. Switches make it behave like the odd ones among real
 * providers: no room for a second store, a store that can't be read, nodes that lag and say nothing.
 */
import { z } from "zod";
import type {
  AdapterDefinition,
  Digest,
  Finding,
  Known,
  Mode,
  Step,
  VerifierFace,
} from "../adapter/contract.ts";
import { defineAdapter, type VerifierAdapter } from "../adapter/define-adapter.ts";
import { digestOf } from "../certificate/digest.ts";
import {
  type Action,
  type Also,
  actionSchema,
  look,
  notFound,
  objectParts,
  pick,
  type State,
  sameSet,
  sameValue,
  stateSchema,
  valueAt,
  write,
  wrongRole,
} from "./memory-objects.ts";
import type { MemoryWorld } from "./memory-world.ts";

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
  /** Anchors that the provider takes in no one store, two of the same subject say: why not; undefined when it does. */
  readonly refuses?: ((anchors: readonly Digest[]) => string | undefined) | undefined;
  /** How long a change takes at most, in milliseconds. Default 0. */
  readonly atMostMs?: number | undefined;
  /** The provider can't tell whether all nodes have a change: only time does. */
  readonly silent?: boolean | undefined;
  /** Presenters that nobody named, by the listener's object. */
  readonly also?: ((object: string) => Also) | undefined;
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
  const modes = options.modes ?? ["off", "request", "optional", "required"];
  const listenerOf = (target: Target, state: State) =>
    valueAt(state, `listener/${target.listener}`, "listener");
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
  /** The listener, and the store that decides its face; in place, the one that it is to have. */
  const objectsOf = (target: Target, store: string | null): readonly string[] => {
    const own = `listener/${target.listener}`;
    if (options.inPlace === true) return [own, `store/${target.store ?? store ?? ""}`];
    return store === null ? [own] : [own, `store/${store}`];
  };
  const isUnread = (store: string | null): boolean => options.blind === true && !isOurs(store);
  const definition: AdapterDefinition<Target, State, Action> = {
    schema: { target: verifierTarget, state: stateSchema, action: actionSchema },
    identify: (target) => target.listener,
    read: (targets, context) =>
      Promise.all(
        targets.map(async ({ target }) => {
          const own = `listener/${target.listener}`;
          const listener = world.get(own);
          if (listener?.kind !== "listener") throw notFound("memory.verifier", own);
          return look(
            world,
            {
              own: objectsOf(target, listener.store),
              others: options.inPlace === true ? [] : world.names("store/"),
              also: options.also?.(own),
              isSilent: options.silent === true,
            },
            context,
          );
        }),
      ),
    face: (target, state): VerifierFace => {
      const { mode, store, ignoreExpiry } = listenerOf(target, state);
      const held = store === null ? undefined : state[`store/${store}`];
      const read = (list: readonly string[]): Known<readonly string[]> =>
        isUnread(store)
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
      if (!modes.includes(wanted.mode)) return { findings: [noMode(wanted.mode, modes)] };
      if (wanted.advertiseNames === true) return { findings: [noNames] };
      if (wanted.anchors.length > room) return { findings: [noRoom(wanted.anchors.length, room)] };
      const refused = options.refuses?.(wanted.anchors);
      if (refused !== undefined) return { findings: [{ ...noStore, message: refused }] };
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
      const there = base[`store/${store}`];
      const isRight =
        there?.kind === "store" && sameSet(there.anchors, wanted.anchors) && sameSet(there.crls, wanted.crls);
      const held =
        store === null || !holds || isRight
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
      const findings: Finding[] = [];
      const { store } = listenerOf(target, to);
      const name = `store/${store}`;
      if (store !== null && !sameValue(from[name], to[name])) {
        const inUse = from[name] !== undefined && options.inPlace === true;
        const step = write(name, from, to, inUse ? "switch" : "none", options);
        steps.push(inUse && isUnread(store) ? { ...step, back: bytesAreGone } : step);
        if (inUse) findings.push(changedInPlace(name));
      }
      if (!sameValue(from[own], to[own])) {
        const after = steps.filter(({ effect }) => effect === "none").map(({ key }) => key);
        const flip = write(own, from, to, "switch", options);
        const isFound =
          steps.length === 0 && from[name] !== undefined && listenerOf(target, from).store !== store;
        const action = isFound ? { ...flip.action, given: pick(from, [name]) } : flip.action;
        steps.push({ ...flip, action, after });
      }
      return { steps, findings };
    },
    ...objectParts(world),
    owned: (target, state) => pick(state, objectsOf(target, listenerOf(target, state).store)),
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
      modes,
      revocation: "crl",
      anchorRoom: room,
      maxIntermediates: 3,
      partialChain: false,
      crlRule: "whole",
    },
    definition,
  );
}

/** Stores that this adapter made carry the digest of their content. */
function isOurs(store: string | null): boolean {
  return store !== null && /^[0-9a-f]{12}$/.test(store);
}

const noRoom = (wanted: number, room: number): Finding => ({
  code: "no-room",
  severity: "blocker",
  message: `${wanted} anchors, and room for ${room}`,
});
const noStore = { code: "no-such-store", severity: "blocker" } as const;
const bytesAreGone = { never: "the store can't be read, so what it held can't be put back" } as const;
const changedInPlace = (object: string): Finding => ({
  code: "changed-in-place",
  severity: "warning",
  message: `${object} is changed in place, for all that use it at once: there is no room for a second one`,
});
const noMode = (mode: Mode, modes: readonly Mode[]): Finding => ({
  code: "mode-unknown",
  severity: "blocker",
  message: `this verifier has no mode ${mode}, only ${modes.join(", ")}`,
});
const noNames: Finding = {
  code: "names-not-advertised",
  severity: "blocker",
  message: "this verifier names no CAs in its certificate request",
};
