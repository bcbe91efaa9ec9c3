/**
 * The states of a verifier that a path may go through, from the strictest on. Only what exists is combined: anchors of
 * either end, CRLs that somebody signed, modes that the provider has.
 */
import type { Digest, Mode, VerifierFace, WantedVerifier } from "../adapter/contract.ts";
import { subjectDer } from "../certificate/read-certificate.ts";
import { type Access, compareAccess } from "./classes.ts";
import { type Graph, type States, textOf } from "./graph.ts";

const modes: readonly Mode[] = ["off", "request", "optional", "required"];

/** How far up a mode stands: 0 is `off`, 3 is `required`. */
export function rank(mode: Mode): number {
  return modes.indexOf(mode);
}

/** A state that a path may use, and what has to be agreed to for it. */
export interface Candidate {
  readonly wanted: WantedVerifier;
  /** Whom it lets in although neither end does, and locks out although both do: worked out when it is asked for. */
  access(): Access;
}

/**
 * All candidates for one verifier, strictest first.
 *
 * @param first the face at the start
 * @param last the face that is wanted
 * @param ends the states of all endpoints at the start and at the goal
 */
export function candidatesOf(
  graph: Graph,
  key: string,
  first: VerifierFace,
  last: VerifierFace,
  ends: readonly States[],
): readonly Candidate[] {
  const { adapter } = graph.endpoint(key);
  const { facts } = adapter;
  if (facts.role !== "verifier" || "unknown" in last.anchors || "unknown" in last.crls) return [];
  const firstAnchors = "known" in first.anchors ? first.anchors.known : [];
  const firstCrls = "known" in first.crls ? first.crls.known : [];
  const unreadable = "unknown" in first.anchors || "unknown" in first.crls;
  const universe = [...new Set([...last.anchors.known, ...firstAnchors])];
  const needed = neededAnchors(graph, key, universe, ends);
  const lists = firstCrls.length + last.crls.known.length > 0;
  const tight = lists || universe.length > facts.anchorRoom;
  const sets = anchorSets(firstAnchors, last.anchors.known, facts.anchorRoom, tight ? needed : new Set());
  const found: Candidate[] = [];
  for (const mode of facts.modes.toSorted((a, b) => rank(b) - rank(a))) {
    if (unreadable && rank(mode) > rank("request") && rank(last.mode) < rank(mode)) continue;
    for (const anchors of sets) {
      for (const crls of crlSets(graph, anchors, universe, firstCrls, last.crls.known)) {
        for (const ignoreExpiry of new Set([false, first.ignoreExpiry, last.ignoreExpiry])) {
          const wanted: WantedVerifier = {
            role: "verifier",
            mode,
            anchors,
            crls,
            ignoreExpiry,
            advertiseNames: first.advertiseNames && last.advertiseNames,
            ocsp: first.ocsp === true && last.ocsp === true,
          };
          let known: Access | undefined;
          const access = (): Access => {
            known ??= compareAccess(first, faceOf(wanted), last, graph.at, facts, graph.facts);
            return known;
          };
          found.push({ wanted, access });
        }
      }
    }
  }
  return found;
}

/** 0: needs no consent; 1: locks some clients out for a while; 2: lets some in that neither end does. */
export function consentRank({ access }: Candidate): 0 | 1 | 2 {
  const { leaks, dropped } = access();
  if (leaks.length > 0) return 2;
  return dropped.length > 0 ? 1 : 0;
}

/** The face that a wanted state has once it is in effect. */
function faceOf(wanted: WantedVerifier): VerifierFace {
  return {
    role: "verifier",
    mode: wanted.mode,
    anchors: { known: wanted.anchors },
    crls: { known: wanted.crls },
    ignoreExpiry: wanted.ignoreExpiry ?? false,
    advertiseNames: wanted.advertiseNames ?? false,
    ocsp: wanted.ocsp ?? false,
  };
}

/** Of this many anchors every choice is tried; of more, the rest is taken by preference. */
const mostChosen = 8;

/**
 * Anchor sets to try: the union and both ends, where there is room; and every choice among the needed anchors, alone
 * and filled up with what both ends have, then what the goal has, then what the start has.
 */
function anchorSets(
  first: readonly Digest[],
  last: readonly Digest[],
  room: number,
  needed: ReadonlySet<Digest>,
): readonly (readonly Digest[])[] {
  const union = [...new Set([...last, ...first])];
  const sets: (readonly Digest[])[] = [union, last, first];
  const atBoth = new Set(first.filter((anchor) => last.includes(anchor)));
  const preferred = [...union.filter((one) => atBoth.has(one)), ...union.filter((one) => !atBoth.has(one))];
  const chosen = preferred.filter((anchor) => needed.has(anchor)).slice(0, mostChosen);
  const rest = preferred.filter((anchor) => !chosen.includes(anchor));
  for (const choice of choices(chosen, room)) {
    sets.push([...choice, ...rest.slice(0, room - choice.length)]);
    sets.push(choice);
  }
  return withoutTwins(sets.filter((set) => set.length <= room));
}

/** All subsets with at most `most` members, larger ones first. */
function choices(from: readonly Digest[], most: number): Digest[][] {
  let sets: Digest[][] = [[]];
  for (const one of from) sets = sets.flatMap((set) => [[...set, one], set]);
  return sets.filter((set) => set.length <= most).toSorted((a, b) => b.length - a.length);
}

/** Anchors, of either end, that something shown over a link at either end comes from. */
function neededAnchors(
  graph: Graph,
  key: string,
  universe: readonly Digest[],
  ends: readonly States[],
): ReadonlySet<Digest> {
  const alone = universe.map((anchor): [Digest, VerifierFace] => [
    anchor,
    faceOf({ role: "verifier", mode: "optional", anchors: [anchor], crls: [], ignoreExpiry: true }),
  ]);
  const needed = new Set<Digest>();
  const looked = new Set<string>();
  for (const link of graph.linksOf(key)) {
    for (const credential of ends.flatMap((states) => graph.credentials(link, states))) {
      const text = textOf(credential);
      if (text === "nothing" || looked.has(text)) continue;
      looked.add(text);
      for (const [anchor, face] of alone) {
        if (graph.judge(link, credential, face).verdict === "accepted") needed.add(anchor);
      }
    }
  }
  return needed;
}

/** Of this many combinations of lists every one is tried; of more, only the plain ones. */
const mostCombinations = 32;

/**
 * CRL sets to try for these anchors: the lists of either end, of both, or none, for all CAs at once and, where that is
 * not too many, for each CA by itself. What is revoked in both ends' lists is a list that nobody signed: never made up.
 */
function crlSets(
  graph: Graph,
  anchors: readonly Digest[],
  universe: readonly Digest[],
  first: readonly Digest[],
  last: readonly Digest[],
): readonly (readonly Digest[])[] {
  if (first.length + last.length === 0) return [[]];
  const subjects = (of: readonly Digest[]): Set<string> =>
    new Set(of.map((anchor) => subjectDer(graph.facts.certificate(anchor))));
  const [here, anywhere] = [subjects(anchors), subjects(universe)];
  const fits = (crl: Digest): boolean => {
    const { issuer } = graph.facts.crl(crl);
    return here.has(issuer) || !anywhere.has(issuer);
  };
  const both = [...new Set([...last, ...first])].filter(fits);
  const plain = [both, last.filter(fits), first.filter(fits), []];
  const byIssuer = [...Map.groupBy(both, (crl) => graph.facts.crl(crl).issuer).values()].map((lists) =>
    withoutTwins([
      lists,
      lists.filter((crl) => last.includes(crl)),
      lists.filter((crl) => first.includes(crl)),
      [],
    ]),
  );
  const combinations = byIssuer.reduce((product, { length }) => product * length, 1);
  if (combinations > mostCombinations) return withoutTwins(plain);
  const each = byIssuer.reduce<Digest[][]>(
    (sets, options) => sets.flatMap((set) => options.map((option) => [...set, ...option])),
    [[]],
  );
  return withoutTwins([...plain, ...each]);
}

function withoutTwins(sets: readonly (readonly Digest[])[]): readonly (readonly Digest[])[] {
  return [...new Map(sets.map((set) => [set.toSorted().join(), set])).values()];
}
