import type { CertificateFacts } from "./certificate-facts.ts";
import { findPaths } from "./find-paths.ts";

/** What can be wrong with what a client shows. */
export type ChainFault =
  | "missing"
  | "untrusted"
  | "expired"
  | "not-yet-valid"
  | "too-deep"
  | "wrong-purpose"
  | "unsupported-key"
  | "invalid";

/** By what a service judges clients, where services differ. */
export interface ChainRules<Reason> {
  /** Certificates in a chain, leaf and anchor counted. */
  readonly maxDepth: number;
  /** Curves of a leaf's key. */
  readonly curves: readonly string[];
  /** Sizes of a leaf's RSA key, in bits. */
  readonly rsaBits: { readonly least: number; readonly most: number };
  /** How the service names each fault. */
  readonly reasons: Readonly<Record<ChainFault, Reason>>;
}

/** What a client's chain is held against. */
export interface ChainCheck<Reason> {
  /** What the client showed, leaf first. */
  readonly presented: readonly CertificateFacts[];
  readonly anchors: readonly CertificateFacts[];
  /** Skips the leaf's end of validity, nothing else. */
  readonly ignoreExpiry: boolean;
  /** Whether a chain may end at an anchor that is no root. */
  readonly intermediateAnchors: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What the service looks at beyond RFC 5280, 6.1, in a chain that is good otherwise. Leaf first, anchor last. */
  readonly further?: ((path: readonly CertificateFacts[]) => Reason | undefined) | undefined;
}

const clientAuth = "1.3.6.1.5.5.7.3.2";
const digitalSignatureOrKeyAgreement = 0x88;

/**
 * The first good way from what a client showed to an anchor, leaf first; or why there is none. When there are several
 * ways and none is good, the reason is that of the first.
 */
export function judgeChain<Reason>(
  check: ChainCheck<Reason>,
  rules: ChainRules<Reason>,
): { readonly path: readonly CertificateFacts[] } | { readonly reason: Reason } {
  const [leaf] = check.presented;
  if (leaf === undefined) return { reason: rules.reasons.missing };
  let reason: Reason | undefined;
  for (const path of findPaths(check)) {
    const fault = faultOfLeaf(leaf, rules) ?? faultOfPath(path, check, rules);
    const found = fault === undefined ? check.further?.(path) : rules.reasons[fault];
    if (found === undefined) return { path };
    reason ??= found;
  }
  return { reason: reason ?? rules.reasons.untrusted };
}

function faultOfLeaf(
  leaf: CertificateFacts,
  { curves, rsaBits }: ChainRules<unknown>,
): ChainFault | undefined {
  if (leaf.version !== 3) return "invalid";
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = leaf.x509.publicKey;
  const bits = details?.modulusLength ?? 0;
  const supported =
    type === "ec"
      ? curves.includes(details?.namedCurve ?? "")
      : type === "rsa" && bits >= rsaBits.least && bits <= rsaBits.most;
  return supported ? undefined : "unsupported-key";
}

function faultOfPath(
  path: readonly CertificateFacts[],
  check: ChainCheck<unknown>,
  { maxDepth }: ChainRules<unknown>,
): ChainFault | undefined {
  if (path.length > maxDepth) return "too-deep";
  for (const [index, certificate] of path.entries()) {
    if (certificate.notBefore > check.at) return "not-yet-valid";
    const forgiven = index === 0 && check.ignoreExpiry;
    if (certificate.notAfter < check.at && !forgiven) return "expired";
    if (index > 0 && certificate.pathLength !== undefined && index - 1 > certificate.pathLength)
      return "invalid";
    // OpenSSL holds the issuers' extended key usage against the purpose too.
    if (certificate.purposes !== undefined && !certificate.purposes.includes(clientAuth))
      return "wrong-purpose";
  }
  const usage = path[0]?.keyUsage;
  return usage !== undefined && (usage & digitalSignatureOrKeyAgreement) === 0 ? "wrong-purpose" : undefined;
}
