/**
 * The states of a verifier that a path may go through, from the strictest on. Only what exists is combined: anchors of
 * either end, CRLs that somebody signed, modes that the provider has.
 */
import type { Digest, Mode, VerifierFace, WantedVerifier } from "../adapter/contract.ts";
import { subjectDer } from "../certificate/read-crl.ts";
import { compareAccess } from "./classes.ts";
import type { Graph, States } from "./graph.ts";

const modes: readonly Mode[] = ["off", "request", "optional", "required"];

/** How far up a mode stands: 0 is `off`, 3 is `required`. */
export function rank(mode: Mode): number {
  return modes.indexOf(mode);
}

/** A state that a path may use, and what has to be agreed to for it. */
export interface Candidate {
  readonly wanted: WantedVerifier;
  /** Client classes that it lets in although neither end does. */
  readonly leaks: readonly string[];
  /** Client classes that it locks out although both ends let them in. */
  readonly dropped: readonly string[];
}

/**
 * All candidates for one verifier, strictest first, those that need no consent before the others.
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
  const sets = anchorSets(firstAnchors, last.anchors.known, facts.anchorRoom, needed);
  const found: Candidate[] = [];
  const at = graph.moments[0] as number;
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
          };
          const access = compareAccess(first, faceOf(wanted), last, at, facts, graph.facts);
          found.push({ wanted, ...access });
        }
      }
    }
  }
  return found.toSorted((a, b) => weight(a) - weight(b));
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
  };
}

function weight({ leaks, dropped }: Candidate): number {
  return (leaks.length > 0 ? 2 : 0) + (dropped.length > 0 ? 1 : 0);
}

/**
 * Anchor sets to try. With room for the union: the union and both ends. Without: every choice among the anchors that
 * a link needs, filled up with those of the goal and then of the start.
 */
function anchorSets(
  first: readonly Digest[],
  last: readonly Digest[],
  room: number,
  needed: ReadonlySet<Digest>,
): readonly (readonly Digest[])[] {
  const union = [...new Set([...last, ...first])];
  const sets = [union, last, first];
  if (union.length > room) {
    const relevantOnes = union.filter((anchor) => needed.has(anchor)).slice(0, 10);
    const rest = union.filter((anchor) => !needed.has(anchor));
    for (const choice of choices(relevantOnes, room))
      sets.push([...choice, ...rest.slice(0, room - choice.length)]);
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
  const needed = new Set<Digest>();
  const alone = (anchor: Digest): VerifierFace =>
    faceOf({ role: "verifier", mode: "optional", anchors: [anchor], crls: [], ignoreExpiry: true });
  for (const link of graph.linksOf(key)) {
    for (const credential of ends.flatMap((states) => graph.credentials(link, states))) {
      if (credential.shown === "nothing") continue;
      for (const anchor of universe) {
        if (graph.judge(link, credential, alone(anchor)).verdict === "accepted") needed.add(anchor);
      }
    }
  }
  return needed;
}

/**
 * CRL sets to try for these anchors. An anchor of one end has that end's lists; one of both may have either end's, or
 * both. What is revoked in both ends' lists is a list that nobody signed: it is never made up.
 */
function crlSets(
  graph: Graph,
  anchors: readonly Digest[],
  universe: readonly Digest[],
  first: readonly Digest[],
  last: readonly Digest[],
): readonly (readonly Digest[])[] {
  const subjects = (of: readonly Digest[]): Set<string> =>
    new Set(of.map((anchor) => subjectDer(graph.facts.certificate(anchor))));
  const [here, anywhere] = [subjects(anchors), subjects(universe)];
  const fits = (crl: Digest): boolean => {
    const { issuer } = graph.facts.crl(crl);
    return here.has(issuer) || !anywhere.has(issuer);
  };
  return withoutTwins([
    [...new Set([...last, ...first])].filter(fits),
    last.filter(fits),
    first.filter(fits),
    [],
  ]);
}

function withoutTwins(sets: readonly (readonly Digest[])[]): readonly (readonly Digest[])[] {
  return [...new Map(sets.map((set) => [set.toSorted().join(), set])).values()];
}
