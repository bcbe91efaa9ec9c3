import { isHandfastError, systemClock } from "@handfast/core";
import { judge, opensslCrls, type PlacedCrl, type RulePack } from "@handfast/core/rules";
import { type CertificateInput, readCertificates } from "../certificate/read-certificates.ts";
import { readCrl } from "../crl/read-crl.ts";
import { textOf } from "../pem/text-of.ts";
import { type CertificateFinding, type CheckOptions, unreadable } from "./finding.ts";

/** What revocation lists are checked beside. */
export interface CheckCrlsOptions extends CheckOptions {
  /** Whose rules: `rulePacks.albCrls` and the like. @default rulePacks.opensslCrls */
  readonly rules?: RulePack<"crls"> | undefined;
  /** The CAs whose lists they are: without them nobody asks whether one is missing, or who signed. */
  readonly anchors?: CertificateInput | undefined;
  /** The lists that are in use now: an entry that is lost is told. */
  readonly previous?: readonly (string | Uint8Array)[] | undefined;
}

/**
 * What a provider would refuse of revocation lists, or may come to, and why: count, sizes, entries, age, signature, a CA
 * without a list, a list that shrinks. Each input is one list, as it is handed over. Never throws on their content.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when the anchors or the lists before can't be read
 * @example
 * ```ts
 * import { checkCrls, rulePacks } from "@handfast/pki";
 *
 * export function complaints(lists: readonly string[], anchors: string): string[] {
 *   return checkCrls(lists, { anchors, rules: rulePacks.albCrls }).map(({ message }) => message);
 * }
 * ```
 */
export function checkCrls(
  inputs: readonly (string | Uint8Array)[],
  options: CheckCrlsOptions = {},
): readonly CertificateFinding[] {
  const { clock = systemClock, rules = opensslCrls } = options;
  const findings: CertificateFinding[] = [];
  const crls: PlacedCrl[] = [];
  for (const [index, input] of inputs.entries()) {
    const given = { text: textOf(input) };
    const inText = judge(rules, { crls: [], given });
    findings.push(...inText.map((one) => ({ ...one, message: `list ${index + 1}: ${one.message}` })));
    try {
      crls.push({ facts: readCrl(input).facts, index: index + 1 });
    } catch (cause) {
      if (!isHandfastError(cause)) throw cause;
      if (inText.length === 0)
        findings.push(unreadable("crl-unreadable", `list ${index + 1}: ${cause.message}`));
    }
  }
  const anchors =
    options.anchors === undefined ? undefined : readCertificates(options.anchors).map(({ facts }) => facts);
  const previous = options.previous?.map((input) => readCrl(input).facts);
  return [...findings, ...judge(rules, { crls, anchors, previous }, { at: clock.now() })];
}
