import { type CertificateFacts, type Facts, type Finding, isIssuedBy, toPem } from "@handfast/core";
import { finding } from "./findings.ts";
import type { Bundle } from "./state.ts";

/**
 * What CloudFront takes as a client certificate for origins ("Certificate management with AWS Certificate Manager",
 * Amazon CloudFront Developer Guide), and what ACM takes as an import (ACM API `ImportCertificate`).
 */
export const identityLimits = {
  keys: ["ec-prime256v1", "rsa-2048"],
  /** Leaf, intermediate and root. */
  certificates: 3,
  leafBytes: 32_768,
  chainBytes: 64 * 1024,
  privateKeyBytes: 5_120,
};

const clientAuth = "1.3.6.1.5.5.7.3.2";

/** Why an identity can't be shown, told before anything is sent. Whether it is valid is known when it is imported. */
export function judgeIdentity({ certificate, chain }: Bundle, facts: Facts): Finding[] {
  const leaf = facts.certificate(certificate);
  const issuers = chain.map((digest) => facts.certificate(digest));
  return [...judgeLeaf(leaf), ...judgeChain(leaf, issuers), ...judgeSizes(leaf, issuers)];
}

function judgeLeaf({
  subject,
  ca,
  key,
  extendedKeyUsage,
  signature,
  signatureHash,
}: CertificateFacts): Finding[] {
  const found: Finding[] = [];
  if (ca) {
    found.push(
      blocker(
        "certificate-is-ca",
        `${subject} is a CA certificate`,
        "issue a leaf from it, for client authentication",
      ),
    );
  }
  if (extendedKeyUsage?.includes(clientAuth) !== true) {
    found.push(
      blocker(
        "leaf-without-client-auth",
        `${subject} does not say that it is for client authentication (extended key usage ${clientAuth}), which CloudFront asks for`,
        "issue a leaf with the usage clientAuth",
      ),
    );
  }
  if (!/^sha(256|384|512)$/.test(signatureHash ?? "")) {
    found.push(
      blocker(
        "signature-unsuitable",
        `${subject} is signed by ${signature}; CloudFront shows origins certificates signed by RSA, RSASSA-PSS or ECDSA with SHA-256, SHA-384 or SHA-512`,
        "issue it anew, signed so",
      ),
    );
  }
  if (!identityLimits.keys.includes(key)) {
    found.push(
      blocker(
        "key-unsuitable",
        `the key of ${subject} is ${key}; CloudFront shows origins certificates with RSA keys of 2048 bits or P-256`,
        "issue a leaf for a key of that kind",
      ),
    );
  }
  return found;
}

/** ACM checks that each certificate certifies the one before, and wants the first one certified at least. */
function judgeChain(leaf: CertificateFacts, issuers: readonly CertificateFacts[]): Finding[] {
  const path = [leaf, ...issuers];
  const last = path[path.length - 1] as CertificateFacts;
  if (issuers.length === 0 && !isSelfIssued(leaf)) {
    return [
      blocker(
        "chain-missing",
        `ACM takes ${leaf.subject} with the certificate of ${leaf.issuer} only, which the identity does not have`,
        "append the certificate of the CA that issued it to the identity's certificates, be it a root",
      ),
    ];
  }
  const broken = path.findIndex((one, index) => {
    const issuer = path[index + 1];
    return issuer !== undefined && !(issuer.ca && isIssuedBy(one, issuer));
  });
  if (broken !== -1) {
    return [
      blocker(
        "chain-broken",
        `in the identity's chain ${path[broken + 1]?.subject} follows ${path[broken]?.subject}, and did not issue it`,
        "order the certificates from the leaf up, and leave out what does not belong there",
      ),
    ];
  }
  const family = (key: string): string => key.split("-")[0] ?? "";
  const [issuer] = issuers;
  if (issuer !== undefined && family(issuer.key) !== family(leaf.key)) {
    return [
      blocker(
        "key-family-differs",
        `the key of ${leaf.subject} is ${leaf.key} and that of its issuer ${issuer.key}; ACM takes both of one family`,
        "issue it from a CA whose key is of the same family",
      ),
    ];
  }
  const length = path.length + (isSelfIssued(last) ? 0 : 1);
  if (length > identityLimits.certificates) {
    return [
      blocker(
        "chain-too-long",
        `from ${leaf.subject} to its root are ${length} certificates or more; CloudFront takes ${identityLimits.certificates}`,
        "issue it from a root, or from an intermediate right below one",
      ),
    ];
  }
  return [];
}

/** By its names alone: whether a leaf may sign itself is ACM's to say. */
function isSelfIssued({ subject, issuer }: CertificateFacts): boolean {
  return subject === issuer;
}

function judgeSizes(leaf: CertificateFacts, issuers: readonly CertificateFacts[]): Finding[] {
  const { leafBytes, chainBytes } = identityLimits;
  const found: Finding[] = [];
  if (pemBytes([leaf]) > leafBytes) {
    found.push(
      blocker(
        "certificate-too-large",
        `${leaf.subject} is larger than ${leafBytes} bytes as PEM`,
        "issue a smaller one",
      ),
    );
  }
  if (pemBytes([leaf, ...issuers]) > chainBytes) {
    found.push(
      blocker(
        "chain-too-large",
        `${leaf.subject} and its chain are larger than ${chainBytes} bytes as PEM`,
        "issue smaller ones",
      ),
    );
  }
  return found;
}

function pemBytes(certificates: readonly CertificateFacts[]): number {
  return certificates.reduce((sum, { der }) => sum + toPem(der, "CERTIFICATE").length, 0);
}

function blocker(code: string, message: string, mend: string): Finding {
  return finding("blocker", code, message, mend);
}
