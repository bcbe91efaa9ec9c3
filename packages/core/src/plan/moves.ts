/**
 * Moves: from a state of one endpoint to another, with the steps that do it and all that changes by the way.
 */
import type { Face, Finding, Step, VerifierFace, Wanted } from "../adapter/contract.ts";
import { canonicalText } from "../certificate/digest.ts";
import type { Graph, States } from "./graph.ts";

/** A move of one endpoint: the switch in it changes the state of every endpoint that stands on the same object. */
export interface EndpointMove {
  readonly key: string;
  readonly steps: readonly Step<unknown>[];
  /** The new states of all that the move changes, this endpoint's own included. */
  readonly changes: ReadonlyMap<string, unknown>;
}

/** Why something can't be done, for people. */
export interface Refusal {
  readonly findings: readonly Finding[];
}

export class Moves {
  readonly #graph: Graph;
  readonly #standsOn = new Map<string, string[]>();

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const { key, seen } of graph.endpoints.values()) {
      for (const object of seen.objects) {
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
  realise(key: string, wanted: Wanted, states: States): { readonly state: unknown } | Refusal {
    const { adapter, target } = this.#graph.endpoint(key);
    return adapter.definition.realise(target, wanted, states.get(key), this.#graph.facts);
  }

  /** Whether nothing is left to do from one state to another. */
  isThere(key: string, from: unknown, to: unknown): boolean {
    const { adapter, target } = this.#graph.endpoint(key);
    const move = adapter.definition.steps(target, from, to);
    return move.steps.length === 0 && !move.findings.some(({ severity }) => severity === "blocker");
  }

  /** The move of an endpoint to a state, or why there is none. */
  move(key: string, to: unknown, states: States): EndpointMove | Refusal {
    const { adapter, target } = this.#graph.endpoint(key);
    const { steps, findings } = adapter.definition.steps(target, states.get(key), to);
    if (findings.some(({ severity }) => severity === "blocker")) return { findings };
    const switches = steps.filter(({ effect }) => effect === "switch");
    if (switches.length > 1) return { findings: [twoSwitches(key, switches)] };
    return { key, steps, changes: this.changesOf(key, steps, states) };
  }

  /** The states that steps of one endpoint bring about, at it and at all that stand on the same objects. */
  changesOf(key: string, steps: readonly Step<unknown>[], states: States): ReadonlyMap<string, unknown> {
    const changes = new Map<string, unknown>();
    for (const step of steps) {
      for (const other of new Set([key, ...this.standingOn(step.object)])) {
        const { adapter, target } = this.#graph.endpoint(other);
        const before = changes.has(other) ? changes.get(other) : states.get(other);
        const after = adapter.definition.after(target, before, step);
        if (other === key || canonicalText(after) !== canonicalText(before)) changes.set(other, after);
      }
    }
    return changes;
  }
}

/** A wanted face from the face of a state: what to realise in order to have the same again. */
export function wantedOf(face: VerifierFace): Wanted | undefined {
  if ("unknown" in face.anchors || "unknown" in face.crls) return undefined;
  return {
    role: "verifier",
    mode: face.mode,
    anchors: face.anchors.known,
    crls: face.crls.known,
    ignoreExpiry: face.ignoreExpiry,
    advertiseNames: face.advertiseNames,
  };
}

/** Two faces that no client can tell apart. */
export function sameFace(a: Face, b: Face): boolean {
  return canonicalText(sorted(a)) === canonicalText(sorted(b));
}

function sorted(face: Face): unknown {
  if (face.role === "presenter") return face;
  const sort = (value: VerifierFace["anchors"]): unknown =>
    "known" in value ? value.known.toSorted() : value;
  return { ...face, anchors: sort(face.anchors), crls: sort(face.crls) };
}

function twoSwitches(key: string, switches: readonly Step<unknown>[]): Finding {
  return {
    code: "two-switches",
    severity: "blocker",
    target: key,
    message: `${key} can't get there in one move: ${switches.map(({ summary }) => summary).join("; ")}`,
  };
}
