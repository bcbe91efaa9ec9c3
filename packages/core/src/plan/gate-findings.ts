/** What gates of a plan can't show, and what nothing shows. */
import type { Verdict } from "../accept/verdict.ts";
import type { Finding, VerifierFace } from "../adapter/contract.ts";
import { rank } from "./candidates.ts";
import type { Ends } from "./findings.ts";
import type { Graph, Link, StateOf } from "./graph.ts";
import type { PlanStep } from "./plan.ts";
import type { ProofPolicy } from "./proofs.ts";

/** One place of a plan at which a verifier gets narrower. */
export interface Narrowing {
  readonly key: string;
  readonly now: VerifierFace;
  readonly next: VerifierFace;
}

/** Links of the spec that no handshake proves. */
export function unprovedLinks(graph: Graph, proof: ProofPolicy | undefined): readonly Finding[] {
  const named = graph.links.filter((link) => link.named);
  const bare = named.filter(
    ({ probe }) => probe === undefined || (proof === undefined && probe.unreachable !== "all"),
  );
  const mute = named.filter(
    ({ probe, from }) =>
      proof !== undefined && "endpoint" in from && probe?.url !== undefined && probe.echo === undefined,
  );
  const outOfReach = named.filter(({ probe }) => probe?.unreachable === "all");
  const onlyOver = named.filter(({ probe }) => probe?.unreachable === "direct");
  const onlyDirect = named.filter(
    ({ probe }) => proof !== undefined && probe?.url === undefined && probe?.direct !== undefined,
  );
  const why =
    proof === undefined ? "no prober was given to createHandfast" : "the spec gives no probe for it";
  return [
    ...sayOf(bare, "unproved", "warning", (names) => `not proved by a handshake: ${names}; ${why}`),
    ...sayOf(
      mute,
      "served-only",
      "info",
      (names) =>
        `proved is that it is served, not with which certificate: ${names}; name an echo header in the probe`,
    ),
    ...sayOf(
      outOfReach,
      "unreachable",
      "warning",
      (names) => `not proved, since the spec says that it can't be reached from here: ${names}`,
    ),
    ...sayOf(
      onlyOver,
      "direct-unreachable",
      "info",
      (names) =>
        `proved over the link only, since the spec says that its verifier can't be reached from here: ${names}`,
    ),
    ...sayOf(
      onlyDirect,
      "direct-only",
      "info",
      (names) => `proved is what the verifier does, not that the presenter shows it: ${names}`,
    ),
  ];
}

function sayOf(
  links: readonly Link[],
  code: string,
  severity: Finding["severity"],
  say: (names: string) => string,
): readonly Finding[] {
  if (links.length === 0) return [];
  return [{ code, severity, message: say(listed(links)) }];
}

/** At most five keys, and how many more there are. */
function listed(links: readonly Link[]): string {
  const names = links
    .slice(0, 5)
    .map(({ key }) => key)
    .join(", ");
  return links.length > 5 ? `${names} and ${links.length - 5} more` : names;
}

/** Links whose direct proof can't be made, because their verifier would refuse what it is to show. */
export function unprovedDirectly(
  graph: Graph,
  goal: StateOf,
  proof: ProofPolicy | undefined,
): readonly Finding[] {
  if (proof === undefined) return [];
  return graph.links.flatMap((link): Finding[] => {
    if (!link.named || rank(graph.verifierOf(link, goal).mode) <= rank("request")) return [];
    const { verdict, reason } = judgeDirectly(graph, link, goal) ?? { verdict: "accepted", reason: "" };
    if (verdict === "accepted") return [];
    const to = "endpoint" in link.to ? link.to.endpoint : link.to.verifier;
    return [
      {
        code: "direct-unproved",
        severity: "warning",
        target: "endpoint" in link.to ? link.to.endpoint : undefined,
        message: `no direct request proves ${link.key}: what it would show, ${to} ${verdict === "refused" ? "refuses" : "may refuse"}: ${reason}`,
        mend: "let probe.direct.show name an identity that the verifier accepts, such as a short-lived leaf of the presenter's own CA",
      },
    ];
  });
}

/** Rehearsals that nobody proves at that anybody is served: that somebody is refused there is no rehearsal. */
export function unprovedRehearsals(graph: Graph, steps: readonly PlanStep[]): readonly Finding[] {
  return steps.flatMap((step): Finding[] => {
    if (step.kind !== "write" || step.step.rehearses === undefined) return [];
    const { port } = step.step.rehearses;
    if (isRehearsed(graph, step.target, steps)) return [];
    return [
      {
        code: "rehearsal-unproved",
        severity: "warning",
        target: step.target,
        message: `${step.target} rehearses at port ${port}, and no link to it has a direct probe that could prove there that it is served`,
        mend: "give a link of a presenter probe.direct, or leave the rehearsal out",
      },
    ];
  });
}

/** Verifiers that would rehearse at one and the same place: one of them would be proved by the other's handshakes. */
export function sharedRehearsals(steps: readonly PlanStep[]): readonly Finding[] {
  const opened = steps.flatMap((one) =>
    one.kind === "write" && one.step.rehearses !== undefined ? [one] : [],
  );
  return [...Map.groupBy(opened, ({ step }) => step.object)].flatMap(([, sharing]): Finding[] => {
    const keys = [...new Set(sharing.map(({ target }) => target))];
    if (keys.length < 2) return [];
    return [
      {
        code: "rehearsal-shared",
        severity: "blocker",
        target: keys[0],
        message: `${keys.join(" and ")} would rehearse at the same port ${sharing[0]?.step.rehearses?.port}: what is proved there would prove only one of them`,
        mend: "give each a spare port of its own, or let them rehearse in runs of their own",
      },
    ];
  });
}

/** Verifiers that get stricter, of which no log can tell beforehand: none is read, or they don't ask yet. */
export function unseenVerifiers(
  graph: Graph,
  steps: readonly PlanStep[],
  narrowings: readonly Narrowing[],
): readonly Finding[] {
  const narrowed = new Set(narrowings.map(({ key }) => key));
  return [...graph.endpoints.values()].flatMap(({ key, evidence }): Finding[] => {
    if (evidence === undefined || !narrowed.has(key)) return [];
    if (steps.some((step) => step.kind === "evidence" && step.target === key)) return [];
    return [
      {
        code: "evidence-too-early",
        severity: "warning",
        target: key,
        message: `no log can tell who will be refused by ${key}: it asks nobody for a certificate before it gets stricter`,
        mend: "let it ask in a run of its own first, in a mode that refuses nobody",
      },
    ];
  });
}

/**
 * Verifiers whose first real check is that of all traffic, and those of which only requests through presenters tell
 * afterwards: these may be answered over connections that are older than the change.
 */
export function uncheckedBefore(
  { graph, goal }: Pick<Ends, "graph" | "goal">,
  steps: readonly PlanStep[],
  narrowings: readonly Narrowing[],
  proof: ProofPolicy | undefined,
): readonly Finding[] {
  return [...Map.groupBy(narrowings, ({ key }) => key)].flatMap(([key, own]): Finding[] => {
    const first = own.find(({ now, next }) => now.mode === "request" && next.mode === "required");
    const isUnchecked = first !== undefined && !isRehearsed(graph, key, steps);
    const warm = proof === undefined ? [] : linksOnlyThroughPresenters(graph, key, goal);
    const names = listed(warm);
    if (isUnchecked) {
      const also =
        warm.length === 0
          ? ""
          : `; and after it only requests through presenters prove ${names}, which may be answered over connections older than the change`;
      return [
        {
          code: "unchecked-before",
          severity: "warning",
          target: key,
          message: `${key} checks no certificate before ${first.next.mode} is on, so its first check is that of all traffic${also}`,
          mend: "let it rehearse at a spare port, where its adapter can (rehearsalPort of aws.alb), and give links to it probe.direct",
        },
      ];
    }
    if (warm.length === 0) return [];
    return [
      {
        code: "warm-connections",
        severity: "info",
        target: key,
        message: `after ${key} gets stricter only requests through presenters prove ${names}, which may be answered over connections older than the change`,
        mend: "give these links probe.direct",
      },
    ];
  });
}

function isRehearsed(graph: Graph, verifier: string, steps: readonly PlanStep[]): boolean {
  const links = new Set(graph.linksOf(verifier).map(({ key }) => key));
  return steps.some(
    (step) =>
      step.kind === "prove" && step.port !== undefined && step.due === "served" && links.has(step.link),
  );
}

function linksOnlyThroughPresenters(graph: Graph, verifier: string, goal: StateOf): readonly Link[] {
  return graph
    .linksOf(verifier)
    .filter(
      (link) =>
        "endpoint" in link.from &&
        link.probe?.url !== undefined &&
        judgeDirectly(graph, link, goal)?.verdict !== "accepted",
    );
}

/** What becomes, at the end, of what a link's direct probe shows; undefined where it has none, or shows nothing. */
function judgeDirectly(graph: Graph, link: Link, goal: StateOf): Verdict | undefined {
  const [certificate, ...chain] = link.probe?.direct?.show?.chain ?? [];
  if (certificate === undefined) return undefined;
  const shown = { key: "shown", name: "probe", shown: { certificate, chain } };
  return graph.judge(link, shown, graph.verifierOf(link, goal));
}
