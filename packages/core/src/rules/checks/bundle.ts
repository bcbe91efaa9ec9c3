import type { CertificateFacts } from "../../certificate/facts.ts";
import { pemLength } from "../pem-length.ts";
import type { Checks, Placed } from "../rule.ts";
import { about, certificateChecks, nameOf } from "./certificate.ts";
import { textChecks } from "./text.ts";

/** Checks of a set of CA certificates to trust. */
export const bundleChecks: Checks<"bundle"> = {
  ...certificateChecks,
  ...textChecks("CERTIFICATE"),
  *"no-anchors"({ certificates }) {
    if (certificates.length === 0)
      yield {
        what: "there is no CA to trust, so every client would be refused",
        mend: "name a trust with anchors",
      };
  },
  *"too-many-anchors"({ certificates }, most) {
    if (certificates.length > most)
      yield {
        what: `there are ${certificates.length} anchors, more than ${most}`,
        mend: "trust fewer CAs here",
      };
  },
  *"no-usable-anchor"({ certificates }, _, at) {
    if (at === undefined || certificates.length === 0) return;
    if (certificates.every(({ facts }) => !facts.ca || at > facts.notAfter || at < facts.notBefore))
      yield {
        what: "no certificate of the bundle can be trusted now, so every client would be refused",
        mend: "add a CA certificate that is valid now",
      };
  },
  *"bundle-too-large"({ certificates, given }, most) {
    const written = certificates.reduce((sum, { facts }) => sum + pemLength(facts.der), 0);
    const size = given?.text === undefined ? written : Buffer.byteLength(given.text);
    if (size > most)
      yield {
        what: `the bundle takes ${size} bytes as PEM, more than ${most}`,
        mend: "trust fewer CAs here",
      };
  },
  *"subjects-too-long"({ certificates }, most) {
    // the text of a name is never longer than its DER, so this refuses nothing that the service takes
    const size = certificates.reduce((sum, { facts }) => sum + Buffer.byteLength(facts.subject), 0);
    if (size > most)
      yield {
        what: `the anchors' names take ${size} bytes, more than ${most}`,
        mend: "trust fewer CAs here",
      };
  },
  *"not-a-ca"({ certificates }) {
    for (const certificate of certificates)
      if (!certificate.facts.ca)
        yield about(
          certificate,
          "is no CA certificate: basic constraints or key usage do not let it sign others",
          "give the CA certificate that issued it",
        );
  },
  *"lacks-cert-sign"({ certificates }) {
    for (const certificate of certificates)
      if (certificate.facts.keyUsage?.includes("keyCertSign") !== true)
        yield about(
          certificate,
          "has no key usage that names keyCertSign",
          "issue it anew with the key usage keyCertSign",
        );
  },
  *"empty-subject"({ certificates }) {
    for (const certificate of certificates)
      if (certificate.facts.subject === "")
        yield about(certificate, "has an empty subject", "issue it anew with a subject (RFC 5280, 4.1.2.6)");
  },
  *"same-subject"({ certificates }) {
    for (const [first, other] of repeated(certificates, ({ facts }) => facts.subject))
      if (first.facts.sha256 !== other.facts.sha256)
        yield about(
          other,
          `has the subject of ${first.facts.sha256.slice(0, 12)} too`,
          "give a new CA a new name",
        );
  },
  *duplicate({ certificates }) {
    for (const [first, other] of repeated(certificates, ({ facts }) => facts.sha256))
      yield about(
        other,
        `stands in the bundle twice, as certificate ${first.index} too`,
        "leave it out once",
      );
  },
  *"root-missing"({ certificates }) {
    const rooted = reachRoots(certificates.map(({ facts }) => facts));
    for (const certificate of certificates)
      if (!rooted.has(certificate.facts))
        yield about(
          certificate,
          `is an intermediate, and ${certificate.facts.issuer}, up to a root, is not in the bundle`,
          "add the certificates above it, the root included",
        );
  },
  *"too-deep"({ certificates }, most) {
    const depths = reachRoots(certificates.map(({ facts }) => facts));
    for (const certificate of certificates) {
      const depth = depths.get(certificate.facts) ?? 0;
      if (depth > most)
        yield about(
          certificate,
          `stands ${depth} certificates deep, its root counted, more than ${most}`,
          "issue from an authority nearer to the root",
        );
    }
  },
  *"identifier-mismatch"({ certificates }) {
    const bySubject = Map.groupBy(certificates, ({ facts }) => facts.subject);
    for (const certificate of certificates) {
      const { facts } = certificate;
      if (facts.aki === undefined) continue;
      const named = (bySubject.get(facts.issuer) ?? []).filter((other) => other.facts.ski !== undefined);
      if (named.length === 0 || named.some((other) => other.facts.ski === facts.aki)) continue;
      yield about(
        certificate,
        `names an issuer with key identifier ${facts.aki}, and ${named.map(nameOf).join(", ")} has ${named[0]?.facts.ski}`,
        "add the certificate of the issuer that has this key, or issue it anew",
      );
    }
  },
};

/** By names and key identifiers alone: signatures are checked where a path is validated. */
function isNamedBy({ issuer, aki }: CertificateFacts, { subject, ski }: CertificateFacts): boolean {
  return issuer === subject && (aki === undefined || ski === undefined || aki === ski);
}

/** Pairs of the first and each later one that has the same key. */
function repeated(certificates: readonly Placed[], keyOf: (one: Placed) => string): [Placed, Placed][] {
  const firsts = new Map<string, Placed>();
  return certificates.flatMap((one): [Placed, Placed][] => {
    const key = keyOf(one);
    const first = firsts.get(key);
    if (first !== undefined) return [[first, one]];
    firsts.set(key, one);
    return [];
  });
}

/** The certificates from which a path leads to a root of the set, with the least number of certificates on it. */
function reachRoots(certificates: readonly CertificateFacts[]): ReadonlyMap<CertificateFacts, number> {
  const depths = new Map<CertificateFacts, number>();
  const below = new Map<string, CertificateFacts[]>();
  let reached: CertificateFacts[] = [];
  for (const certificate of certificates) {
    if (certificate.selfIssued && isNamedBy(certificate, certificate)) {
      depths.set(certificate, 1);
      reached.push(certificate);
    } else {
      below.set(certificate.issuer, [...(below.get(certificate.issuer) ?? []), certificate]);
    }
  }
  while (reached.length > 0) {
    const next: CertificateFacts[] = [];
    for (const above of reached)
      for (const certificate of below.get(above.subject) ?? []) {
        if (depths.has(certificate) || !isNamedBy(certificate, above)) continue;
        depths.set(certificate, (depths.get(above) ?? 0) + 1);
        next.push(certificate);
      }
    reached = next;
  }
  return depths;
}
