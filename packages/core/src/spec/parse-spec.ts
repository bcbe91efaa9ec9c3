import type { Adapter } from "../adapter/define-adapter.ts";
import type { SpecIssue } from "../errors.ts";
import { checkNames, type NamesAtHand } from "./check-names.ts";
import { explainIssue, specIssues } from "./explain-issues.ts";
import { inputSchema } from "./input-schema.ts";
import { invalidSpec } from "./invalid-spec.ts";
import { makeSpec } from "./make-spec.ts";
import { freezeDeep, readPlain } from "./read-plain.ts";
import { readTargets } from "./read-targets.ts";
import type { Spec } from "./spec.ts";

/** Makes the parser for a set of adapters; the schema is built once. */
export function specParser(adapters: readonly Adapter[], names: NamesAtHand): (input: unknown) => Spec {
  const schema = inputSchema(adapters);
  return (input) => {
    const plain = readPlain(input);
    const parsed = schema.safeParse(plain.value, { error: explainIssue });
    const named = checkNames(plain.value, adapters, names);
    const targets = readTargets(plain.value, adapters);
    const shape = parsed.success ? [] : specIssues(parsed.error.issues);
    const issues = mergeIssues(plain.issues, named, [...shape, ...targets.issues]);
    if (!parsed.success || issues.length > 0) throw invalidSpec("parse spec", issues);
    return freezeDeep(makeSpec(parsed.data, targets));
  };
}

/** In the order in which they are read; anything else stands before. */
const sections = ["trust", "identities", "verifiers", "presenters", "populations", "links", "waves"];

/**
 * One list, without echoes: what could not be copied is not complained about again, a name's issue stands before the
 * schema's at the same place, and nothing stands twice.
 */
function mergeIssues(
  unreadable: readonly SpecIssue[],
  named: readonly SpecIssue[],
  shape: readonly SpecIssue[],
): readonly SpecIssue[] {
  const keyOf = ({ path }: SpecIssue): string => JSON.stringify(path);
  const dead = new Set(unreadable.map(keyOf));
  const alive = ({ path }: SpecIssue): boolean =>
    !Array.from({ length: path.length + 1 }, (_, end) => JSON.stringify(path.slice(0, end))).some((key) =>
      dead.has(key),
    );
  const known = new Set(named.map(keyOf));
  const all = [
    ...unreadable,
    ...named.filter(alive),
    ...shape.filter((issue) => alive(issue) && !known.has(keyOf(issue))),
  ];
  const once = new Map(all.map((issue) => [JSON.stringify([issue.path, issue.message]), issue]));
  const rank = ({ path: [section] }: SpecIssue): number => sections.indexOf(String(section));
  return [...once.values()].sort((left, right) => rank(left) - rank(right));
}
