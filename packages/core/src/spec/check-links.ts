import type { Adapter } from "../adapter/define-adapter.ts";
import { adapterOf, checkReferences, type Declared } from "./declared.ts";
import type { JsonValue } from "./spec.ts";
import { quoteName, suggestName } from "./suggest-name.ts";
import { fieldOf, itemsOf, type Path, type Report, textsAt } from "./written.ts";

/** What stands for the member in a probe's url. */
export const hostnamePlaceholder = "{hostname}";

/** Holds the links against what is declared: names, pairs, consents, probes. */
export function checkLinks(
  input: JsonValue | undefined,
  adapters: readonly Adapter[],
  declared: Declared,
  report: Report,
): void {
  const pairs = new Map<string, number>();
  const sources = [...declared.presenters, ...declared.populations];
  itemsOf(fieldOf(input, "links")).forEach((link, index) => {
    const path = ["links", index];
    const from = fieldOf(link, "from");
    const to = fieldOf(link, "to");
    if (typeof from === "string") {
      checkReferences(from, [...path, "from"], "presenter or population", sources, report);
    }
    if (typeof to === "string") checkReferences(to, [...path, "to"], "verifier", declared.verifiers, report);
    if (typeof from === "string" && typeof to === "string") {
      const pair = JSON.stringify([from, to]);
      const first = pairs.get(pair);
      if (first !== undefined) report(path, `goes from and to the same as links[${first}]; leave one`);
      else pairs.set(pair, index);
    }
    checkConsents(fieldOf(link, "mayRefuse"), [...path, "mayRefuse"], declared, report);
    const probe = fieldOf(link, "probe");
    if (probe === undefined || probe === "unreachable") return;
    checkProbe(probe, from, membersOf(input, from, adapters), [...path, "probe"], declared, report);
  });
}

function checkProbe(
  probe: JsonValue,
  from: JsonValue | undefined,
  members: readonly string[] | undefined,
  path: Path,
  declared: Declared,
  report: Report,
): void {
  const url = fieldOf(probe, "url");
  const direct = fieldOf(probe, "direct");
  const population = populationOf(from, declared);
  if (url === undefined && (direct === undefined || direct === "unreachable"))
    report([...path, "url"], 'is missing; where nothing can be proved from here, write probe: "unreachable"');
  if (url !== undefined) checkShow(probe, population, path, declared, report);
  const fault = typeof url === "string" ? faultOf(url, members) : undefined;
  if (fault !== undefined) report([...path, "url"], fault);
  if (direct === undefined || direct === "unreachable") return;
  if (population !== undefined) {
    report([...path, "direct"], "is for presenters: clients reach the verifier themselves, so write url");
    return;
  }
  checkReferences(
    fieldOf(direct, "show"),
    [...path, "direct", "show"],
    "identity",
    declared.identities,
    report,
  );
  const at = fieldOf(direct, "url");
  const wrong = typeof at === "string" ? faultOf(at, members) : undefined;
  if (wrong !== undefined) report([...path, "direct", "url"], wrong);
  const servername = fieldOf(direct, "servername");
  if (typeof servername === "string" && faultOf(`https://${servername}/`, members) !== undefined)
    report([...path, "direct", "servername"], `${quoteName(servername)} is no host name`);
}

/** The name of the population, if that is what the link comes from. */
function populationOf(from: JsonValue | undefined, declared: Declared): string | undefined {
  if (typeof from !== "string" || declared.presenters.includes(from)) return undefined;
  return declared.populations.includes(from) ? from : undefined;
}

function checkConsents(value: JsonValue | undefined, at: Path, declared: Declared, report: Report): void {
  const seen = new Set<string>();
  for (const [name, path] of textsAt(value, at)) {
    const trust = declared.trust.includes(name);
    const identity = declared.identities.includes(name);
    if (trust && identity) {
      report(
        path,
        `${quoteName(name)} names a trust and an identity; rename one, so that the consent is exact`,
      );
    } else if (!trust && !identity && name !== "nothing") {
      const known = ["nothing", ...declared.trust, ...declared.identities];
      report(path, `no trust or identity is named ${quoteName(name)}${suggestName(name, known)}`);
    } else if (seen.has(name)) report(path, `${quoteName(name)} stands here twice`);
    seen.add(name);
  }
}

function checkShow(
  probe: JsonValue,
  population: string | undefined,
  path: Path,
  declared: Declared,
  report: Report,
): void {
  const show = fieldOf(probe, "show");
  checkReferences(show, [...path, "show"], "identity", declared.identities, report);
  if (population !== undefined && show === undefined) {
    report(
      [...path, "show"],
      `is missing: nobody here holds the keys of ${quoteName(population)}, so the probe shows its own`,
    );
  }
}

/** Values that stand for `{hostname}`; undefined where the source has no members of its own. */
function membersOf(
  input: JsonValue | undefined,
  from: JsonValue | undefined,
  adapters: readonly Adapter[],
): readonly string[] | undefined {
  if (typeof from !== "string") return [];
  const entry = fieldOf(fieldOf(input, "presenters"), from);
  if (entry === undefined) return fieldOf(fieldOf(input, "populations"), from) === undefined ? [] : undefined;
  const adapter = adapterOf(entry, "presenter", adapters);
  if (adapter?.facts.role !== "presenter") return [];
  if (adapter.facts.each === undefined) return undefined;
  return textsAt(fieldOf(entry, adapter.facts.each), []).map(([value]) => value);
}

/** What is wrong with a probe's url. */
function faultOf(url: string, members: readonly string[] | undefined): string | undefined {
  const rest = url.replaceAll(hostnamePlaceholder, "");
  if (/[{}]/.test(rest)) return `only ${hostnamePlaceholder} can stand for something in a url`;
  const named = rest !== url;
  if (named && members === undefined) {
    return `${hostnamePlaceholder} stands for a member, and this link's \`from\` has none; write the host`;
  }
  const odd = named ? members?.find((value) => !/^[\p{L}\p{N}._-]+$/u.test(value)) : undefined;
  if (odd !== undefined) {
    return `${quoteName(odd)} can't stand in a url; give it a presenter and a probe of its own`;
  }
  const example = url.replaceAll(hostnamePlaceholder, members?.[0] ?? "member.example");
  if (/^http:/i.test(example)) return "is http:, where no certificate is asked for or shown; write https:";
  if (!/^https:/i.test(example) || !URL.canParse(example)) return "is no https: url";
  const parsed = new URL(example);
  if (parsed.username !== "" || parsed.password !== "") {
    return "holds a user name or password; plans and journals would keep it";
  }
  return undefined;
}
