import { explainIssue, specIssues } from "./explain-issues.ts";
import { invalidSpec } from "./invalid-spec.ts";
import { freezeDeep, readPlain } from "./read-plain.ts";
import { type Spec, specSchema } from "./spec.ts";
import { quoteName } from "./suggest-name.ts";
import { collectIssues, type Path } from "./written.ts";

/**
 * Reads a stored {@link Spec} back: what `JSON.parse` made of it, plain and frozen again. It checks the shape, the
 * format number, and that each name refers to something; it knows no adapter, so their fields pass as they are.
 *
 * For a spec as a person writes it, use `handfast.parseSpec`.
 *
 * @throws HandfastError `SPEC_INVALID` with all issues
 *
 * @example
 * ```ts
 * import { readSpec, type Spec } from "@handfast/core";
 *
 * export function reviveSpec(text: string): Spec {
 *   return readSpec(JSON.parse(text));
 * }
 * ```
 */
export function readSpec(stored: unknown): Spec {
  const plain = readPlain(stored);
  const parsed = specSchema.safeParse(plain.value, { error: explainIssue });
  const shape = parsed.success ? [] : specIssues(parsed.error.issues);
  const issues = plain.issues.length > 0 ? plain.issues : parsed.success ? checkStored(parsed.data) : shape;
  if (!parsed.success || issues.length > 0) throw invalidSpec("read stored spec", issues);
  return freezeDeep(parsed.data);
}

function checkStored(spec: Spec): ReturnType<typeof collectIssues>["issues"] {
  const { issues, report } = collectIssues();
  const refer = (section: Readonly<Record<string, unknown>>, names: readonly string[], path: Path): void => {
    names.forEach((name, index) => {
      if (!Object.hasOwn(section, name))
        report([...path, index], `refers to ${quoteName(name)}, which is not there`);
    });
  };
  const sources = { ...spec.presenters, ...spec.populations };
  const shown = { ...spec.identities, nothing: true, inherited: true };
  for (const [name, { trust }] of Object.entries(spec.verifiers))
    refer(spec.trust, trust, ["verifiers", name, "trust"]);
  for (const [name, { shows }] of Object.entries(spec.presenters))
    refer(shown, [shows], ["presenters", name, "shows"]);
  for (const [name, { mayShow }] of Object.entries(spec.populations)) {
    refer(spec.trust, mayShow.issuedBy, ["populations", name, "mayShow", "issuedBy"]);
    refer(spec.identities, mayShow.identities, ["populations", name, "mayShow", "identities"]);
  }
  const keys = new Set<string>();
  spec.links.forEach(({ key, from, to, mayRefuse, probe }, index) => {
    refer(sources, [from], ["links", index, "from"]);
    refer(spec.verifiers, [to], ["links", index, "to"]);
    refer({ ...spec.trust, ...spec.identities, nothing: true }, mayRefuse, ["links", index, "mayRefuse"]);
    if (probe !== undefined && probe !== "unreachable") {
      const { show, direct } = probe;
      const shown = direct === undefined || direct === "unreachable" ? undefined : direct.show;
      const names = [show, shown].filter((name) => name !== undefined);
      refer(spec.identities, names, ["links", index, "probe"]);
    }
    if (key !== `${from} -> ${to}` || keys.has(key)) report(["links", index, "key"], "is not its own");
    keys.add(key);
  });
  const placed = new Map<string, number>();
  spec.waves.forEach(({ from }, index) => {
    refer(sources, from, ["waves", index, "from"]);
    for (const source of from) {
      if (placed.has(source)) report(["waves", index, "from"], `${quoteName(source)} stands in two waves`);
      placed.set(source, index);
    }
  });
  for (const source of Object.keys(sources)) {
    if (!placed.has(source)) report(["waves"], `no wave has ${quoteName(source)}`);
  }
  return issues;
}
