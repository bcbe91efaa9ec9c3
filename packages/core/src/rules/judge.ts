import { bundleChecks } from "./checks/bundle.ts";
import { crlChecks } from "./checks/crls.ts";
import { identityChecks } from "./checks/identity.ts";
import type { Fault, Materials, Matter, Parameters, Rule, RuleFinding, RulePack } from "./rule.ts";

/** When to judge. Without a time, what depends on one is left out. */
export interface JudgeOptions {
  /** Milliseconds since the epoch. */
  readonly at?: number | undefined;
  /** Instead of the days that a pack has for `expires-soon`. */
  readonly soonDays?: number | undefined;
}

/**
 * What a provider would refuse, or may come to, and why: every rule of a pack that does not hold, in the pack's order.
 * Pure; never throws on content.
 *
 * @example
 * ```ts
 * import { readCertificate } from "@handfast/core";
 * import { albBundle, judge } from "@handfast/core/rules";
 *
 * export function refusals(ders: readonly Uint8Array[]): string[] {
 *   const certificates = ders.map((der, index) => ({ facts: readCertificate(der), index: index + 1 }));
 *   return judge(albBundle, { certificates }, { at: Date.now() }).map(({ message }) => message);
 * }
 * ```
 */
export function judge<M extends Matter>(
  pack: RulePack<M>,
  material: Materials[M],
  options: JudgeOptions = {},
): readonly RuleFinding[] {
  const checks: Readonly<Record<string, unknown>> = checksOf[pack.about];
  const rules: readonly Rule[] = pack.rules;
  return rules.flatMap((rule) => {
    const limit =
      rule.check === "expires-soon" && options.soonDays !== undefined ? options.soonDays : rule.of;
    const faults = run(checks[rule.check], material, limit, options.at);
    return Array.from(faults, (fault) => tell(pack, rule, fault));
  });
}

/**
 * The limit that a pack has for a check.
 *
 * @throws TypeError when it has no such rule
 */
export function limitOf<M extends Matter, C extends keyof Parameters[M]>(
  pack: RulePack<M>,
  check: C,
): Parameters[M][C] {
  const rules: readonly Rule[] = pack.rules;
  const rule = rules.find((one) => one.check === check);
  if (rule === undefined) throw new TypeError(`limitOf: ${pack.name} has no rule ${String(check)}`);
  return rule.of as Parameters[M][C];
}

/** Rule and check are of one matter, which the type of a pack holds; here that is no longer known. */
function run(check: unknown, material: unknown, limit: unknown, at: number | undefined): Iterable<Fault> {
  type AnyCheck = (material: unknown, limit: unknown, at: number | undefined) => Iterable<Fault>;
  return typeof check === "function" ? (check as AnyCheck)(material, limit, at) : [];
}

const checksOf = { bundle: bundleChecks, crls: crlChecks, identity: identityChecks };

function tell(
  pack: Pick<RulePack, "name" | "provider">,
  rule: Rule,
  { certificate, line, what, mend }: Fault,
): RuleFinding {
  const about = certificate && {
    index: certificate.index,
    line: certificate.line,
    subject: certificate.facts.subject,
    sha256: certificate.facts.sha256,
  };
  return {
    code: rule.check,
    severity: rule.severity ?? "blocker",
    message: `${what}; ${pack.provider} ${rule.does}`,
    mend,
    pack: pack.name,
    does: rule.does,
    source: rule.source,
    ...(about === undefined ? {} : { certificate: about }),
    ...(line === undefined ? {} : { line }),
  };
}
