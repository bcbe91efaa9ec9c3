import { systemClock } from "@handfast/core";
import { judge, type Placed, type RulePack } from "@handfast/core/rules";
import {
  type CertificateInput,
  type LocatedCertificate,
  readCertificates,
} from "../certificate/read-certificates.ts";
import type { CertificateFinding } from "../check/finding.ts";
import { textOf } from "../pem/text-of.ts";
import { bundleOf, makeTrustBundle, type TrustBundle } from "./make-trust-bundle.ts";

/** A bundle as a provider takes it, and what had to be mended for that. */
export interface NormalisedBundle extends TrustBundle {
  /** What the text as it came would have been refused for, and is no more, in the order of the pack. */
  readonly mended: readonly CertificateFinding[];
  /** What is left for a person to mend: no text can. */
  readonly findings: readonly CertificateFinding[];
}

/** For whom a bundle is written. */
export interface NormaliseBundleOptions {
  readonly rules: RulePack<"bundle">;
  /** Milliseconds since the epoch. @default now */
  readonly at?: number | undefined;
}

/**
 * Writes what a provider takes from whatever came in: comments, dumps, CRLF, blank lines, any order, duplicates, DER,
 * PKCS#7. Says what it mended, and what no writing can mend.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` for rubbish or nothing at all, `CERTIFICATE_UNSUITABLE` for a
 *   certificate that may not sign others; both name the certificate and the line
 * @example
 * ```ts
 * import { normaliseBundle, rulePacks } from "@handfast/pki";
 *
 * export function forAlb(file: Uint8Array): string {
 *   const { pem, findings } = normaliseBundle(file, { rules: rulePacks.albBundle });
 *   if (findings.some(({ severity }) => severity === "blocker")) throw new Error(findings[0]?.message);
 *   return pem;
 * }
 * ```
 */
export function normaliseBundle(
  input: CertificateInput | readonly CertificateInput[],
  { rules, at = systemClock.now() }: NormaliseBundleOptions,
): NormalisedBundle {
  const inputs = typeof input === "string" || input instanceof Uint8Array ? [input] : input;
  if (inputs.length === 0) return { ...makeTrustBundle(inputs), mended: [], findings: [] };
  const read = inputs.map((one) => ({ certificates: readCertificates(one), given: { text: textOf(one) } }));
  const bundle = bundleOf(read.flatMap(({ certificates }) => certificates));
  const certificates = bundle.certificates.map(({ facts }, index) => ({ facts, index: index + 1 }));
  const findings = judge(rules, { certificates, given: { text: bundle.pem } }, { at });
  const left = new Set(findings.map(({ code }) => code));
  const before = read.flatMap((one) =>
    judge(rules, { ...one, certificates: one.certificates.map(place) }, { at }),
  );
  return { ...bundle, mended: before.filter(({ code }) => !left.has(code)), findings };
}

function place({ facts, line }: LocatedCertificate, index: number): Placed {
  return { facts, index: index + 1, line };
}
