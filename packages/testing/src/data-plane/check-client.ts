import type { CertificateFacts } from "./certificate-facts.ts";
import { type ChainCheck, type ChainRules, judgeChain } from "./judge-chain.ts";
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
export interface ClientCheck extends Omit<ChainCheck<RefusalReason>, "further"> {
  /** The attached CRLs; `undefined` stands for one that could not be read. */
  readonly crls: readonly (RevocationList | undefined)[];
}

/** User guide pages "Quotas for your Application Load Balancers" and "Mutual authentication with TLS in Application Load Balancer". */
const rules: ChainRules<RefusalReason> = {
  maxDepth: 4,
  curves: ["prime256v1", "secp384r1", "secp521r1"],
  rsaBits: { least: 2048, most: 8192 },
  reasons: {
    missing: "UnmappedConnectionError",
    untrusted: "ClientCertUntrusted",
    expired: "ClientCertExpired",
    "not-yet-valid": "ClientCertNotYetValid",
    "too-deep": "ClientCertMaxChainDepthExceeded",
    "wrong-purpose": "ClientCertPurposeInvalid",
    "unsupported-key": "ClientCertTypeUnsupported",
    invalid: "ClientCertInvalid",
  },
};

/** Why a listener in verify mode refuses what a client showed; `undefined` when it accepts. */
export function checkClient(check: ClientCheck): RefusalReason | undefined {
  const verdict = judgeChain({ ...check, further: (path) => checkRevocation(path, check) }, rules);
  return "reason" in verdict ? verdict.reason : undefined;
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
