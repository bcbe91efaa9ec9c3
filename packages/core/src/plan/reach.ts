import { HandfastError } from "../errors.ts";
import { dependantsOf } from "./dependants.ts";

/** Which step must come before which, by "after" edges, directly or through others. */
export interface Reach {
  isBefore(first: string, second: string): boolean;
  /** Place in one order that the edges allow. */
  position(id: string): number;
}

/**
 * Computes reachability once for all steps: a row of bits for each.
 *
 * @throws HandfastError `PLAN_INVALID` for an unknown or doubled id, or a cycle, naming the steps
 */
export function reachOf(steps: readonly { readonly id: string; readonly after: readonly string[] }[]): Reach {
  const order = topological(steps);
  const position = new Map(order.map(({ id }, index) => [id, index]));
  const words = Math.ceil(order.length / 32);
  const rows = order.map(() => new Uint32Array(words));
  for (const [index, step] of order.entries()) {
    const row = rows[index] as Uint32Array;
    for (const id of step.after) {
      const at = position.get(id) as number;
      const other = rows[at] as Uint32Array;
      for (let word = 0; word <= at >>> 5; word += 1)
        row[word] = (row[word] as number) | (other[word] as number);
      row[at >>> 5] = (row[at >>> 5] as number) | (1 << (at & 31));
    }
  }
  const at = (id: string): number => {
    const found = position.get(id);
    if (found === undefined) throw invalid(`no step is named ${id}`);
    return found;
  };
  return {
    position: at,
    isBefore: (first, second) => {
      const bit = at(first);
      return (((rows[at(second)] as Uint32Array)[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
    },
  };
}

function topological<S extends { readonly id: string; readonly after: readonly string[] }>(
  steps: readonly S[],
): S[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  if (byId.size !== steps.length) throw invalid("two steps have the same id");
  const waiting = new Map<string, number>();
  const dependants = dependantsOf(steps);
  for (const step of steps) {
    const after = new Set(step.after);
    waiting.set(step.id, after.size);
    for (const id of after)
      if (!byId.has(id)) throw invalid(`step ${step.id} waits for ${id}, which is not in the plan`);
  }
  const ready = steps.filter(({ id }) => waiting.get(id) === 0);
  for (const step of ready) {
    for (const next of dependants.get(step.id) ?? []) {
      const left = (waiting.get(next.id) as number) - 1;
      waiting.set(next.id, left);
      if (left === 0) ready.push(next);
    }
  }
  if (ready.length < steps.length) {
    const stuck = steps.filter(({ id }) => (waiting.get(id) as number) > 0).map(({ id }) => id);
    throw invalid(`steps wait for each other: ${stuck.slice(0, 10).join(", ")}`);
  }
  return ready;
}

function invalid(reason: string): HandfastError {
  return new HandfastError("PLAN_INVALID", `read plan failed: ${reason}; plan again`);
}
