import { canonicalText } from "../certificate/digest.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import type { AdapterFacts, PresenterFacts, Revocation, VerifierFacts } from "./adapter-facts.ts";
import type { AdapterDefinition, Mode } from "./contract.ts";
import { joinFindings, judgeWanted } from "./judge-wanted.ts";

/**
 * An adapter as core holds it: state and action are opaque JSON here, and are parsed by the adapter's own schemas
 * whenever they come from outside (a plan read back, a journal).
 */
export type ErasedDefinition = Required<AdapterDefinition<unknown, unknown, unknown>>;

/** Carries the type of the target's fields to the spec; nothing exists at run time. */
declare const targetType: unique symbol;

/** A verifier adapter: what {@link defineAdapter} returns for `role: "verifier"`. */
export interface VerifierAdapter<
  N extends string = string,
  T = unknown,
  M extends Mode = Mode,
  R extends Revocation = Revocation,
> {
  readonly facts: VerifierFacts<N, M, R>;
  readonly definition: ErasedDefinition;
  readonly [targetType]?: T;
}

/** A presenter adapter: what {@link defineAdapter} returns for `role: "presenter"`. */
export interface PresenterAdapter<N extends string = string, T = unknown, I extends boolean = boolean> {
  readonly facts: PresenterFacts<N, I>;
  readonly definition: ErasedDefinition;
  readonly [targetType]?: T;
}

/** An adapter of either role: what `createHandfast` takes. */
export type Adapter = VerifierAdapter | PresenterAdapter;

/**
 * Makes an adapter of facts and a definition. The types of target, state and action are erased behind it, and the
 * adapter's schemas guard the border: whatever comes in from a stored plan or journal is parsed first.
 *
 * @throws TypeError when the facts contradict themselves (a programmer's mistake)
 */
export function defineAdapter<
  const N extends string,
  const M extends Mode,
  const R extends Revocation,
  T,
  S,
  A,
>(facts: VerifierFacts<N, M, R>, definition: AdapterDefinition<T, S, A>): VerifierAdapter<N, T, M, R>;
export function defineAdapter<const N extends string, const I extends boolean, T, S, A>(
  facts: PresenterFacts<N, I>,
  definition: AdapterDefinition<T, S, A>,
): PresenterAdapter<N, T, I>;
export function defineAdapter<T, S, A>(facts: AdapterFacts, definition: AdapterDefinition<T, S, A>): Adapter {
  if (!/^[a-z][a-z0-9]*(\.[a-z][a-z0-9-]*)+$/.test(facts.name)) {
    throw new TypeError(`defineAdapter: "${facts.name}" is not a name of the form provider.service`);
  }
  if (facts.role === "verifier" && facts.modes.length === 0) {
    throw new TypeError(`defineAdapter: ${facts.name} declares no mode`);
  }
  return { facts, definition: guard(facts, definition) } as Adapter;
}

function guard<T, S, A>(facts: AdapterFacts, inner: AdapterDefinition<T, S, A>): ErasedDefinition {
  const parse = <X>(what: "target" | "state" | "action", value: unknown): X => {
    const result = inner.schema[what].safeParse(value);
    if (result.success) return result.data as X;
    const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(toKey), message }));
    const where = issues.map(({ path, message }) => `${path.join(".") || "(root)"}: ${message}`).join("; ");
    throw new HandfastError(
      "PLAN_INVALID",
      `read ${what} of ${facts.name} failed: ${where}; the plan was edited or made by another version`,
      { adapter: facts.name, issues },
    );
  };
  const target = remember((value) => parse<T>("target", value));
  const state = remember((value) => parse<S>("state", value));
  const action = remember((value) => parse<A>("action", value));
  const stepOf = <X extends { readonly action: unknown }>(
    step: X,
  ): Omit<X, "action"> & { readonly action: A } => ({
    ...step,
    action: action(step.action),
  });
  const targetOf = (value: {
    readonly key: string;
    readonly target: unknown;
  }): { key: string; target: T } => ({
    key: value.key,
    target: target(value.target),
  });
  const seenOf = <X extends { readonly now: unknown; readonly may: readonly unknown[] }>(seen: X) => ({
    ...seen,
    now: state(seen.now),
    may: seen.may.map(state),
  });
  /** What an adapter made itself need not be parsed; nor is a state another one that a step left alone. */
  const stateAfter = (before: unknown, next: S): unknown => {
    if (next === state(before)) return before;
    state.trust(next);
    return next;
  };
  return {
    schema: inner.schema as ErasedDefinition["schema"],
    identify: (t) => inner.identify(target(t)),
    read: (targets, context) => inner.read(targets.map(targetOf), context),
    face: (t, s) => inner.face(target(t), state(s)),
    realise: (t, wanted, base, known) => {
      const realised = inner.realise(target(t), wanted, state(base), known);
      const judged = judgeWanted(facts, wanted, known);
      const findings = joinFindings(judged, realised.findings ?? []);
      const blockers = findings.filter(({ severity }) => severity === "blocker");
      if (!("state" in realised)) return { findings: blockers.length > 0 ? blockers : findings };
      // what is there already was taken, whatever the rules say
      const isThere = blockers.length > 0 && canonicalText(realised.state) === canonicalText(base);
      if (blockers.length > 0 && !isThere) return { findings: blockers };
      const there = { ...realised, state: isThere ? base : stateAfter(base, realised.state) };
      return findings.length === 0 || isThere ? there : { ...there, findings };
    },
    steps: (t, from, to) => {
      const move = inner.steps(target(t), state(from), state(to));
      for (const step of move.steps) action.trust(step.action);
      return move;
    },
    after: (t, s, step) => stateAfter(s, inner.after(target(t), state(s), stepOf(step))),
    check: (t, step, seen) => inner.check(target(t), stepOf(step), seenOf(seen)),
    perform: async (steps, context) => {
      const answers = await inner.perform(
        steps.map((one) => ({ target: targetOf(one.target), step: stepOf(one.step) })),
        context,
      );
      // of one step alone, its error is the error of all
      if (steps.length === 1 && isHandfastError(answers[0])) throw answers[0];
      return answers;
    },
    removals: (t, seen, keeping) =>
      inner.removals(target(t), seenOf(seen), { ...keeping, keep: keeping.keep.map(state) }),
    judge: (ends) =>
      inner.judge?.(
        ends.map((end) => ({ target: target(end.target), from: state(end.from), to: state(end.to) })),
      ) ?? [],
    owned: (t, s) => (inner.owned === undefined ? state(s) : inner.owned(target(t), state(s))),
    makes: (t, step) => inner.makes?.(target(t), stepOf(step)) ?? [],
    permissions: (t, step) =>
      inner.permissions?.(target(t), step === undefined ? undefined : stepOf(step)) ?? [],
    readCalls: (targets, only) => inner.readCalls?.(targets.map(target), only) ?? 0,
    callsMade: () => inner.callsMade?.() ?? 0,
    checkPermissions: async (permissions, context) =>
      (await inner.checkPermissions?.(permissions, context)) ?? { refused: [], unknown: permissions },
  };
}

/** A parser that parses the same object once: planning asks about the same states many times. */
interface Remembering<X> {
  (value: unknown): X;
  /** Takes a value as it is from now on. */
  trust(value: X): void;
}

function remember<X>(parse: (value: unknown) => X): Remembering<X> {
  const seen = new WeakMap<object, X>();
  const trust = (value: X): void => {
    if (typeof value === "object" && value !== null) seen.set(value, value);
  };
  const read = (value: unknown): X => {
    if (typeof value !== "object" || value === null) return parse(value);
    const known = seen.get(value);
    if (known !== undefined) return known;
    const parsed = parse(value);
    seen.set(value, parsed);
    trust(parsed);
    return parsed;
  };
  return Object.assign(read, { trust });
}

function toKey(part: PropertyKey): string | number {
  return typeof part === "symbol" ? String(part) : part;
}
