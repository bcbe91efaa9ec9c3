import type { Adapter } from "../adapter/define-adapter.ts";
import { adapterOf, checkReferences, type Declared } from "./declared.ts";
import { checksCertificates } from "./input-schema.ts";
import type { JsonValue } from "./spec.ts";
import { quoteName, suggestName } from "./suggest-name.ts";
import { entriesOf, fieldOf, itemsOf, type Path, type Report, textsAt } from "./written.ts";

function checkAdapter(
  entry: JsonValue,
  path: Path,
  role: "verifier" | "presenter",
  adapters: readonly Adapter[],
  report: Report,
): Adapter | undefined {
  const found = adapterOf(entry, role, adapters);
  const name = fieldOf(entry, "adapter");
  if (found !== undefined || typeof name !== "string") return found;
  const other = adapters.find(({ facts }) => facts.name === name);
  const names = adapters.flatMap(({ facts }) => (facts.role === role ? [facts.name] : []));
  const reason =
    other === undefined
      ? `no ${role} adapter is named ${quoteName(name)}`
      : `${quoteName(name)} is a ${other.facts.role} adapter, not a ${role}'s`;
  report([...path, "adapter"], `${reason}${suggestName(name, names, "at hand")}`);
  return undefined;
}

/** Holds verifiers against adapters, trusts and readers of logs. */
export function checkVerifiers(
  input: JsonValue | undefined,
  adapters: readonly Adapter[],
  declared: Declared,
  logs: readonly string[],
  report: Report,
): void {
  const trusts = fieldOf(input, "trust");
  for (const [name, entry] of entriesOf(fieldOf(input, "verifiers"))) {
    const path = ["verifiers", name];
    const adapter = checkAdapter(entry, path, "verifier", adapters, report);
    const trust = fieldOf(entry, "trust");
    const mode = fieldOf(entry, "mode");
    if (trust === undefined && checksCertificates(mode)) {
      report([...path, "trust"], `is missing: mode ${quoteName(String(mode))} checks certificates`);
    }
    checkReferences(trust, [...path, "trust"], "trust", declared.trust, report);
    const log = fieldOf(fieldOf(entry, "evidence"), "logs");
    checkReferences(log, [...path, "evidence", "logs"], "reader of logs", logs, report);
    if (adapter?.facts.role !== "verifier" || adapter.facts.revocation !== "none") continue;
    if (fieldOf(entry, "withoutCrls") !== undefined) continue;
    const withCrls = textsAt(trust, path).find(([of]) => hasCrls(fieldOf(trusts, of)));
    if (withCrls !== undefined) {
      report(
        [...path, "withoutCrls"],
        `${adapter.facts.name} takes no CRL, and trust ${quoteName(withCrls[0])} has some: whom they revoke gets in here; write withoutCrls: "agreed", or enforce them elsewhere`,
      );
    }
  }
}

function hasCrls(trust: JsonValue | undefined): boolean {
  const crls = fieldOf(trust, "crls");
  return crls !== undefined && !(Array.isArray(crls) && itemsOf(crls).length === 0);
}

/** Holds presenters against adapters and identities. */
export function checkPresenters(
  input: JsonValue | undefined,
  adapters: readonly Adapter[],
  declared: Declared,
  report: Report,
): void {
  for (const [name, entry] of entriesOf(fieldOf(input, "presenters"))) {
    const path = ["presenters", name];
    if (declared.verifiers.includes(name)) {
      report(path, "is the name of a verifier too; plans and journals tell them apart by name");
    }
    const adapter = checkAdapter(entry, path, "presenter", adapters, report);
    const shows = fieldOf(entry, "shows");
    if (shows === "nothing") continue;
    if (shows === "inherited") {
      if (adapter?.facts.role === "presenter" && !adapter.facts.inherits) {
        report(
          [...path, "shows"],
          `${adapter.facts.name} has nothing to inherit from; name an identity or "nothing"`,
        );
      }
      continue;
    }
    checkReferences(shows, [...path, "shows"], "identity", declared.identities, report);
  }
}

/** Holds populations against trusts and identities. */
export function checkPopulations(input: JsonValue | undefined, declared: Declared, report: Report): void {
  for (const [name, population] of entriesOf(fieldOf(input, "populations"))) {
    const path = ["populations", name];
    if (declared.presenters.includes(name) || declared.verifiers.includes(name)) {
      const other = declared.presenters.includes(name) ? "presenter" : "verifier";
      report(path, `is the name of a ${other} too; a link could mean either`);
    }
    const mayShow = fieldOf(population, "mayShow");
    const at = [...path, "mayShow"];
    const issuedBy = fieldOf(mayShow, "issuedBy");
    const identities = fieldOf(mayShow, "identities");
    checkReferences(issuedBy, [...at, "issuedBy"], "trust", declared.trust, report);
    checkReferences(identities, [...at, "identities"], "identity", declared.identities, report);
    const shown = itemsOf(issuedBy).length + itemsOf(identities).length;
    if (fieldOf(mayShow, "nothing") === false && shown === 0) {
      report(at, "can show neither a certificate nor nothing; name what it may show");
    }
  }
}
