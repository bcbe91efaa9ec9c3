import type { CertificateTraits } from "./certificate-traits.ts";
import { isSignedBy, mayHaveIssued, type UnseenLeaf } from "./issued-by.ts";
import type { Rules } from "./rules.ts";

/** Where a chain begins. */
export type ChainStart = CertificateTraits | UnseenLeaf;

/** A chain, leaf first. Every certificate above the first is known. */
export type Chain = [ChainStart, ...CertificateTraits[]];

/** What a verifier comes to: a chain that ends in an anchor, or one that does not, with the reason. */
export interface BuiltChain {
  readonly chain: Chain;
  readonly fault?: "no-issuer" | "self-signed" | "chain-too-long" | undefined;
}

/** What a chain is built from. */
export interface ChainParts {
  readonly start: ChainStart;
  /** What was sent along, in that order. */
  readonly sent: readonly CertificateTraits[];
  readonly anchors: readonly CertificateTraits[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** More are not followed: CAs that all sign each other have more chains than anybody can try. */
const mostSteps = 4_000;

/**
 * The chains that a verifier may come to, in the order of its choice; undefined when they are too many.
 *
 * OpenSSL comes to one: it takes anchors first, then what was sent, chooses by names, key identifiers and dates, and
 * never comes back from a choice (`build_chain` in x509_vfy.c). Where the order of the anchors is not known, every
 * choice that it may make is followed. A verifier that tries every chain has them all.
 */
export function buildChains(parts: ChainParts, rules: Rules): readonly BuiltChain[] | undefined {
  return rules.chainChoice === "any" ? buildAll(parts, rules) : buildChosen(parts, rules);
}

interface Walk {
  readonly chain: Chain;
  /** Whether the end was sent, or is an anchor. */
  endIsAnchor: boolean;
  left: readonly CertificateTraits[];
  searchesSent: boolean;
}

function buildChosen(
  { start, sent, anchors, at }: ChainParts,
  rules: Rules,
): readonly BuiltChain[] | undefined {
  const longest = rules.maxIntermediates + 1;
  let steps = 0;
  const found = follow({
    chain: [start],
    endIsAnchor: false,
    left: sent,
    searchesSent: sent.length > 0,
  });
  return steps > mostSteps ? undefined : found;

  function follow(walk: Walk): readonly BuiltChain[] {
    const { chain } = walk;
    for (;;) {
      steps += 1;
      if (steps > mostSteps) return [];
      const end = chain[chain.length - 1] as ChainStart;
      const isFull = chain.length > longest;
      const choices = isFull ? [] : chooseAnchors(end, anchors, at, rules);
      if (choices.length > 1) {
        return choices.flatMap((choice) => take({ ...walk, chain: [...chain] }, end, choice) ?? []);
      }
      const [choice] = choices;
      if (choice !== undefined) return take(walk, end, choice);
      if (!walk.searchesSent) return [finish(walk)];
      const issuer = end.selfSigned || isFull ? undefined : chooseSent(end, walk, at);
      if (issuer === undefined) {
        walk.searchesSent = false;
        continue;
      }
      walk.left = walk.left.filter((one) => one !== issuer);
      chain.push(issuer);
    }
  }

  /** Puts an anchor at the end. One that was sent and signs itself must be the anchor, byte for byte. */
  function take(walk: Walk, end: ChainStart, choice: CertificateTraits): readonly BuiltChain[] {
    const { chain } = walk;
    if (end.selfSigned && end.facts.sha256 !== choice.facts.sha256) return [finish(walk)];
    if (!end.selfSigned) chain.push(choice);
    if (choice.selfSigned || rules.partialChain) return [{ chain }];
    walk.searchesSent = false;
    walk.endIsAnchor = true;
    return follow(walk);
  }

  function finish({ chain, endIsAnchor }: Walk): BuiltChain {
    const end = chain[chain.length - 1] as ChainStart;
    if (chain.length > longest) return { chain, fault: "chain-too-long" };
    if (rules.partialChain && !endIsAnchor && isAmong(start, anchors)) return { chain };
    return { chain, fault: end.selfSigned ? "self-signed" : "no-issuer" };
  }
}

/** Which anchor is taken as the issuer: the first that is in date, or else the one that ends last. */
function chooseAnchors(
  end: ChainStart,
  anchors: readonly CertificateTraits[],
  at: number,
  rules: Rules,
): readonly CertificateTraits[] {
  const fitting = anchors.filter((anchor) => mayHaveIssued(anchor, end));
  if (fitting.length < 2) return fitting;
  if (rules.chainChoice === "first") return [prefer(fitting, at)];
  const inDate = fitting.filter((anchor) => isInDate(anchor, at));
  if (inDate.length > 0) return inDate;
  const last = Math.max(...fitting.map(({ facts }) => facts.notAfter));
  return fitting.filter(({ facts }) => facts.notAfter === last);
}

function chooseSent(end: ChainStart, { chain, left }: Walk, at: number): CertificateTraits | undefined {
  const mayRepeat = end.selfIssued && chain.length === 1;
  const fitting = left.filter((one) => mayHaveIssued(one, end) && (mayRepeat || !isAmong(one, chain)));
  return fitting.length === 0 ? undefined : prefer(fitting, at);
}

function prefer(fitting: readonly CertificateTraits[], at: number): CertificateTraits {
  return (
    fitting.find((one) => isInDate(one, at)) ??
    fitting.reduce((last, one) => (one.facts.notAfter > last.facts.notAfter ? one : last))
  );
}

function isInDate({ facts }: CertificateTraits, at: number): boolean {
  return facts.notBefore <= at && at < facts.notAfter;
}

function isAmong(one: ChainStart, others: readonly ChainStart[]): boolean {
  return others.some(({ facts }) => facts.sha256 === one.facts.sha256);
}

/** Every chain whose signatures hold. */
function buildAll({ start, sent, anchors }: ChainParts, rules: Rules): readonly BuiltChain[] | undefined {
  const trusted = new Set(anchors.map(({ facts }) => facts.sha256));
  const candidates = [...new Map([...anchors, ...sent].map((one) => [one.facts.sha256, one])).values()];
  const found: BuiltChain[] = [];
  let isCutOff = false;
  let steps = 0;
  const walk = (chain: Chain): void => {
    steps += 1;
    if (steps > mostSteps) return;
    const end = chain[chain.length - 1] as ChainStart;
    if (trusted.has(end.facts.sha256) && (rules.partialChain || end.selfSigned)) {
      found.push({ chain });
      return;
    }
    for (const issuer of candidates) {
      if (!mayHaveIssued(issuer, end) || isAmong(issuer, chain) || !isSignedBy(end, issuer)) continue;
      if (chain.length <= rules.maxIntermediates + 1) walk([...chain, issuer]);
      else isCutOff = true;
    }
  };
  walk([start]);
  if (steps > mostSteps) return undefined;
  if (found.length > 0) return found;
  const fault = isCutOff ? "chain-too-long" : start.selfSigned ? "self-signed" : "no-issuer";
  return [{ chain: [start], fault }];
}
