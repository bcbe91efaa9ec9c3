import type { z } from "zod";
import type { Adapter } from "../adapter/define-adapter.ts";
import type { SpecIssue } from "../errors.ts";
import { adapterOf } from "./declared.ts";
import { explainIssue, specIssues } from "./explain-issues.ts";
import { readPlain } from "./read-plain.ts";
import type { JsonObject, JsonValue } from "./spec.ts";
import { quoteName } from "./suggest-name.ts";
import { collectIssues, entriesOf, fieldOf, itemsOf, type Path, type Report } from "./written.ts";

/** One remote thing: a verifier, or a member of a presenter entry. */
export interface Member {
  /** The entry's name, or `entry/value`. */
  readonly key: string;
  readonly entry: string;
  /** The value of the list that fans out; it stands for `{hostname}`. */
  readonly value?: string | undefined;
  readonly target: JsonObject;
}

/** The members of all entries, by section. */
export interface Targets {
  readonly verifiers: readonly Member[];
  readonly presenters: readonly Member[];
}

/**
 * Parses each entry's own fields by its adapter's schema, fans out, and finds the same remote thing named twice. An
 * entry that can't be read is left out, with issues; the others are read all the same.
 */
export function readTargets(
  input: JsonValue | undefined,
  adapters: readonly Adapter[],
): Targets & { readonly issues: readonly SpecIssue[] } {
  const { issues, report } = collectIssues();
  const taken = new Map<string, string>();
  const read = (section: "verifiers" | "presenters"): readonly Member[] =>
    entriesOf(fieldOf(input, section)).flatMap(([entry, written]) => {
      const adapter = adapterOf(written, section === "verifiers" ? "verifier" : "presenter", adapters);
      if (adapter === undefined) return [];
      const target = readTarget(adapter, written, [section, entry], report);
      if (target === undefined) return [];
      return fanOut(adapter, entry, target, [section, entry], report).map(({ member, path }) => {
        const identity = JSON.stringify([adapter.facts.name, adapter.definition.identify(member.target)]);
        const other = taken.get(identity);
        if (other !== undefined)
          report(path, `is the same ${adapter.facts.name} as ${quoteName(other)}; leave one`);
        else taken.set(identity, member.key);
        return member;
      });
    });
  return { verifiers: read("verifiers"), presenters: read("presenters"), issues };
}

function readTarget(
  adapter: Adapter,
  written: JsonValue,
  path: Path,
  report: Report,
): JsonObject | undefined {
  const schema: z.ZodObject = adapter.definition.schema.target;
  const fields = entriesOf(written).filter(([field]) => Object.hasOwn(schema.shape, field));
  const parsed = schema.safeParse(Object.fromEntries(fields), { error: explainIssue });
  if (!parsed.success) {
    for (const issue of specIssues(parsed.error.issues, path)) report(issue.path, issue.message);
    return undefined;
  }
  // A schema may transform; what comes out goes into plans and journals.
  const plain = readPlain(parsed.data);
  for (const issue of plain.issues) report([...path, ...issue.path], issue.message);
  return plain.issues.length === 0 ? (plain.value as JsonObject) : undefined;
}

function fanOut(
  adapter: Adapter,
  entry: string,
  target: JsonObject,
  path: Path,
  report: Report,
): readonly { readonly member: Member; readonly path: Path }[] {
  const each = adapter.facts.role === "presenter" ? adapter.facts.each : undefined;
  if (each === undefined) return [{ member: { key: entry, entry, target }, path }];
  const seen = new Set<string>();
  const values = itemsOf(target[each]);
  if (values.length === 0) report([...path, each], "is empty; name at least one, or leave the presenter out");
  return values.flatMap((value, index) => {
    const at = [...path, each, index];
    if (typeof value !== "string" || value === "") {
      report(at, "expected a text");
      return [];
    }
    if (seen.has(value)) {
      report(at, `${quoteName(value)} stands here twice`);
      return [];
    }
    seen.add(value);
    const member = { key: `${entry}/${value}`, entry, value, target: { ...target, [each]: [value] } };
    return [{ member, path: at }];
  });
}
