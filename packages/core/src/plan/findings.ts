/** What a person should know of a plan before it runs. */
import type { VerdictCode } from "../accept/verdict.ts";
import type { Finding, VerifierFace } from "../adapter/contract.ts";
import { rank } from "./candidates.ts";
import { changeOfAccess } from "./classes.ts";
import type { Credential, Graph, Link, StateOf, States } from "./graph.ts";
import { Baseline } from "./guard.ts";
import type { Journey } from "./journey.ts";
import { mendRefusal } from "./mend-refusal.ts";
import { Moves } from "./moves.ts";
import { findPath, type Path } from "./path.ts";
import { sameFace } from "./same-face.ts";
import { judgeMoves } from "./stages.ts";

/** Where the whole plan starts and ends. */
export interface Ends {
  readonly graph: Graph;
  readonly baseline: Baseline;
  readonly start: States;
  readonly goal: States;
}

/** At the goal every link must be served: those of the spec always, the others if they are now. */
export function judgeGoal(ends: Ends): readonly Finding[] {
  const { graph, baseline, goal } = ends;
  return graph.links.flatMap((link) =>
    graph.verdicts(link, goal).flatMap(({ verdict, reason, code, credential }): Finding[] => {
      if (verdict === "accepted" || link.mayRefuse.includes(credential.name)) return [];
      const wasServed = baseline.served(link, credential.key) !== undefined;
      if (!link.named && !wasServed) return [];
      const target = "endpoint" in link.to ? link.to.endpoint : undefined;
      const who = "population" in link.from ? `${link.from.population} showing ${credential.name}` : link.key;
      if (verdict === "unknown") {
        const severity = baseline.isAsItWas(link, goal) ? "warning" : "blocker";
        return [
          {
            code: "link-unknown",
            severity,
            target,
            message: `nobody can tell whether ${who} would be served: ${reason}`,
            mend: "give what can't be read, or let the presenter show an identity of the spec",
          },
        ];
      }
      return [refusedAtGoal(link, credential, wasServed, { who, reason, code, target })];
    }),
  );
}

function refusedAtGoal(
  link: Link,
  { name }: Credential,
  wasServed: boolean,
  {
    who,
    reason,
    code,
    target,
  }: { who: string; reason: string; code: VerdictCode | undefined; target: string | undefined },
): Finding {
  if (!link.named) {
    return {
      code: "link-left-out",
      severity: "blocker",
      target,
      message: `${link.key} is served now, no link of the spec names it, and it would be refused: ${reason}`,
      mend: "name the link in the spec: let its presenter show what is accepted, or agree to the loss with mayRefuse",
    };
  }
  // what a population may show, and was refused already, is nothing that this plan takes away
  const severity = "population" in link.from && !wasServed ? "warning" : "blocker";
  return {
    code: "link-refused",
    severity,
    target,
    message: `${who} would be refused at the end: ${reason}`,
    mend: mendRefusal(code, name),
  };
}

/** Who gains and who loses access, who is asked for a certificate for the first time, and what can't be told. */
export function describeChange(ends: Ends): readonly Finding[] {
  return [...ends.graph.endpoints.values()].flatMap(({ key, adapter, seen }): Finding[] => {
    const { graph, start, goal } = ends;
    if (adapter.facts.role === "presenter") {
      if (sameFace(graph.face(key, start.get(key)), graph.face(key, goal.get(key)))) return [];
      const unread = (seen.also ?? []).filter(({ face }) => face === undefined).map(({ name }) => name);
      return about(
        key,
        "warning",
        "unread-verifier",
        "is also seen by verifiers that can't be read, and may refuse it",
        unread,
      );
    }
    const [first, last] = [start, goal].map((states) => graph.verifierFace(key, states.get(key)));
    if (first === undefined || last === undefined || sameFace(first, last)) return [];
    const { gained, lost } = changeOfAccess(first, last, graph.at, graph.rulesOf(key), graph.facts);
    return [
      ...about(key, "info", "access-lost", "will refuse", lost),
      ...about(key, "info", "access-gained", "will accept", gained),
      ...askedFirst(ends, key, first, last),
      ...unreadStore(key, first, last),
      ...firstCheckRefuses(ends, key, first, last),
    ];
  });
}

function about(
  key: string,
  severity: Finding["severity"],
  code: string,
  what: string,
  names: readonly string[],
): Finding[] {
  return names.length === 0
    ? []
    : [{ code, severity, target: key, message: `${key} ${what}: ${names.join(", ")}` }];
}

/** To be asked for a certificate is not nothing: browsers prompt, headers grow, advertised names change what is sent. */
function askedFirst({ graph }: Ends, key: string, first: VerifierFace, last: VerifierFace): Finding[] {
  const asksNow = first.mode !== "off";
  const asks = last.mode !== "off";
  const advertises = asks && last.advertiseNames && !(asksNow && first.advertiseNames);
  if ((!asks || asksNow) && !advertises) return [];
  const people = graph.linksOf(key).flatMap(({ from }) => ("population" in from ? [from.population] : []));
  if (people.length === 0) return [];
  const who = [...new Set(people)].join(", ");
  const found: Finding[] = [];
  if (!asksNow) {
    found.push({
      code: "asks-for-certificates",
      severity: "warning",
      target: key,
      message: `${key} asks ${who} for a certificate for the first time: browsers may prompt, and a proxy may add headers`,
    });
  }
  if (advertises) {
    found.push({
      code: "advertises-names",
      severity: "warning",
      target: key,
      message: `${key} names its CAs to ${who}: some send no certificate at all when theirs is of none of these`,
    });
  }
  return found;
}

function unreadStore(key: string, first: VerifierFace, last: VerifierFace): Finding[] {
  const unread = "unknown" in first.anchors ? first.anchors : undefined;
  if (unread === undefined || first.mode === "off" || rank(last.mode) <= rank("request")) return [];
  const count = unread.count === undefined ? "" : ` (${unread.count} CAs)`;
  return [
    {
      code: "store-unread",
      severity: "warning",
      target: key,
      message: `the trust store of ${key} can't be read${count}: whoever it lets in besides the CAs of the spec will be refused`,
      mend: "give the bundle that the store was made from as trust of the spec, if all of it is to stay",
    },
  ];
}

/** From a mode that checks nothing straight to one that refuses: no handshake can show before what it will refuse. */
function firstCheckRefuses({ graph }: Ends, key: string, first: VerifierFace, last: VerifierFace): Finding[] {
  const { facts } = graph.endpoint(key).adapter;
  if (facts.role !== "verifier" || first.mode !== "off" || rank(last.mode) <= rank("request")) return [];
  if (facts.modes.some((mode) => rank(mode) > rank("off") && rank(mode) < rank(last.mode))) return [];
  return [
    {
      code: "first-check-refuses",
      severity: "warning",
      target: key,
      message: `${key} has no mode that asks without refusing: what is shown can't be proved before ${last.mode} is on`,
      mend: "prove the identity by a direct probe where the adapter can rehearse at a spare port",
    },
  ];
}

/** What the path itself has to tell: waves that can't be kept apart, places without a way back. */
export function findingsOfPath(journey: Journey, path: Path): readonly Finding[] {
  const { component, graph } = journey;
  const found: Finding[] = [];
  if (!path.inWaveOrder) {
    const silent = component.verifiers.filter((key) => graph.endpoint(key).mayMixWaves !== true);
    const [asked] = silent;
    found.push({
      code: "waves-not-kept",
      severity: asked === undefined ? "warning" : "consent",
      target: asked ?? component.verifiers[0],
      message: `the presenters linked to ${component.verifiers.join(", ")} can't move wave by wave: the only path moves a later wave first, so their waves are one, with the longest bake and all checks`,
      ...(asked === undefined
        ? {}
        : {
            mend: `agree to it with mayMixWaves: "agreed" on verifier ${silent.join(", ")}; or give its provider more room, or the waves another order`,
          }),
    });
  }
  return [...found, ...placesWithoutWayBack(journey, path)];
}

/**
 * From each place at which the run can stop, the way back must exist too. Mostly it is the path itself, walked back;
 * only where that breaks something, or can't be done, is a way searched for.
 */
function placesWithoutWayBack({ graph, component, start }: Journey, { stages }: Path): Finding[] {
  const moves = new Moves(graph);
  let isOpen = true;
  let before = start;
  for (const [index, { moves: made, states }] of stages.entries()) {
    const baseline = new Baseline(graph, states, start, true);
    const judges = { graph, moves, baseline, start: states, goal: start };
    const keys = made.map(({ key }) => key);
    const walked = judgeMoves(judges, keys, (key) => before.get(key), states);
    if (typeof walked === "string") isOpen = false;
    else {
      const { changes } = walked;
      const at: StateOf = { get: (key) => (changes.has(key) ? changes.get(key) : states.get(key)) };
      const touched = [...made.flatMap((move) => [...move.changes.keys()]), ...changes.keys()];
      isOpen &&= touched.every((key) => moves.isThere(key, at.get(key), before.get(key)));
    }
    before = states;
    if (isOpen) continue;
    const back = findPath({ graph, component, baseline, start: states, goal: start, goalIsImage: true });
    const needsConsent = "findings" in back && back.findings.some(({ severity }) => severity === "consent");
    isOpen = "stages" in back && !needsConsent;
    if (isOpen) continue;
    const reason = "noPath" in back ? back.noPath : "the only one needs consent";
    const message = `after move ${index + 1} of ${stages.length} there is no way back that keeps every link served: ${reason}`;
    return [{ code: "no-way-back", severity: "warning", target: keys[0], message }];
  }
  return [];
}

/** Links that are served now, and would be refused, at either end, at the latest end of the run. */
export function expiringSoon({ graph, baseline, start, goal }: Ends, end: number): readonly Finding[] {
  const later = graph.later(end);
  const found = new Map<string, Finding>();
  for (const link of graph.links) {
    const face = ["start", "goal"] as const;
    for (const [index, states] of [start, goal].entries()) {
      for (const { verdict, reason, credential } of later.verdicts(link, states)) {
        if (verdict !== "refused" || link.mayRefuse.includes(credential.name)) continue;
        if (baseline.served(link, credential.key) === undefined) continue;
        if (graph.judge(link, credential, graph.verifierOf(link, states)).verdict !== "accepted") continue;
        const what = face[index] === "start" ? "the way back closes" : "the goal breaks";
        const message = `${what} while the run may still be on its way: ${reason}`;
        found.set(message, {
          code: "expires-during-run",
          severity: "warning",
          target: "endpoint" in link.to ? link.to.endpoint : undefined,
          message,
          mend: "renew it first, or shorten the bake",
        });
      }
    }
  }
  return [...found.values()];
}
