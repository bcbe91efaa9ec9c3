import type { CertificateFacts } from "./certificate-facts.ts";
import { findPaths } from "./find-paths.ts";
import type { RevocationList } from "./revocation-list.ts";

/** Why a balancer refused a connection: the codes of its connection log, without the prefix `Failed:` (user guide page "Connection logs for your Application Load Balancer"). */
export type RefusalReason =
  | "ClientCertUntrusted"
  | "ClientCertExpired"
  | "ClientCertNotYetValid"
  | "ClientCertCrlHit"
  | "ClientCertCrlProcessingError"
  | "ClientCertMaxChainDepthExceeded"
  | "ClientCertPurposeInvalid"
  | "ClientCertTypeUnsupported"
  | "ClientCertInvalid"
  | "UnmappedConnectionError";

/** What a client's chain is held against. */
export interface ClientCheck {
  /** What the client showed, leaf first. */
  readonly presented: readonly CertificateFacts[];
  readonly anchors: readonly CertificateFacts[];
  /** The attached CRLs; `undefined` stands for one that could not be read. */
  readonly crls: readonly (RevocationList | undefined)[];
  /** Skips the leaf's end of validity, nothing else. */
  readonly ignoreExpiry: boolean;
  /** Whether a chain may end at an anchor that is no root. */
  readonly intermediateAnchors: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Certificates in a chain, leaf and root counted (user guide page "Quotas for your Application Load Balancers"). */
const maxDepth = 4;
const clientAuth = "1.3.6.1.5.5.7.3.2";
const digitalSignatureOrKeyAgreement = 0x88;
const curves = new Set(["prime256v1", "secp384r1", "secp521r1"]);

/**
 * Why a listener in verify mode refuses what a client showed; `undefined` when it accepts. One good way to an anchor
 * is enough; when there are several and none is good, the reason is that of the first.
 */
export function checkClient(check: ClientCheck): RefusalReason | undefined {
  const [leaf] = check.presented;
  if (leaf === undefined) return "UnmappedConnectionError";
  const paths = findPaths(check);
  if (paths.length === 0) return "ClientCertUntrusted";
  let reason: RefusalReason | undefined;
  for (const path of paths) {
    const found = checkLeaf(leaf) ?? checkPath(path, check);
    if (found === undefined) return undefined;
    reason ??= found;
  }
  return reason;
}

function checkLeaf(leaf: CertificateFacts): RefusalReason | undefined {
  if (leaf.version !== 3) return "ClientCertInvalid";
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = leaf.x509.publicKey;
  const bits = details?.modulusLength ?? 0;
  const supported =
    type === "ec" ? curves.has(details?.namedCurve ?? "") : type === "rsa" && bits >= 2048 && bits <= 8192;
  return supported ? undefined : "ClientCertTypeUnsupported";
}

function checkPath(path: readonly CertificateFacts[], check: ClientCheck): RefusalReason | undefined {
  if (path.length > maxDepth) return "ClientCertMaxChainDepthExceeded";
  for (const [index, certificate] of path.entries()) {
    if (certificate.notBefore > check.at) return "ClientCertNotYetValid";
    const forgiven = index === 0 && check.ignoreExpiry;
    if (certificate.notAfter < check.at && !forgiven) return "ClientCertExpired";
    if (index > 0 && certificate.pathLength !== undefined && index - 1 > certificate.pathLength) {
      return "ClientCertInvalid";
    }
    // OpenSSL holds the issuers' extended key usage against the purpose too.
    if (certificate.purposes !== undefined && !certificate.purposes.includes(clientAuth)) {
      return "ClientCertPurposeInvalid";
    }
  }
  const usage = path[0]?.keyUsage;
  if (usage !== undefined && (usage & digitalSignatureOrKeyAgreement) === 0)
    return "ClientCertPurposeInvalid";
  return checkRevocation(path, check);
}

/** OpenSSL's rule: once a CRL is attached, each certificate of the path needs a current one from its issuer. */
function checkRevocation(
  path: readonly CertificateFacts[],
  { crls, at }: ClientCheck,
): RefusalReason | undefined {
  if (crls.length === 0) return undefined;
  for (const [index, certificate] of path.entries()) {
    const issuer = path[index + 1] ?? certificate;
    const lists = crls.filter(
      (crl): crl is RevocationList =>
        crl !== undefined && crl.issuerDer === issuer.subjectDer && crl.signedBy(issuer.x509.publicKey),
    );
    // While an old and a new list are both attached, an entry in either counts.
    if (lists.some((crl) => crl.revokes(certificate.serial))) return "ClientCertCrlHit";
    if (!lists.some((crl) => crl.thisUpdate <= at && at <= (crl.nextUpdate ?? Number.NEGATIVE_INFINITY))) {
      return "ClientCertCrlProcessingError";
    }
  }
  return undefined;
}
