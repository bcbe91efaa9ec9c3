import { checkReferences, type Declared } from "./declared.ts";
import type { JsonValue } from "./spec.ts";
import { quoteName } from "./suggest-name.ts";
import { fieldOf, itemsOf, type Report, textsAt } from "./written.ts";

/** Holds the waves against the rest: each presenter and population stands in exactly one. */
export function checkWaves(
  input: JsonValue | undefined,
  declared: Declared,
  checks: readonly string[],
  report: Report,
): void {
  const written = fieldOf(input, "waves");
  const waves = itemsOf(written);
  if (waves.length === 0) return;
  const sources = [...declared.presenters, ...declared.populations];
  const names = new Map<string, number>();
  const home = new Map<string, number>();
  let rest = false;
  waves.forEach((wave, index) => {
    const name = fieldOf(wave, "name");
    if (typeof name === "string") {
      const first = names.get(name);
      if (first !== undefined) report(["waves", index, "name"], `waves[${first}] has this name already`);
      else names.set(name, index);
    }
    checkReferences(fieldOf(wave, "checks"), ["waves", index, "checks"], "check", checks, report);
    const from = fieldOf(wave, "from");
    if (from === undefined) {
      rest = true;
      if (index < waves.length - 1) {
        report(["waves", index, "from"], "is missing: only the last wave takes the rest");
      }
      return;
    }
    checkReferences(from, ["waves", index, "from"], "presenter or population", sources, report);
    for (const [source, path] of textsAt(from, ["waves", index, "from"])) {
      const other = home.get(source);
      if (other === undefined) home.set(source, index);
      else if (other !== index) report(path, `${quoteName(source)} stands in waves[${other}] already`);
    }
  });
  const left = rest ? [] : sources.filter((source) => !home.has(source));
  if (left.length > 0) {
    const who = left.slice(0, 12).map(quoteName).join(", ");
    const more = left.length > 12 ? ` and ${left.length - 12} more` : "";
    report(["waves"], `no wave has ${who}${more}; name them, or end with a wave without \`from\``);
  }
}
