import type { CertificateFacts } from "./certificate-facts.ts";
import { type ChainCheck, type ChainRules, judgeChain } from "./judge-chain.ts";

/** Why a distribution refused a connection: the codes of its connection log, without the prefix `Failed:` (developer guide page "Observability using connection logs"). */
export type ViewerRefusal =
  | "ClientCertMissing"
  | "ClientCertUntrusted"
  | "ClientCertExpired"
  | "ClientCertNotYetValid"
  | "ClientCertMaxChainDepthExceeded"
  | "ClientCertIntentInvalid"
  | "ClientCertTypeUnsupported"
  | "ClientCertInvalid"
  | "ClientCertRejected"
  | "ConnectionFunctionError"
  | "ConnectionFunctionDenied"
  | "UnmappedConnectionError";

/** Developer guide pages "Quotas" and "Trust stores and certificate management". */
const rules: ChainRules<ViewerRefusal> = {
  maxDepth: 4,
  curves: ["prime256v1", "secp384r1"],
  rsaBits: { least: 2048, most: 4096 },
  reasons: {
    missing: "ClientCertMissing",
    untrusted: "ClientCertUntrusted",
    expired: "ClientCertExpired",
    "not-yet-valid": "ClientCertNotYetValid",
    "too-deep": "ClientCertMaxChainDepthExceeded",
    "wrong-purpose": "ClientCertIntentInvalid",
    "unsupported-key": "ClientCertTypeUnsupported",
    invalid: "ClientCertInvalid",
  },
};

/** What a viewer's chain is held against. */
export interface ViewerCheck extends Omit<ChainCheck<ViewerRefusal>, "further" | "intermediateAnchors"> {
  /** Every certificate below the anchor must name an OCSP responder. */
  readonly ocsp: boolean;
}

/**
 * Whether a trust store of CloudFront vouches for what a viewer showed: the chain, leaf first and anchor last, or why
 * not. Every certificate of the store is an anchor, so a chain ends at the first (developer guide page "Certificate
 * revocation"). What responders say is not asked here.
 */
export function checkViewer(
  check: ViewerCheck,
): { readonly path: readonly CertificateFacts[] } | { readonly reason: ViewerRefusal } {
  const further = (path: readonly CertificateFacts[]): ViewerRefusal | undefined =>
    check.ocsp && belowAnchor(path).some(({ ocspUrl }) => ocspUrl === undefined)
      ? "ClientCertRejected"
      : undefined;
  return judgeChain({ ...check, intermediateAnchors: true, further }, rules);
}

/** The certificates of a chain that have to be looked at beyond their issuer's word. */
export function belowAnchor(path: readonly CertificateFacts[]): readonly CertificateFacts[] {
  return path.slice(0, -1);
}
