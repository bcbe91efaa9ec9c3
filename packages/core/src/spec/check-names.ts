import type { Adapter } from "../adapter/define-adapter.ts";
import type { SpecIssue } from "../errors.ts";
import { checkPopulations, checkPresenters, checkVerifiers } from "./check-entries.ts";
import { checkLinks } from "./check-links.ts";
import { checkWaves } from "./check-waves.ts";
import { checkReferences, readDeclared } from "./declared.ts";
import type { JsonValue } from "./spec.ts";
import { collectIssues, entriesOf, fieldOf } from "./written.ts";

/** Names of what was given to `createHandfast`, which specs may use. */
export interface NamesAtHand {
  readonly secrets: readonly string[];
  /** Checks of the user's own, for waves. */
  readonly checks: readonly string[];
  /** Readers of connection logs, for verifiers. */
  readonly logs: readonly string[];
}

/**
 * Holds names against each other, and the rules that span entries. It reads the input as it stands and tolerates any,
 * so that a wrong field somewhere hides no wrong name.
 */
export function checkNames(
  input: JsonValue | undefined,
  adapters: readonly Adapter[],
  { secrets, checks, logs }: NamesAtHand,
): readonly SpecIssue[] {
  const { issues, report } = collectIssues();
  const declared = readDeclared(input);
  for (const [name, identity] of entriesOf(fieldOf(input, "identities"))) {
    const secret = fieldOf(fieldOf(identity, "key"), "secret");
    checkReferences(secret, ["identities", name, "key", "secret"], "secret", secrets, report);
  }
  checkVerifiers(input, adapters, declared, logs, report);
  checkPresenters(input, adapters, declared, report);
  checkPopulations(input, declared, report);
  checkLinks(input, adapters, declared, report);
  checkWaves(input, declared, checks, report);
  return issues;
}
