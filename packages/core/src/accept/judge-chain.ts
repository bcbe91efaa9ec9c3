import type { VerifierFace } from "../adapter/contract.ts";
import type { Chain, ChainStart } from "./build-chains.ts";
import type { CertificateTraits } from "./certificate-traits.ts";
import { violationOf } from "./check-constraints.ts";
import { isSeen, isSignedBy } from "./issued-by.ts";
import { judgeRevocation } from "./judge-revocation.ts";
import type { ListTraits } from "./list-traits.ts";
import { cautiousLevel, type Rules } from "./rules.ts";
import { bitsOfLevel } from "./security-level.ts";
import { accepted, refused, type Verdict } from "./verdict.ts";

/** What a chain is judged by, beside itself. */
export interface ChainCourt {
  readonly face: Pick<VerifierFace, "ignoreExpiry" | "ocsp">;
  readonly lists: readonly ListTraits[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly rules: Rules;
}

/**
 * Judges a chain that ends in an anchor (RFC 5280, 6.1), in the order in which OpenSSL does: so the reason is the one
 * that stands in a server's log. The anchor is held to its extensions and dates like any other.
 */
export function judgeChain(chain: Chain, court: ChainCourt): Verdict {
  return (
    judgeExtensions(chain) ??
    judgeStrength(chain, court.rules) ??
    judgeRevocation(chain, court.lists, court.at, court.rules) ??
    judgeSignaturesAndDates(chain, court) ??
    judgeNames(chain) ??
    judgeResponders(chain, court) ??
    accepted
  );
}

/** Why a leaf is refused before any chain is looked for; undefined when it is not. */
export function judgeLeaf(leaf: CertificateTraits, rules: Rules): Verdict | undefined {
  if (leaf.malformed !== undefined)
    return refused("malformed-extension", `${leaf.name} can't be read: ${leaf.malformed}`);
  return leaf.keyBits < bitsOfLevel(rules.securityLevel ?? cautiousLevel)
    ? refused("key-too-weak", `the key of ${leaf.name} is too weak (${leaf.facts.key})`)
    : undefined;
}

function judgeExtensions(chain: Chain): Verdict | undefined {
  const last = chain.length - 1;
  let below = 0;
  for (let index = 0; index <= last; index += 1) {
    const one = chain[index] as ChainStart;
    if (!isSeen(one)) continue;
    const verdict = judgeExtensionsOf(one, index, last);
    if (verdict !== undefined) return verdict;
    if (index > 1 && one.pathLength !== undefined && below > one.pathLength)
      return refused(
        "path-length",
        `${one.name} allows ${one.pathLength} CAs below itself, and there are ${below}`,
      );
    if (index > 0 && !one.selfIssued) below += 1;
  }
  return undefined;
}

function judgeExtensionsOf(one: CertificateTraits, index: number, last: number): Verdict | undefined {
  if (one.unknownCritical !== undefined)
    return refused(
      "unknown-critical-extension",
      `${one.name} has the critical extension ${one.unknownCritical}, which is not known`,
    );
  if (one.isProxy) return refused("proxy-certificate", `${one.name} is a proxy certificate`);
  if (index > 0 && one.caBy === undefined)
    return refused("not-a-ca", `${one.name} is not a CA: ${one.notCa}`);
  if (index > 0 && index < last && one.caBy !== "constraints")
    return refused("not-a-ca", `${one.name} is not a CA: it has no basic constraints and is not an anchor`);
  if (one.hasExplicitCurve && last > 0)
    return refused("unsupported-key", `the key of ${one.name} spells its curve out in place of naming it`);
  if (!one.isForClients)
    return refused(
      "wrong-purpose",
      index === 0
        ? `${one.name} is not for client authentication (extended key usage)`
        : `${one.name} may not issue for client authentication (extended key usage)`,
    );
  if (index === 0 && !one.mayAuthenticate)
    return refused(
      "wrong-purpose",
      `${one.name} may not sign a handshake (key usage without digitalSignature)`,
    );
  return undefined;
}

/** The leaf's own key was looked at before; the anchor's signature is nobody's business. */
function judgeStrength(chain: Chain, rules: Rules): Verdict | undefined {
  const least = bitsOfLevel(rules.securityLevel ?? cautiousLevel);
  for (const [index, one] of chain.entries()) {
    if (!isSeen(one)) continue;
    if (index > 0 && one.keyBits < least)
      return refused("key-too-weak", `the key of ${one.name} is too weak (${one.facts.key})`);
    if (index < chain.length - 1 && one.signatureBits < least)
      return refused(
        "signature-too-weak",
        `the signature on ${one.name} is too weak (${one.facts.signature})`,
      );
  }
  return undefined;
}

function judgeSignaturesAndDates(chain: Chain, { face, at }: ChainCourt): Verdict | undefined {
  for (let index = chain.length - 1; index >= 0; index -= 1) {
    const one = chain[index] as ChainStart;
    const issuer = chain[index + 1] as CertificateTraits | undefined;
    if (issuer !== undefined && !isSignedBy(one, issuer))
      return refused("bad-signature", `the key of ${issuer.name} did not sign ${labelOf(one)}`);
    if (!isSeen(one)) continue;
    if (at < one.facts.notBefore) return refused("not-yet-valid", `${one.name} is not valid yet`);
    const isForgiven = face.ignoreExpiry && index === 0;
    if (at >= one.facts.notAfter && !isForgiven) return refused("expired", `${one.name} has expired`);
  }
  return undefined;
}

/** Names of a self-issued CA are its own, so nobody above constrains them (RFC 5280, 6.1.3 b). */
function judgeNames(chain: Chain): Verdict | undefined {
  for (let index = chain.length - 2; index >= 0; index -= 1) {
    const one = chain[index] as ChainStart;
    if (!isSeen(one) || (index > 0 && one.selfIssued)) continue;
    for (let above = chain.length - 1; above > index; above -= 1) {
      const ca = chain[above] as CertificateTraits;
      const violation = violationOf(one, ca, index === 0);
      if (violation !== undefined)
        return refused(
          "name-constraint",
          `${one.name} has a name that ${ca.name} may not give: ${violation}`,
        );
    }
  }
  return undefined;
}

/** The anchor, last in the chain, is trusted without being asked about. */
function judgeResponders(chain: Chain, { face }: ChainCourt): Verdict | undefined {
  if (face.ocsp !== true) return undefined;
  const mute = chain.slice(0, -1).find((one) => isSeen(one) && !one.facts.namesOcspResponder);
  return mute !== undefined && isSeen(mute)
    ? refused("no-ocsp-responder", `${mute.name} names no OCSP responder`)
    : undefined;
}

/** What a certificate is called in a reason. */
export function labelOf(one: ChainStart): string {
  return isSeen(one) ? one.name : "what its namesake issues";
}
