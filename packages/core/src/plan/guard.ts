/**
 * The relative invariant: no step makes a link refused that was accepted before it. What can't be read is never taken
 * for served: it may only stay as it is, or go back to an image in which it was in effect.
 */
import { type Credential, type Graph, type Link, type StateOf, type States, textOf } from "./graph.ts";

/** How a credential fares on its link at the start; absent when it is refused already. */
type Served = "accepted" | "unknown";

/** What the links of a graph may not lose on the way from one set of states to another. */
export class Baseline {
  readonly #graph: Graph;
  readonly #start: States;
  readonly #goal: States;
  readonly #goalIsImage: boolean;
  /** By link, worked out when it is asked for: a way back is judged from many places, and touches few links at each. */
  readonly #served = new Map<Link, ReadonlyMap<string, Served>>();

  /**
   * @param goalIsImage whether the goal was in effect once: then what nobody can read there is taken as it was
   */
  constructor(graph: Graph, start: States, goal: States, goalIsImage: boolean) {
    this.#graph = graph;
    this.#start = start;
    this.#goal = goal;
    this.#goalIsImage = goalIsImage;
  }

  /** How a credential of a link fares at the start; undefined when it is refused. */
  served(link: Link, credential: string): Served | undefined {
    let served = this.#served.get(link);
    if (served === undefined) {
      served = this.#servedAtStart(link);
      this.#served.set(link, served);
    }
    return served.get(credential);
  }

  #servedAtStart(link: Link): ReadonlyMap<string, Served> {
    const served = this.#graph
      .verdicts(link, this.#start)
      .filter(({ credential }) => !this.#isGivenUp(link, credential))
      .flatMap(({ verdict, credential }): [string, Served][] =>
        verdict === "refused" ? [] : [[credential.key, verdict]],
      );
    return new Map(served);
  }

  /** Why a link would be broken in these states; undefined when it is not. */
  breakOf(link: Link, states: StateOf, before: StateOf = this.#start): string | undefined {
    for (const { verdict, reason, credential } of this.#graph.verdicts(link, states)) {
      if (verdict === "accepted" || link.mayRefuse.includes(credential.name)) continue;
      const served = this.served(link, credential.key);
      if (served === undefined) {
        if (this.#isRepaired(link, before)) return `it was repaired already, and then ${reason}`;
        continue;
      }
      if (verdict === "unknown" && this.isAsItWas(link, states)) continue;
      return reason;
    }
    return undefined;
  }

  /** The first link of these endpoints that would be broken, with the reason; undefined when none is. */
  firstBreak(
    touched: Iterable<string>,
    states: StateOf,
    before: StateOf,
  ): { readonly link: Link; readonly reason: string } | undefined {
    const judged = new Set<Link>();
    for (const key of touched) {
      for (const link of this.#graph.linksOf(key)) {
        if (judged.has(link)) continue;
        judged.add(link);
        const reason = this.breakOf(link, states, before);
        if (reason !== undefined) return { link, reason };
      }
    }
    return undefined;
  }

  /** Whether both ends of a link are just as at the start, or as in the image to go back to. */
  isAsItWas(link: Link, states: StateOf): boolean {
    const images = this.#goalIsImage ? [this.#start, this.#goal] : [this.#start];
    return images.some((image) => this.#isSame(link, states, image));
  }

  #isSame(link: Link, states: StateOf, image: StateOf): boolean {
    const shown = (at: StateOf): string =>
      this.#graph
        .credentials(link, at)
        .map((one) => `${one.key} ${textOf(one)}`)
        .join();
    if (shown(states) !== shown(image)) return false;
    if (!("endpoint" in link.to)) return true;
    const { endpoint: key } = link.to;
    return this.#graph.steps(key, states.get(key), image.get(key)).steps.length === 0;
  }

  /** What a population may show, and the image to go back to never let in, is not kept on the way there. */
  #isGivenUp(link: Link, credential: Credential): boolean {
    if (!this.#goalIsImage || !("population" in link.from)) return false;
    const face = this.#graph.verifierOf(link, this.#goal);
    return this.#graph.judge(link, credential, face).verdict === "refused";
  }

  /** A presenter's link that was broken at the start, is served before this step, and is to be served at the end. */
  #isRepaired(link: Link, before: StateOf): boolean {
    if (before === this.#start || "population" in link.from) return false;
    const serves = (at: StateOf): boolean =>
      this.#graph.verdicts(link, at).every(({ verdict }) => verdict === "accepted");
    return serves(before) && serves(this.#goal);
  }
}
