import type { Clock } from "@handfast/core";
import { withOperation } from "./simulator/operation.ts";

/** What can go wrong with a call. */
export type Fault =
  /** The provider refuses, in its own wire format. */
  | {
      readonly kind: "refuse";
      readonly status: number;
      readonly code: string;
      readonly message?: string | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  /** The provider refuses because of the rate, with the status and code that this provider has for it. */
  | { readonly kind: "throttle"; readonly retryAfterSeconds?: number | undefined }
  /** The call takes `ms` milliseconds on the clock. */
  | { readonly kind: "delay"; readonly ms: number }
  /** The connection is cut; the caller gets no answer. */
  | { readonly kind: "cut" }
  /** A read answers from the state before the last write. Services that are strongly consistent ignore it. */
  | { readonly kind: "stale" };

/** A fault that a service has to put into its own words. */
export type Refusal = Extract<Fault, { kind: "refuse" | "throttle" }>;

/** A call as rules see it. */
export interface FaultCall {
  readonly service: string;
  /** The provider's own name of the operation, e.g. `ModifyListener`. */
  readonly operation: string;
}

/** Before the call takes effect, or after it did and before the answer leaves. */
export type FaultMoment = "before" | "after";

/** Which calls are hit, when, and by what. Every given criterion must hold. */
export interface FaultRule {
  readonly service?: string | undefined;
  readonly operation?: string | readonly string[] | undefined;
  readonly matching?: ((call: FaultCall) => boolean) | undefined;
  /** @default "before" */
  readonly moment?: FaultMoment | undefined;
  /** The first call to be hit, counted from 1 among those that match after the rule was added. @default 1 */
  readonly nth?: number | undefined;
  /** How many calls in a row are hit from there. `Infinity` for all. @default 1 */
  readonly times?: number | undefined;
  readonly fault: Fault;
}

/** A rule in force. */
export interface FaultInForce {
  /** How many calls matched the rule. */
  matched(): number;
  /** How many calls it hit. */
  hits(): number;
  /** Takes the rule out of force. */
  remove(): void;
}

/** The faults of a simulation. */
export interface Faults {
  /** Puts a rule in force. Rules are asked in the order in which they were added. */
  add(rule: FaultRule): FaultInForce;
  /** Takes all rules out of force. */
  clear(): void;
  /** For services: what hits this call at this moment. Counts the call. */
  meet(call: FaultCall, moment: FaultMoment): readonly Fault[];
}

/**
 * An empty set of faults, to be shared by a simulation and its services.
 *
 * @example
 * ```ts
 * import { faults } from "@handfast/testing";
 *
 * export const storm = faults();
 * // The write is committed, the answer is an error: a caller that only retries gets confused.
 * storm.add({
 *   service: "s3",
 *   operation: "PutObject",
 *   moment: "after",
 *   fault: { kind: "refuse", status: 500, code: "InternalError" },
 * });
 * ```
 */
export function faults(): Faults {
  const inForce = new Set<{ rule: FaultRule; matched: number; hits: number }>();
  return {
    add: (rule) => {
      const entry = { rule, matched: 0, hits: 0 };
      inForce.add(entry);
      return {
        matched: () => entry.matched,
        hits: () => entry.hits,
        remove: () => void inForce.delete(entry),
      };
    },
    clear: () => inForce.clear(),
    meet: (call, moment) => {
      const met: Fault[] = [];
      for (const entry of inForce) {
        if ((entry.rule.moment ?? "before") !== moment || !matches(entry.rule, call)) continue;
        entry.matched += 1;
        const first = entry.rule.nth ?? 1;
        if (entry.matched < first || entry.matched >= first + (entry.rule.times ?? 1)) continue;
        entry.hits += 1;
        met.push(entry.rule.fault);
      }
      return met;
    },
  };
}

function matches(rule: FaultRule, call: FaultCall): boolean {
  if (rule.service !== undefined && rule.service !== call.service) return false;
  if (rule.operation !== undefined && ![rule.operation].flat().includes(call.operation)) return false;
  return rule.matching?.(call) ?? true;
}

/** What {@link answerUnderFaults} needs of a service. */
export interface UnderFaults {
  readonly faults: Faults;
  readonly clock: Clock;
  readonly call: FaultCall;
  /** Puts a refusal into the service's own wire format. */
  refuse(refusal: Refusal): Response;
}

/**
 * For services: runs one call under the faults that hit it, and marks the answer with the operation's name for
 * the call log. Faults after the effect hit only calls that were not refused: a refused call had none.
 *
 * @param effect takes effect and answers; `stale` says that a read should answer from the state before the last write
 * @returns the answer; `Response.error()` stands for a cut connection
 */
export async function answerUnderFaults(
  { faults, clock, call, refuse }: UnderFaults,
  effect: (meeting: { readonly stale: boolean }) => Response | Promise<Response>,
): Promise<Response> {
  const strike = async (moment: FaultMoment): Promise<{ answer?: Response; stale: boolean }> => {
    let stale = false;
    for (const fault of faults.meet(call, moment)) {
      if (fault.kind === "delay") await clock.sleep(fault.ms);
      else if (fault.kind === "stale") stale = true;
      else if (fault.kind === "cut") return { answer: Response.error(), stale };
      else return { answer: refuse(fault), stale };
    }
    return { stale };
  };
  const before = await strike("before");
  if (before.answer !== undefined) return withOperation(before.answer, call.operation);
  const response = await effect({ stale: before.stale });
  const after = response.status < 400 ? await strike("after") : undefined;
  return withOperation(after?.answer ?? response, call.operation);
}
