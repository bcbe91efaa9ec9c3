import { checkCrlSignature } from "../certificate/crl-signature.ts";
import type { Chain, ChainStart } from "./build-chains.ts";
import { type CertificateTraits, fitsKeyId } from "./certificate-traits.ts";
import { isSeen } from "./issued-by.ts";
import type { ListTraits } from "./list-traits.ts";
import type { Rules } from "./rules.ts";
import { refused, unknown, type Verdict } from "./verdict.ts";

/** A list that may speak of a certificate, and who of the chain signed it. */
interface Candidate {
  readonly list: ListTraits;
  readonly signer: CertificateTraits;
  readonly isInScope: boolean;
  readonly isInDate: boolean;
  /** Higher is better: as OpenSSL weighs lists against each other. */
  readonly score: number;
}

/**
 * Whether a chain stands up to the revocation lists; undefined when it does (RFC 5280, 6.3.3, as OpenSSL practises it
 * with `-crl_check_all`). A leaf that nobody has seen is on no list, but must be covered by one.
 */
export function judgeRevocation(
  chain: Chain,
  lists: readonly ListTraits[],
  at: number,
  rules: Rules,
): Verdict | undefined {
  if (lists.length === 0) return undefined;
  for (const [index, certificate] of chain.entries()) {
    const verdict =
      rules.crlRule === "listed"
        ? judgeListed(chain, index, lists)
        : judgeCovered(certificate, chain, index, lists, at, rules);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

/** What a list names is refused, and nothing else; the anchor is not asked about. */
function judgeListed(chain: Chain, index: number, lists: readonly ListTraits[]): Verdict | undefined {
  const certificate = chain[index] as ChainStart;
  if (!isSeen(certificate) || index === chain.length - 1) return undefined;
  return lists.some((list) => list.issuer === certificate.issuer && isOn(list, certificate))
    ? revoked(certificate)
    : undefined;
}

function judgeCovered(
  certificate: ChainStart,
  chain: Chain,
  index: number,
  lists: readonly ListTraits[],
  at: number,
  rules: Rules,
): Verdict | undefined {
  const own = lists.filter(({ issuer }) => issuer === certificate.issuer);
  if (own.length === 0 && rules.crlRule === "covered") return undefined;
  const candidates = own.flatMap((list) => weigh(list, certificate, chain, index, at) ?? []);
  const best = candidates.reduce<Candidate | undefined>(
    (former, one) => (former === undefined || isBetter(one, former) ? one : former),
    undefined,
  );
  if (best === undefined) return judgeMissing(chain, index, own, lists);
  const verdict = judgeList(best, certificate, at);
  if (verdict !== undefined || rules.crlChoice === "newest" || !isSeen(certificate)) return verdict;
  // how the provider chooses among several lists of one CA is not known: what any of them revokes is revoked
  const others = candidates.filter((one) => one !== best && isOn(one.list, certificate));
  return others.some((one) => judgeList({ ...one, isInDate: true }, certificate, at)?.code === "revoked")
    ? revoked(certificate)
    : undefined;
}

/** How a list is weighed for a certificate; undefined for one that can't be used. `get_crl_score` in x509_vfy.c. */
function weigh(
  list: ListTraits,
  certificate: ChainStart,
  chain: Chain,
  index: number,
  at: number,
): Candidate | undefined {
  const { scope, facts } = list;
  if (scope === "unreadable" || scope?.indirect || scope?.someReasons || list.isDelta) return undefined;
  const next = Math.min(index + 1, chain.length - 1);
  const signer = signerOf(list, chain, next);
  if (signer === undefined) return undefined;
  const isInScope = concerns(list, certificate);
  const isInDate = facts.thisUpdate <= at && (facts.nextUpdate === undefined || at < facts.nextUpdate);
  const score =
    (list.unknownCritical === undefined ? 0x100 : 0) +
    (isInScope ? 0x80 : 0) +
    (isInDate ? 0x40 : 0) +
    (signer === chain[next] ? 0x10 : 0);
  return { list, signer, isInScope, isInDate, score };
}

/** The issuer, or, where its key identifier is another one, a CA of the same name further up: one with an older key. */
function signerOf({ aki, issuer }: ListTraits, chain: Chain, next: number): CertificateTraits | undefined {
  for (const [offset, one] of chain.slice(next).entries()) {
    if (!isSeen(one) || (offset > 0 && one.subject !== issuer)) continue;
    if (fitsKeyId(aki, one.facts, one.issuer)) return one;
  }
  return undefined;
}

/** Whether a list speaks of this certificate. `crl_crldp_check` in x509_vfy.c. */
function concerns({ scope }: ListTraits, certificate: ChainStart): boolean {
  if (scope === undefined || scope === "unreadable") return true;
  const isCa = isSeen(certificate) && certificate.saysCa;
  if (scope.onlyAttributeCertificates || (isCa ? scope.onlyUserCertificates : scope.onlyCaCertificates))
    return false;
  if (scope.names === undefined && !scope.relative) return true;
  const points = isSeen(certificate) ? certificate.distributionPoints : [];
  return points.some(
    ({ names, otherIssuer, relative }) =>
      !otherIssuer &&
      ((names === undefined && !relative) || names?.some((name) => scope.names?.includes(name)) === true),
  );
}

function isBetter(one: Candidate, former: Candidate): boolean {
  if (one.score !== former.score) return one.score > former.score;
  return one.list.facts.thisUpdate > former.list.facts.thisUpdate;
}

/** What is wrong with a list, or whom it revokes. `check_crl` and `cert_crl` in x509_vfy.c. */
function judgeList(
  { list, signer, isInScope, isInDate }: Candidate,
  certificate: ChainStart,
  at: number,
): Verdict | undefined {
  const of = `the revocation list of ${signer.name}`;
  if (!signer.maySignCrls)
    return refused(
      "crl-issuer-usage",
      `the key usage of ${signer.name} does not let it sign revocation lists`,
    );
  if (!isInScope) return refused("crl-scope", `${of} does not speak of ${nameOf(certificate, signer)}`);
  if (!isInDate)
    return at < list.facts.thisUpdate
      ? refused("crl-not-yet-valid", `${of} is not valid yet`)
      : refused("crl-expired", `${of} is out of date`);
  const signature = checkCrlSignature(list.facts, signer.facts);
  if (signature.verdict === "bad")
    return refused("crl-signature", `${of} is not signed by it: ${signature.explanation}`);
  if (list.unknownCritical !== undefined)
    return refused(
      "crl-unknown-critical-extension",
      `${of} has the critical extension ${list.unknownCritical}, which is not known`,
    );
  return isSeen(certificate) && isOn(list, certificate) ? revoked(certificate) : undefined;
}

function judgeMissing(
  chain: Chain,
  index: number,
  own: readonly ListTraits[],
  lists: readonly ListTraits[],
): Verdict {
  const certificate = chain[index] as ChainStart;
  const issuer = chain[index + 1] as CertificateTraits | undefined;
  const of = issuer?.name ?? (isSeen(certificate) ? certificate.facts.issuer : "the issuer");
  if (lists.some(({ scope }) => typeof scope === "object" && scope.indirect))
    return unknown(
      "crl-indirect",
      `an indirect revocation list may speak for ${of}; not every verifier reads those`,
    );
  if (own.some(({ isDelta }) => isDelta))
    return unknown("crl-delta", `${of} has a list of changes only; not every verifier reads those`);
  const why = own.length === 0 ? "while others have one" : "and those under its name are not of its key";
  return refused("crl-missing", `no revocation list for ${of}, ${why}`);
}

function isOn(list: ListTraits, certificate: CertificateTraits): boolean {
  return list.facts.revoked.has(certificate.facts.serial);
}

function revoked(certificate: CertificateTraits): Verdict {
  return refused("revoked", `${certificate.name} is revoked`);
}

function nameOf(certificate: ChainStart, signer: CertificateTraits): string {
  return isSeen(certificate) ? certificate.name : `what ${signer.name} issues`;
}
