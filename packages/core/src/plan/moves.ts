/**
 * Moves: from a state of one endpoint to another, with the steps that do it and all that changes by the way.
 */
import type { Finding, Step, VerifierFace, Wanted } from "../adapter/contract.ts";
import { canonicalText } from "../certificate/digest.ts";
import { rank } from "./candidates.ts";
import type { Graph, StateOf } from "./graph.ts";
import { sameFace } from "./same-face.ts";

/** A move of one endpoint: the switch in it changes the state of every endpoint that stands on the same object. */
export interface EndpointMove {
  readonly key: string;
  readonly steps: readonly Step<unknown>[];
  /** The new states of all that the move changes, this endpoint's own included. */
  readonly changes: ReadonlyMap<string, unknown>;
  /** What the adapter has to say about it; no blocker among them. */
  readonly findings: readonly Finding[];
}

/** Why something can't be done, for people. */
export interface Refusal {
  readonly findings: readonly Finding[];
}

/** The moves of one graph's endpoints. */
export class Moves {
  readonly #graph: Graph;
  readonly #standsOn = new Map<string, string[]>();

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const { key, seen } of graph.endpoints.values()) {
      for (const object of new Set(seen.objects)) {
        const keys = this.#standsOn.get(object);
        if (keys === undefined) this.#standsOn.set(object, [key]);
        else keys.push(key);
      }
    }
  }

  /** Keys of the endpoints whose face depends on an object. */
  standingOn(object: string): readonly string[] {
    return this.#standsOn.get(object) ?? [];
  }

  /** The native state for a wanted face. */
  realise(key: string, wanted: Wanted, states: StateOf): { readonly state: unknown } | Refusal {
    const { adapter, target } = this.#graph.endpoint(key);
    return adapter.definition.realise(target, wanted, states.get(key), this.#graph.facts);
  }

  /** Whether nothing is left to do from one state to another. */
  isThere(key: string, from: unknown, to: unknown): boolean {
    if (from === to) return true;
    const { steps, findings } = this.#graph.steps(key, from, to);
    return steps.length === 0 && !findings.some(isBlocker);
  }

  /** The move of an endpoint to a state, or why there is none. */
  move(key: string, to: unknown, states: StateOf): EndpointMove | Refusal {
    const { steps, findings } = this.#graph.steps(key, states.get(key), to);
    if (findings.some(isBlocker)) return { findings };
    const switches = steps.filter(({ effect }) => effect === "switch");
    if (switches.length > 1) return { findings: [twoSwitches(key, switches)] };
    const about = findings.map((finding) => ({ ...finding, target: finding.target ?? key }));
    return { key, steps, changes: this.changesOf(key, steps, states), findings: about };
  }

  /** The states that steps of one endpoint bring about, at it and at all that stand on the same objects. */
  changesOf(key: string, steps: readonly Step<unknown>[], states: StateOf): ReadonlyMap<string, unknown> {
    const changes = new Map<string, unknown>();
    for (const step of steps) {
      for (const other of new Set([key, ...this.standingOn(step.object)])) {
        const before = changes.has(other) ? changes.get(other) : states.get(other);
        const after = this.#graph.after(other, before, step, key);
        if (other === key || (after !== before && canonicalText(after) !== canonicalText(before)))
          changes.set(other, after);
      }
    }
    return changes;
  }
}

/** Whether a verifier may refuse, with the next face, somebody whom it lets in with the one now. */
export function isNarrower(now: VerifierFace, next: VerifierFace): boolean {
  if (rank(next.mode) <= rank("request")) return false;
  if (rank(next.mode) > rank(now.mode)) return true;
  if ("unknown" in now.anchors || "unknown" in now.crls) return !sameFace(now, next);
  if ("unknown" in next.anchors || "unknown" in next.crls) return true;
  const anchors = new Set(next.anchors.known);
  const crls = [now.crls.known, next.crls.known].map((list) => list.toSorted().join());
  return (
    now.anchors.known.some((anchor) => !anchors.has(anchor)) ||
    (next.crls.known.length > 0 && crls[0] !== crls[1]) ||
    (now.ignoreExpiry && !next.ignoreExpiry) ||
    (now.ocsp !== true && next.ocsp === true) ||
    // whoever holds no certificate of a CA that is named may send none at all
    (!now.advertiseNames && next.advertiseNames)
  );
}

function isBlocker({ severity }: Finding): boolean {
  return severity === "blocker";
}

function twoSwitches(key: string, switches: readonly Step<unknown>[]): Finding {
  return {
    code: "two-switches",
    severity: "blocker",
    target: key,
    message: `${key} can't get there in one move: ${switches.map(({ summary }) => summary).join("; ")}`,
  };
}
