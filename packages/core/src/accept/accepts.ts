/**
 * The one function that decides whether a handshake succeeds. Everything that plans, checks or reports asks it.
 */
import type {
  Digest,
  Facts,
  Shown,
  ShownCertificate,
  VerifierFace,
  VerifierFacts,
} from "../adapter/contract.ts";
import type { CertificateFacts } from "../certificate/facts.ts";
import { isIssuedBy, subjectDer } from "../certificate/read-certificate.ts";

/** What a verifier does with a connection. `unknown` when what decides it can't be read. */
export interface Verdict {
  readonly verdict: "accepted" | "refused" | "unknown";
  /** Why, in words for a person; empty when there is nothing to say. */
  readonly reason: string;
}

/** What a verifier's provider is like: the rules by which it judges. */
export type Rules = Pick<VerifierFacts, "maxIntermediates" | "partialChain" | "crlRule">;

/** What the connection is like, beside the certificate. */
export interface Request {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** True for clients that send nothing when no advertised CA name fits their certificate (RFC 8446, 4.4.2.3). */
  readonly obeysNames?: boolean | undefined;
}

const clientAuth = "1.3.6.1.5.5.7.3.2";
const anyUsage = "2.5.29.37.0";

const accepted: Verdict = { verdict: "accepted", reason: "" };
const refused = (reason: string): Verdict => ({ verdict: "refused", reason });
const unknown = (reason: string): Verdict => ({ verdict: "unknown", reason });

/**
 * Whether a verifier with this face accepts a connection that shows this.
 *
 * Chains are built as RFC 5280 section 6 has it, from the shown certificate through what was sent along to an
 * anchor, with the provider's rules for depth, partial chains and CRLs.
 */
export function accepts(
  face: VerifierFace,
  shown: Shown,
  request: Request,
  rules: Rules,
  facts: Facts,
): Verdict {
  if (face.mode === "off" || face.mode === "request") return accepted;
  const sent = face.advertiseNames && request.obeysNames === true ? fitting(face, shown, facts) : shown;
  if (sent === "nothing") {
    return face.mode === "optional" ? accepted : refused("a certificate is required and none is shown");
  }
  if ("unknown" in sent) return unknown(`what is shown can't be read: ${sent.unknown}`);
  if ("unknown" in face.anchors) return unknown(`the trust store can't be read: ${face.anchors.unknown}`);
  if ("unknown" in face.crls) return unknown(`the revocation lists can't be read: ${face.crls.unknown}`);
  return verify(face, sent, face.anchors.known, face.crls.known, request.at, rules, facts);
}

function verify(
  face: VerifierFace,
  shown: ShownCertificate,
  anchors: readonly Digest[],
  crls: readonly Digest[],
  at: number,
  rules: Rules,
  facts: Facts,
): Verdict {
  const leaf = facts.certificate(shown.certificate);
  if (
    leaf.extendedKeyUsage !== undefined &&
    !leaf.extendedKeyUsage.some((oid) => oid === clientAuth || oid === anyUsage)
  ) {
    return refused(`${leaf.subject} is not for client authentication (extended key usage)`);
  }
  const paths = chains(
    leaf,
    shown.chain.map((digest) => facts.certificate(digest)),
    anchors.map((digest) => facts.certificate(digest)),
    rules,
  );
  if (paths.length === 0) return refused(`no trusted CA issued ${leaf.subject} (issuer ${leaf.issuer})`);
  let last: Verdict = refused("no chain");
  for (const path of paths) {
    last = judgePath(path, face, crls, at, rules, facts);
    if (last.verdict === "accepted") return last;
  }
  return last;
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
  if (face.mode === "off" || face.mode === "request") return accepted;
  if ("unknown" in face.anchors) return unknown(`the trust store can't be read: ${face.anchors.unknown}`);
  if ("unknown" in face.crls) return unknown(`the revocation lists can't be read: ${face.crls.unknown}`);
  const ca = facts.certificate(issuer);
  const anchors = face.anchors.known.map((digest) => facts.certificate(digest));
  const paths = chains(ca, [], anchors, { ...rules, maxIntermediates: rules.maxIntermediates - 1 });
  const crls = face.crls.known;
  const verdicts = paths.map((path) => {
    const covered = rules.crlRule !== "whole" || crls.length === 0 || hasList(ca, crls, facts);
    if (!covered) return refused(`no revocation list for ${ca.subject}, while others have one`);
    // only a leaf's end is ever forgiven, and there is none in this path
    const strict = { ...face, ignoreExpiry: false };
    const verdict = judgePath(path, strict, crls, request.at, rules, facts);
    if (verdict.verdict !== "accepted" || face.ocsp !== true) return verdict;
    return unknown(`whether certificates of ${ca.subject} name an OCSP responder is not known`);
  });
  return (
    verdicts.find(({ verdict }) => verdict !== "refused") ??
    verdicts[0] ??
    refused(`${ca.subject} is not trusted`)
  );
}

function hasList(ca: CertificateFacts, crls: readonly Digest[], facts: Facts): boolean {
  const name = subjectDer(ca);
  return crls.some((digest) => facts.crl(digest).issuer === name);
}

/** Every chain from the leaf to an anchor: leaf first, anchor last. */
function chains(
  leaf: CertificateFacts,
  sent: readonly CertificateFacts[],
  anchors: readonly CertificateFacts[],
  rules: Rules,
): CertificateFacts[][] {
  const found: CertificateFacts[][] = [];
  const trusted = new Set(anchors.map((anchor) => anchor.sha256));
  const walk = (path: readonly CertificateFacts[]): void => {
    const end = path[path.length - 1] as CertificateFacts;
    if (trusted.has(end.sha256) && (rules.partialChain || isIssuedBy(end, end))) {
      found.push([...path]);
      return;
    }
    for (const issuer of new Set([...anchors, ...sent])) {
      const isAnchor = trusted.has(issuer.sha256);
      if (path.includes(issuer) || !issuer.ca) continue;
      if (path.length - 1 >= rules.maxIntermediates && !isAnchor) continue;
      if (isIssuedBy(end, issuer)) walk([...path, issuer]);
    }
  };
  walk([leaf]);
  return found;
}

function judgePath(
  path: readonly CertificateFacts[],
  { ignoreExpiry, ocsp }: Pick<VerifierFace, "ignoreExpiry" | "ocsp">,
  crls: readonly Digest[],
  at: number,
  rules: Rules,
  facts: Facts,
): Verdict {
  // the anchor, last in the path, is trusted without being asked about
  const mute = ocsp === true ? path.slice(0, -1).find((one) => !one.namesOcspResponder) : undefined;
  if (mute !== undefined) return refused(`${mute.subject} names no OCSP responder`);
  for (const [index, certificate] of path.entries()) {
    const isForgiven = ignoreExpiry && index === 0;
    if (at > certificate.notAfter && !isForgiven) return refused(`${certificate.subject} has expired`);
    if (at < certificate.notBefore) return refused(`${certificate.subject} is not valid yet`);
  }
  return crls.length === 0 ? accepted : judgeRevocation(path, crls, at, rules, facts);
}

function judgeRevocation(
  path: readonly CertificateFacts[],
  crls: readonly Digest[],
  at: number,
  rules: Rules,
  facts: Facts,
): Verdict {
  const lists = crls.map((digest) => facts.crl(digest));
  for (const [index, issuer] of path.slice(1).entries()) {
    const certificate = path[index] as CertificateFacts;
    const own = lists.filter((list) => list.issuer === subjectDer(issuer));
    if (own.length === 0) {
      if (rules.crlRule === "whole")
        return refused(`no revocation list for ${issuer.subject}, while others have one`);
      continue;
    }
    if (own.some((list) => list.revoked.has(certificate.serial)))
      return refused(`${certificate.subject} is revoked`);
    if (rules.crlRule === "listed") continue;
    if (own.every((list) => list.nextUpdate !== undefined && at > list.nextUpdate)) {
      return refused(`the revocation list of ${issuer.subject} is out of date`);
    }
  }
  return accepted;
}

/** A client that obeys the advertised names sends nothing when no CA of its chain is among them. */
function fitting(face: VerifierFace, shown: Shown, facts: Facts): Shown {
  if (typeof shown !== "object" || "unknown" in shown || "unknown" in face.anchors) return shown;
  const advertised = new Set(face.anchors.known.map((digest) => facts.certificate(digest).subject));
  const issuers = [shown.certificate, ...shown.chain].map((digest) => facts.certificate(digest).issuer);
  return advertised.size > 0 && !issuers.some((issuer) => advertised.has(issuer)) ? "nothing" : shown;
}
