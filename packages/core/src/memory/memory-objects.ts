/** What the memory adapters share: their world is objects with a value, and every write sets one of them. */
import { z } from "zod";
import type {
  AdapterDefinition,
  Digest,
  Finding,
  Outcome,
  Performed,
  ReadContext,
  Seen,
  Step,
  WriteContext,
} from "../adapter/contract.ts";
import { canonicalText } from "../certificate/digest.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
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
/**
 * Every write sets one object to a value, from a value; null is absence. `given` is what it points to and no step before
 * it makes: nothing is written when that has another value by then.
 */
export const actionSchema = z.strictObject({
  set: z.string(),
  from: valueSchema.nullable(),
  to: valueSchema.nullable(),
  given: z.record(z.string(), valueSchema).optional(),
});
/** The state of a target is the value of each object that it stands on, and of those it may switch to. */
export const stateSchema = z.record(z.string(), valueSchema);
export type Action = z.infer<typeof actionSchema>;
export type State = z.infer<typeof stateSchema>;

/** Endpoints across links that nobody named, by the object that they hang on. */
export type Also = Seen<unknown>["also"];

/** What the three have in common: an action sets one object, so its effect and its check are the same everywhere. */
export function objectParts(
  world: MemoryWorld,
): Pick<AdapterDefinition<unknown, State, Action>, "after" | "check" | "perform" | "makes"> {
  return {
    makes: (_target, { object, action }) => (isCreation(action) ? [object] : []),
    after: (_target, state, { action }) => {
      const { [action.set]: _, ...rest } = state;
      return action.to === null ? rest : { ...rest, [action.set]: action.to };
    },
    check: (_target, { action }, seen) => {
      const now = seen.now[action.set] ?? null;
      const isUnderWay = seen.may.some((view) => !sameValue(view[action.set], action.to));
      if (sameValue(now, action.to)) return isUnderWay ? "pending" : "done";
      return sameValue(now, action.from)
        ? "todo"
        : { moved: `${action.set} is neither as before nor as planned` };
    },
    perform: async (steps, context) => {
      world.calls.performs += 1;
      const answers: Performed[] = [];
      for (const { step } of steps) answers.push(await performOne(world, step, context).catch(refusalOnly));
      return answers;
    },
  };
}

/** What was refused is refused alone; a call whose answer is lost tells nothing of any step in it. */
function refusalOnly(error: unknown): HandfastError {
  if (isHandfastError(error) && error.details.outcomeUnknown !== true) return error;
  throw error;
}

function isCreation({ from, to }: Action): boolean {
  return from === null && to !== null;
}

/** The part of a state that is these objects. */
export function pick(state: State, objects: readonly string[]): State {
  return Object.fromEntries(Object.entries(state).filter(([name]) => objects.includes(name)));
}

async function performOne(world: MemoryWorld, step: Step<Action>, context: WriteContext): Promise<Outcome> {
  const { action, object } = step;
  const creates = isCreation(action);
  if (sameValue(world.get(action.set) ?? null, action.to)) {
    // a call that is made again because its answer was lost finds its own work
    if (action.to === null) return { removed: [object], adopted: true };
    const isOwn = creates && world.makers.get(object) === context.idempotencyKey;
    return isOwn ? { made: [object], adopted: true } : { adopted: true };
  }
  const moved = Object.entries(action.given ?? {}).find(
    ([name, value]) => !sameValue(world.get(name), value),
  );
  if (moved !== undefined) throw notAsPlanned(object, moved[0]);
  for (const digest of digestsIn(action.to)) world.bytes.set(digest, await context.bytes(digest));
  if (creates) world.makers.set(object, context.idempotencyKey);
  world.set(action.set, action.to ?? undefined);
  if (action.to === null) return { removed: [object] };
  return creates ? { made: [object] } : {};
}

/** Certificates and CRLs that a value names. */
function digestsIn(value: Action["to"]): readonly Digest[] {
  if (value?.kind === "store") return [...value.anchors, ...value.crls];
  if (value?.kind === "zone")
    return value.certificates.flatMap(({ certificate, chain }) => [certificate, ...chain]);
  if (value?.kind !== "association" || typeof value.shows === "string") return [];
  return [value.shows.certificate, ...value.shows.chain];
}

/** What is seen of one target. */
export interface Looking {
  /** Objects that decide the target's face. */
  readonly own: readonly string[];
  /** Objects that it may switch to. */
  readonly others: readonly string[];
  readonly also?: Also | undefined;
  readonly isSilent: boolean;
}

/** Looks at one target, and hands over what the world has of the certificates that it names. */
export async function look(
  world: MemoryWorld,
  { own, others, also, isSilent }: Looking,
  context: ReadContext,
): Promise<Seen<State>> {
  context.signal.throwIfAborted();
  world.calls.reads += 1;
  const objects = [...new Set([...own, ...others])];
  const stateAt = (value: (object: string) => MemoryValue | undefined): State =>
    Object.fromEntries(
      objects.flatMap((object) => {
        const found = value(object);
        return found === undefined ? [] : [[object, found as State[string]]];
      }),
    );
  const now = stateAt((object) => world.get(object));
  for (const digest of Object.values(now).flatMap(digestsIn)) {
    const bytes = world.bytes.get(digest);
    if (bytes !== undefined) await context.keep(bytes);
  }
  const seen = { objects: own, now, owner: "unknown", also, findings: [] } as const;
  if (isSilent || own.every((object) => world.isSettled(object))) return { ...seen, may: [], settled: true };
  const views = Array.from({ length: world.nodes }, (_, node) =>
    stateAt((object) => (own.includes(object) ? world.at(object, node) : world.get(object))),
  );
  const may = [...new Map(views.map((view) => [canonicalText(view), view])).values()];
  return { ...seen, may: may.filter((view) => !sameValue(view, now)), settled: false };
}

/** How a change comes into effect. */
export interface Timing {
  readonly atMostMs?: number | undefined;
  readonly silent?: boolean | undefined;
}

/** The step that sets one object to what it is in another state. */
export function write(
  object: string,
  from: State,
  to: State,
  effect: Step<Action>["effect"],
  { atMostMs = 0, silent = false }: Timing = {},
): Step<Action> {
  const action = { set: object, from: from[object] ?? null, to: to[object] ?? null };
  const timing = { typicalMs: atMostMs / 2, atMostMs };
  return {
    key: `${action.to === null ? "delete" : "set"} ${object}`,
    object,
    action,
    effect,
    back: effect === "remove" ? { never: `${object} is gone` } : effect === "none" ? "until-retire" : "exact",
    settles: effect === "remove" ? { by: "call" } : { by: silent ? "time" : "status", ...timing },
    cost: { budget: "memory", calls: 1 },
    summary: `${action.to === null ? "delete" : action.from === null ? "create" : "change"} ${shorten(object)}`,
  };
}

/** A line for a person holds no whole digest. */
function shorten(object: string): string {
  return object.replace(/[0-9a-f]{64}/, (digest) => digest.slice(0, 12));
}

/** The value of an object, which must be there and of that kind. */
export function valueAt<K extends MemoryValue["kind"]>(
  state: State,
  object: string,
  kind: K,
): Extract<State[string], { kind: K }> {
  const value = state[object];
  if (value?.kind !== kind) throw notFound("memory", object);
  return value as Extract<State[string], { kind: K }>;
}

export function sameValue(a: unknown, b: unknown): boolean {
  return canonicalText(a ?? null) === canonicalText(b ?? null);
}

export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return sameValue(a.toSorted(), b.toSorted());
}

export function notFound(adapter: string, object: string): HandfastError {
  return new HandfastError("REMOTE_NOT_FOUND", `read ${object} failed: it does not exist; create it first`, {
    adapter,
    object,
  });
}

function notAsPlanned(object: string, given: string): HandfastError {
  return new HandfastError(
    "PRECONDITION_FAILED",
    `write ${object} failed: ${given} is not what it was when this was planned; plan again`,
    { object },
  );
}

/** An adapter was asked for what only the other role has. */
export const wrongRole: Finding = {
  code: "wrong-role",
  severity: "blocker",
  message: "this adapter can't have that",
};
