import type { CertificateFacts } from "../../certificate/facts.ts";
import { pemLength } from "../pem-length.ts";
import type { Fault, KeyLimits, Placed } from "../rule.ts";

const day = 86_400_000;

interface Holding {
  readonly certificates: readonly Placed[];
}

/** Checks that look at each certificate by itself. */
export const certificateChecks = {
  *"certificate-too-large"({ certificates }: Holding, most: number): Generator<Fault> {
    for (const certificate of certificates) {
      const size = pemLength(certificate.facts.der);
      if (size > most)
        yield about(
          certificate,
          `takes ${size} bytes as PEM, more than ${most}`,
          "leave it out, or issue a smaller one",
        );
    }
  },
  *"key-unsuitable"({ certificates }: Holding, limits: KeyLimits): Generator<Fault> {
    for (const certificate of certificates)
      if (!fits(certificate.facts, limits))
        yield about(
          certificate,
          `has a key of ${certificate.facts.key}, not ${wordsOf(limits)}`,
          "leave it out, or issue it anew with such a key",
        );
  },
  *"signature-unsuitable"(
    { certificates }: Holding,
    { hashes, pss }: { readonly hashes: readonly string[]; readonly pss: boolean },
  ): Generator<Fault> {
    for (const certificate of certificates) {
      const { signature, signatureHash } = certificate.facts;
      const isPss = signature === "rsassaPss";
      if (hashes.includes(signatureHash ?? "") && (pss || !isPss)) continue;
      const hash = isPss ? ` with ${signatureHash ?? "a hash that is not known here"}` : "";
      yield about(
        certificate,
        `is signed by ${signature}${hash}, not with ${listed(hashes.map(upper))}`,
        "issue it anew, signed so",
      );
    }
  },
  *"version-unsuitable"({ certificates }: Holding): Generator<Fault> {
    for (const certificate of certificates)
      if (certificate.facts.version !== 3)
        yield about(
          certificate,
          `is an X.509 certificate of version ${certificate.facts.version}`,
          "issue it anew with extensions: that makes it version 3",
        );
  },
  *"not-yet-valid"({ certificates }: Holding, _: true, at: number | undefined): Generator<Fault> {
    for (const certificate of certificates)
      if (at !== undefined && at < certificate.facts.notBefore)
        yield about(
          certificate,
          `is valid only from ${moment(certificate.facts.notBefore)}`,
          "wait, or check the clock of the machine that issued it",
        );
  },
  *expired({ certificates }: Holding, _: true, at: number | undefined): Generator<Fault> {
    for (const certificate of certificates)
      if (at !== undefined && at > certificate.facts.notAfter)
        yield about(
          certificate,
          `expired at ${moment(certificate.facts.notAfter)}`,
          "issue a new one, and have it in place before the old one is taken away",
        );
  },
  *"expires-soon"({ certificates }: Holding, days: number, at: number | undefined): Generator<Fault> {
    for (const certificate of certificates) {
      const { notAfter } = certificate.facts;
      if (at !== undefined && at <= notAfter && at + days * day > notAfter)
        yield about(certificate, `expires at ${moment(notAfter)}`, "issue a new one in time");
    }
  },
};

/** A fault of one certificate. */
export function about(certificate: Placed, what: string, mend: string): Fault {
  return { certificate, what: `${nameOf(certificate)} ${what}`, mend };
}

/** How a certificate is spoken of: by its subject, or by its digest where that is empty. */
export function nameOf({ facts, index, line }: Placed): string {
  const name = facts.subject === "" ? facts.sha256.slice(0, 12) : facts.subject;
  return line === undefined ? name : `${name} (certificate ${index}, line ${line})`;
}

/** A time, for a person. */
export function moment(ms: number): string {
  return new Date(ms).toISOString();
}

function fits({ key, keyType, keyBits = 0 }: CertificateFacts, { rsa, others }: KeyLimits): boolean {
  if (keyType !== "rsa" && keyType !== "rsa-pss") return others.includes(key);
  if (rsa === undefined) return false;
  return "bits" in rsa ? rsa.bits.includes(keyBits) : keyBits >= rsa[0] && keyBits <= rsa[1];
}

function wordsOf({ rsa, others }: KeyLimits): string {
  const sizes =
    rsa === undefined
      ? []
      : "bits" in rsa
        ? [`RSA of ${listed(rsa.bits.map(String))} bits`]
        : [
            rsa[1] === Number.MAX_SAFE_INTEGER
              ? `RSA from ${rsa[0]} bits`
              : `RSA of ${rsa[0]} to ${rsa[1]} bits`,
          ];
  return listed([...sizes, ...others.map((name) => curves[name] ?? name)]);
}

const curves: Readonly<Record<string, string>> = {
  "ec-prime256v1": "P-256",
  "ec-secp384r1": "P-384",
  "ec-secp521r1": "P-521",
  ed25519: "Ed25519",
};

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function upper(hash: string): string {
  return hash.replace(/^sha(\d+)$/, "SHA-$1");
}
