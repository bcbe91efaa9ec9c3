import { z } from "zod";
import type { Adapter } from "../adapter/define-adapter.ts";
import { inputSchema } from "./input-schema.ts";
import { specParser } from "./parse-spec.ts";
import type { Spec } from "./spec.ts";
import type { PresenterName, SpecInput, VerifierName } from "./spec-input.ts";

/** No entry, where a section is left out. */
type None = Record<never, never>;

/**
 * The two doors of a spec: one that the compiler checks and one for data from elsewhere. Both make the same value and
 * refuse the same mistakes. `A` are the adapters, `S`, `C` and `L` the names of secrets, checks and readers of logs.
 */
export interface SpecDoor<
  A extends Adapter,
  S extends string,
  C extends string = never,
  L extends string = never,
> {
  /**
   * Parses a spec that is written in code: fields, modes and names are checked as it is typed. Write the literal in
   * the call; for a spec that comes from a variable or a file, use {@link SpecDoor.parseSpec}.
   *
   * @throws HandfastError `SPEC_INVALID` with all issues
   */
  spec<
    T extends string = never,
    I extends string = never,
    V extends Record<string, VerifierName<A>> = None,
    P extends Record<string, PresenterName<A>> = None,
    G extends string = never,
  >(input: SpecInput<T, I, V, P, G, A, S, C, L>): Spec;
  /**
   * Parses a spec that comes as data: JSON, YAML. Takes anything, and tells all mistakes at once.
   *
   * @throws HandfastError `SPEC_INVALID` with all issues
   */
  parseSpec(input: unknown): Spec;
}

/** Names of the gates at hand. */
export interface GateNames<C extends string, L extends string> {
  readonly checks?: readonly C[] | undefined;
  /** Readers of connection logs. */
  readonly logs?: readonly L[] | undefined;
}

/**
 * Makes the doors for the adapters and the names of the secrets at hand. `createHandfast` has one inside; make one of
 * your own where a spec is only to be checked.
 *
 * @throws TypeError when two adapters have one name, or a target has a field that the spec uses itself
 *
 * @example
 * ```ts
 * import { type Adapter, type Spec, specDoor } from "@handfast/core";
 *
 * export function checkSpec(adapters: readonly Adapter[], text: string): Spec {
 *   return specDoor(adapters, ["edge-key"]).parseSpec(JSON.parse(text));
 * }
 * ```
 */
export function specDoor<
  A extends Adapter,
  const S extends string = never,
  const C extends string = never,
  const L extends string = never,
>(
  adapters: readonly A[],
  secretNames: readonly S[],
  { checks = [], logs = [] }: GateNames<C, L> = {},
): SpecDoor<A, S, C, L> {
  const parseSpec = specParser(adapters, { secrets: secretNames, checks, logs });
  return { spec: parseSpec, parseSpec };
}

/**
 * The JSON Schema (draft 2020-12) of what `parseSpec` takes, for editors: it completes adapters, and the fields and
 * modes of the adapter chosen. A schema can't hold names against each other; `parseSpec` does.
 *
 * @throws TypeError when two adapters have one name, or a target has a field that the spec uses itself
 *
 * @example
 * ```ts
 * import { type Adapter, specJsonSchema } from "@handfast/core";
 *
 * export const schemaText = (adapters: readonly Adapter[]): string =>
 *   JSON.stringify(specJsonSchema(adapters), null, 2);
 * ```
 */
export function specJsonSchema(adapters: readonly Adapter[]): Record<string, unknown> {
  return z.toJSONSchema(inputSchema(adapters), {
    target: "draft-2020-12",
    io: "input",
    reused: "inline",
    unrepresentable: "any",
  });
}
