import { isHandfastError, systemClock } from "@handfast/core";
import { makeTrustBundle, type TrustBundle } from "../bundle/make-trust-bundle.ts";
import type { CertificateInput } from "../certificate/read-certificates.ts";
import { type CertificateFinding, type CheckOptions, checkStrength, checkValidity } from "./finding.ts";

/**
 * What is wrong, or soon will be, with a set of anchors. Never throws on content: a text that is no bundle is a
 * finding too.
 *
 * Codes: `bundle-unusable`, `expired`, `not-yet-valid`, `expires-soon`, `weak-key`, `weak-hash`, `same-subject`,
 * `no-usable-anchor`. One expired anchor among sound ones is a warning, since the others still work; a weak one is
 * a blocker, since providers refuse the whole bundle for it.
 *
 * @example
 * ```ts
 * import { checkTrustBundle } from "@handfast/pki";
 *
 * export function mayPublish(pem: string): boolean {
 *   return checkTrustBundle(pem).every((finding) => finding.severity !== "blocker");
 * }
 * ```
 */
export function checkTrustBundle(
  input: TrustBundle | CertificateInput,
  options: CheckOptions = {},
): readonly CertificateFinding[] {
  const { clock = systemClock, soonDays = 30 } = options;
  let bundle: TrustBundle;
  try {
    bundle = typeof input === "string" || input instanceof Uint8Array ? makeTrustBundle(input) : input;
  } catch (cause) {
    if (!isHandfastError(cause)) throw cause;
    return [{ code: "bundle-unusable", severity: "blocker", message: cause.message }];
  }
  const now = clock.now();
  const perAnchor = bundle.certificates.map((anchor) => [
    ...checkValidity(anchor, now, soonDays),
    ...checkStrength(anchor),
  ]);
  const usable = perAnchor.filter((findings) => findings.every(({ severity }) => severity !== "blocker"));
  const findings = perAnchor
    .flat()
    .map((finding) =>
      finding.code.startsWith("weak-") ? finding : { ...finding, severity: "warning" as const },
    );
  return [...findings, ...checkSubjects(bundle), ...(usable.length > 0 ? [] : [noAnchor])];
}

const noAnchor: CertificateFinding = {
  code: "no-usable-anchor",
  severity: "blocker",
  message: "no certificate of the bundle can be trusted now, so every client would be refused",
  mend: "add a CA certificate that is valid now",
};

/** Anchors of one name: API Gateway was seen to refuse them, and what the other stores do is not documented. */
function checkSubjects({ certificates }: TrustBundle): readonly CertificateFinding[] {
  const first = new Map<string, string>();
  const findings: CertificateFinding[] = [];
  for (const { sha256, facts } of certificates) {
    const earlier = first.get(facts.subject);
    if (earlier === undefined) first.set(facts.subject, sha256);
    else
      findings.push({
        certificate: sha256,
        code: "same-subject",
        severity: "warning",
        message: `${facts.subject} is also the subject of ${earlier.slice(0, 12)}; some stores take a subject once only`,
        mend: "give a new CA a new name",
      });
  }
  return findings;
}
