/**
 * The one function that decides whether a handshake succeeds. Everything that plans, checks or reports asks it.
 */
import type { Digest, Facts, Shown, VerifierFace } from "../adapter/contract.ts";
import { type BuiltChain, buildChains, type Chain, type ChainStart } from "./build-chains.ts";
import { type CertificateTraits, traitsOf } from "./certificate-traits.ts";
import { isSeen, type UnseenLeaf } from "./issued-by.ts";
import { type ChainCourt, judgeChain, judgeLeaf, labelOf } from "./judge-chain.ts";
import { listTraitsOf } from "./list-traits.ts";
import type { Rules } from "./rules.ts";
import { accepted, notAsked, refused, unknown, type Verdict } from "./verdict.ts";

export type { Rules } from "./rules.ts";
export type { Verdict, VerdictCode } from "./verdict.ts";

/** What the connection is like, beside the certificate. */
export interface Request {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** True for clients that send nothing when no advertised CA name fits their certificate (RFC 8446, 4.4.2.3). */
  readonly obeysNames?: boolean | undefined;
}

/** A verdict, and the chain that it was reached on. */
export interface Judgement extends Verdict {
  /** Digests, leaf first; ends in an anchor when it is accepted. Absent when no certificate was looked at. */
  readonly path?: readonly Digest[] | undefined;
}

/**
 * Whether a verifier with this face accepts a connection that shows this.
 *
 * Chains are built and judged as RFC 5280 section 6 has it and OpenSSL practises it, with the provider's rules for depth,
 * partial chains, strength and CRLs.
 */
export function accepts(
  face: VerifierFace,
  shown: Shown,
  request: Request,
  rules: Rules,
  facts: Facts,
): Verdict {
  return decide(face, shown, request, rules, facts).verdict;
}

/** The same as {@link accepts}, with the chain on which the verdict was reached. */
export function judgeShown(
  face: VerifierFace,
  shown: Shown,
  request: Request,
  rules: Rules,
  facts: Facts,
): Judgement {
  const { verdict, chain } = decide(face, shown, request, rules, facts);
  return chain === undefined ? verdict : { ...verdict, path: chain.map((one) => one.facts.sha256) };
}

/**
 * Whether a verifier with this face accepts a certificate that a CA issues, sound in every other way: what a
 * population may show, of which no single certificate is known. Whether it names an OCSP responder is not known either.
 */
export function acceptsIssuedBy(
  face: VerifierFace,
  issuer: Digest,
  request: Request,
  rules: Rules,
  facts: Facts,
): Verdict {
  if (face.mode === "off" || face.mode === "request") return notAsked;
  const ca = traitsOf(facts.certificate(issuer));
  const { verdict } = verify(face, leafOf(ca), [ca], request.at, rules, facts);
  if (verdict.verdict !== "accepted" || face.ocsp !== true) return verdict;
  return unknown("ocsp-unknown", `whether certificates of ${ca.name} name an OCSP responder is not known`);
}

interface Decision {
  readonly verdict: Verdict;
  readonly chain?: Chain | undefined;
}

function decide(face: VerifierFace, shown: Shown, request: Request, rules: Rules, facts: Facts): Decision {
  if (face.mode === "off" || face.mode === "request") return { verdict: notAsked };
  const sent = face.advertiseNames && request.obeysNames === true ? fitting(face, shown, facts) : shown;
  if (sent === "nothing") {
    return {
      verdict:
        face.mode === "optional"
          ? accepted
          : refused("certificate-required", "a certificate is required and none is shown"),
    };
  }
  if ("unknown" in sent)
    return { verdict: unknown("shown-unreadable", `what is shown can't be read: ${sent.unknown}`) };
  const leaf = traitsOf(facts.certificate(sent.certificate));
  const along = sent.chain.map((digest) => traitsOf(facts.certificate(digest)));
  return verify(face, leaf, along, request.at, rules, facts);
}

function verify(
  face: VerifierFace,
  start: ChainStart,
  sent: readonly CertificateTraits[],
  at: number,
  rules: Rules,
  facts: Facts,
): Decision {
  if ("unknown" in face.anchors)
    return {
      verdict: unknown("anchors-unreadable", `the trust store can't be read: ${face.anchors.unknown}`),
    };
  if ("unknown" in face.crls)
    return {
      verdict: unknown("crls-unreadable", `the revocation lists can't be read: ${face.crls.unknown}`),
    };
  const atOnce = isSeen(start) ? judgeLeaf(start, rules) : undefined;
  if (atOnce !== undefined) return { verdict: atOnce, chain: [start] };
  const anchors = face.anchors.known.map((digest) => traitsOf(facts.certificate(digest)));
  const lists = face.crls.known.map((digest) => listTraitsOf(facts.crl(digest)));
  const built = buildChains({ start, sent, anchors, at }, rules);
  if (built === undefined)
    return { verdict: unknown("order-decides", "the CAs sign each other in more ways than can be followed") };
  const court: ChainCourt = { face, lists, at, rules };
  const decisions = built.map(
    (one): Decision => ({ verdict: judgeBuilt(one, court, anchors), chain: one.chain }),
  );
  return rules.chainChoice === "any" ? bestOf(decisions) : commonOf(decisions);
}

function judgeBuilt(
  { chain, fault }: BuiltChain,
  court: ChainCourt,
  anchors: readonly CertificateTraits[],
): Verdict {
  if (fault === undefined) return judgeChain(chain, court);
  const end = chain[chain.length - 1] as ChainStart;
  const name = labelOf(end);
  switch (fault) {
    case "self-signed":
      return refused(fault, `${name} signs itself and is not trusted`);
    case "chain-too-long":
      return refused(
        fault,
        `more than ${court.rules.maxIntermediates} intermediates above ${labelOf(chain[0])}`,
      );
    case "no-issuer": {
      const namesake = anchors.find(({ subject }) => subject === end.issuer);
      const issuer = isSeen(end) ? ` (issuer ${end.facts.issuer})` : "";
      if (namesake === undefined) return refused(fault, `no trusted CA issued ${name}${issuer}`);
      return refused(
        fault,
        `no trusted CA issued ${name}: one named ${namesake.name} is trusted, but has another key`,
      );
    }
  }
}

/** One chain that holds is enough. */
function bestOf(decisions: readonly Decision[]): Decision {
  const accepting = decisions.find(({ verdict }) => verdict.verdict === "accepted");
  const open = decisions.find(({ verdict }) => verdict.verdict === "unknown");
  return accepting ?? open ?? (decisions[0] as Decision);
}

/** Whatever the verifier chooses must come to the same; else nobody can tell. */
function commonOf(decisions: readonly Decision[]): Decision {
  const [first, ...others] = decisions as [Decision, ...Decision[]];
  const other = others.find(({ verdict }) => verdict.verdict !== first.verdict.verdict);
  if (other === undefined) return first;
  const { reason } = first.verdict.verdict === "accepted" ? other.verdict : first.verdict;
  return {
    verdict: unknown("order-decides", `it depends on which CA of the same name is tried first: ${reason}`),
    chain: first.chain,
  };
}

/** A leaf of a CA: all that is known of it is who issued it. */
function leafOf(ca: CertificateTraits): UnseenLeaf {
  const { ski, keyType, sha256, spki } = ca.facts;
  return {
    issuer: ca.subject,
    aki: { keyId: ski },
    selfSigned: false,
    selfIssued: false,
    malformed: undefined,
    signedBy: spki,
    facts: { sha256: `leaf of ${sha256}`, signature: keyType },
  };
}

/** A client that obeys the advertised names sends nothing when no CA of its chain is among them. */
function fitting(face: VerifierFace, shown: Shown, facts: Facts): Shown {
  if (typeof shown !== "object" || "unknown" in shown || "unknown" in face.anchors) return shown;
  const advertised = new Set(face.anchors.known.map((digest) => facts.certificate(digest).subject));
  const issuers = [shown.certificate, ...shown.chain].map((digest) => facts.certificate(digest).issuer);
  return advertised.size > 0 && !issuers.some((issuer) => advertised.has(issuer)) ? "nothing" : shown;
}
