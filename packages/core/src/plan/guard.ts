/**
 * The relative invariant (ARCHITECTURE, "What never happens"): no step makes a link refused that was accepted before.
 */
import { endsOf, type Graph, type Link, type States } from "./graph.ts";

/** What a link may not lose: computed once, from the states at the start. */
export type Baseline = ReadonlyMap<string, Served>;

/**
 * How a link stands at the start. A presenter's link is `all` when it is served, `none` when it is broken already,
 * `unknown` when nobody can tell. A population's link is a set of credentials that are served.
 */
export type Served = "all" | "none" | "unknown" | ReadonlySet<string>;

export function baselineOf(graph: Graph, start: States): Baseline {
  return new Map(
    graph.links.map((link): [string, Served] => {
      const verdicts = graph.verdicts(link, start);
      if ("population" in link.from) {
        const served = verdicts
          .filter(({ verdict }) => verdict === "accepted")
          .map(({ credential }) => credential.key);
        return [link.key, new Set(served)];
      }
      const [only] = verdicts;
      if (only?.verdict === "accepted") return [link.key, "all"];
      return [link.key, only?.verdict === "unknown" ? "unknown" : "none"];
    }),
  );
}

/** Why a link would be broken in these states; undefined when it is not. */
export function breakOf(graph: Graph, baseline: Baseline, link: Link, states: States): string | undefined {
  const served = baseline.get(link.key);
  if (served === undefined || served === "none") return undefined;
  for (const { verdict, reason, credential } of graph.verdicts(link, states)) {
    if (verdict === "accepted" || link.mayRefuse.includes(credential.name)) continue;
    if (served === "unknown" && verdict === "unknown") continue;
    if (typeof served === "object" && !served.has(credential.key)) continue;
    return reason;
  }
  return undefined;
}

/** The first link of these endpoints that would be broken, with the reason; undefined when none is. */
export function firstBreak(
  graph: Graph,
  baseline: Baseline,
  touched: Iterable<string>,
  states: States,
): { readonly link: Link; readonly reason: string } | undefined {
  const judged = new Set<string>();
  for (const key of touched) {
    for (const link of graph.linksOf(key)) {
      if (judged.has(link.key)) continue;
      judged.add(link.key);
      if (endsOf(link).length === 0) continue;
      const reason = breakOf(graph, baseline, link, states);
      if (reason !== undefined) return { link, reason };
    }
  }
  return undefined;
}
