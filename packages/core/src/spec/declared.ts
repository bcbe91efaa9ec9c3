import type { Adapter } from "../adapter/define-adapter.ts";
import type { JsonValue } from "./spec.ts";
import { quoteName, suggestName } from "./suggest-name.ts";
import { fieldOf, namesOf, type Path, type Report, textsAt } from "./written.ts";

/** What a spec declares, as far as it can be read. */
export interface Declared {
  readonly trust: readonly string[];
  readonly identities: readonly string[];
  readonly verifiers: readonly string[];
  readonly presenters: readonly string[];
  readonly populations: readonly string[];
}

/** Reads what a spec declares. */
export function readDeclared(input: JsonValue | undefined): Declared {
  return {
    trust: namesOf(fieldOf(input, "trust")),
    identities: namesOf(fieldOf(input, "identities")),
    verifiers: namesOf(fieldOf(input, "verifiers")),
    presenters: namesOf(fieldOf(input, "presenters")),
    populations: namesOf(fieldOf(input, "populations")),
  };
}

/** Reports each name that is not declared, and each that stands twice. */
export function checkReferences(
  value: JsonValue | undefined,
  at: Path,
  kind: string,
  declared: readonly string[],
  report: Report,
): void {
  const seen = new Set<string>();
  for (const [name, path] of textsAt(value, at)) {
    if (!declared.includes(name)) {
      report(path, `no ${kind} is named ${quoteName(name)}${suggestName(name, declared)}`);
    } else if (seen.has(name)) report(path, `${quoteName(name)} stands here twice`);
    seen.add(name);
  }
}

/** The adapter of an entry, if it names one of the role. */
export function adapterOf(
  entry: JsonValue | undefined,
  role: "verifier" | "presenter",
  adapters: readonly Adapter[],
): Adapter | undefined {
  const name = fieldOf(entry, "adapter");
  return adapters.find(({ facts }) => facts.name === name && facts.role === role);
}
