import {
  type Adapter,
  type ErasedDefinition,
  HandfastError,
  isHandfastError,
  type Step,
} from "@handfast/core";
import type { FaultyMemoryWorld } from "./faulty-memory-world.ts";

/** One promise broken: what is put in the place of the right parts, and the case that must notice. */
export interface Seed {
  readonly name: string;
  /** How the title of the case begins. */
  readonly caught: string;
  /** Default: the verifier. `fleet`: the presenter, with two associations in one call. */
  readonly kind?: "presenter" | "fleet" | undefined;
  change(right: ErasedDefinition, world: FaultyMemoryWorld, instance: number): Partial<ErasedDefinition>;
  /** Parts that the right adapter is given for the case, where the one in memory does without. */
  right?(): Partial<ErasedDefinition>;
}

/** An adapter with some of its parts replaced. */
export function replaceParts(adapter: Adapter, parts: Partial<ErasedDefinition>): Adapter {
  return { ...adapter, definition: { ...adapter.definition, ...parts } };
}

export interface Listener {
  readonly mode: string;
  readonly ignoreExpiry: boolean;
}
export type State = Readonly<Record<string, unknown>>;
export interface Action {
  readonly set: string;
  readonly to: unknown;
}

export const own = (target: unknown): string =>
  `listener/${(target as { readonly listener: string }).listener}`;
export const listenerIn = (target: unknown, state: unknown): Listener =>
  (state as State)[own(target)] as Listener;
export const withListener = (target: unknown, state: unknown, change: Partial<Listener>): State => ({
  ...(state as State),
  [own(target)]: { ...listenerIn(target, state), ...change },
});
export const actionOf = ({ action }: Step<unknown>): Action => action as Action;
export const mapSteps = (
  { steps }: ErasedDefinition,
  change: (steps: readonly Step<unknown>[]) => readonly Step<unknown>[],
): Pick<ErasedDefinition, "steps"> => ({
  steps: (target, from, to) => {
    const move = steps(target, from, to);
    return { ...move, steps: change(move.steps) };
  },
});
/** Turns what a part throws into something else. */
export const rethrow = async <R>(work: Promise<R>, change: (error: HandfastError) => unknown): Promise<R> => {
  try {
    return await work;
  } catch (error) {
    throw isHandfastError(error) ? change(error) : error;
  }
};
export const remake = ({ message, details }: HandfastError, code: "REMOTE_REJECTED" | "REMOTE_UNAVAILABLE") =>
  new HandfastError(code, message, details);

/** Deletes all of these that are there, whatever refers to them. */
export function removeAll(
  state: unknown,
  names: readonly string[],
): ReturnType<ErasedDefinition["removals"]> {
  const steps = names
    .filter((name) => (state as State)[name] !== undefined)
    .map(
      (name): Step<unknown> => ({
        key: `delete ${name}`,
        object: name,
        action: { set: name, from: (state as State)[name], to: null },
        effect: "remove",
        back: { never: "it is gone" },
        settles: { by: "call" },
        cost: { budget: "memory", calls: 1 },
        summary: `delete ${name}`,
      }),
    );
  return { steps, findings: [] };
}
