import { systemClock } from "@handfast/core";
import { judge, opensslBundle, type RulePack } from "@handfast/core/rules";
import type { TrustBundle } from "../bundle/make-trust-bundle.ts";
import type { CertificateInput } from "../certificate/read-certificates.ts";
import type { CertificateFinding, CheckOptions } from "./finding.ts";
import { readMaterial } from "./read-material.ts";

/** How a set of anchors is checked. */
export interface CheckTrustBundleOptions extends CheckOptions {
  /** Whose rules: `rulePacks.albBundle` and the like. @default rulePacks.opensslBundle */
  readonly rules?: RulePack<"bundle"> | undefined;
}

/**
 * What a provider would refuse of a set of anchors, or may come to, and why: count, sizes, keys, hashes, depth, text that
 * it does not take, leaves among CAs, roots that are missing, twins, and what has expired or soon will. Never throws on
 * content: what can't be read is a finding too.
 *
 * Codes: those of the rules (`docs/rules.md`), and `bundle-unusable` for what holds no certificate. One expired anchor
 * among sound ones is a warning, since the others still work.
 *
 * @example
 * ```ts
 * import { checkTrustBundle, rulePacks } from "@handfast/pki";
 *
 * export function mayPublish(pem: string): boolean {
 *   const findings = checkTrustBundle(pem, { rules: rulePacks.albBundle });
 *   return findings.every(({ severity }) => severity !== "blocker");
 * }
 * ```
 */
export function checkTrustBundle(
  input: TrustBundle | CertificateInput,
  options: CheckTrustBundleOptions = {},
): readonly CertificateFinding[] {
  const { clock = systemClock, soonDays, rules = opensslBundle } = options;
  const text = typeof input === "string" || input instanceof Uint8Array ? input : input.pem;
  const { certificates, given, findings } = readMaterial(text, "bundle-unusable");
  const judged = judge(rules, { certificates, given }, { at: clock.now(), soonDays });
  // without a certificate the one thing to say is why there is none
  const told = certificates.length > 0 ? judged : judged.filter(({ line }) => line !== undefined);
  if (findings.length > 0 || told.length > 0 || certificates.length > 0) return [...findings, ...told];
  return judged;
}
