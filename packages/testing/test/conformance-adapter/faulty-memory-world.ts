import { HandfastError, type MemoryValue, MemoryWorld, type MemoryWorldOptions } from "@handfast/core";
import type { WorldFault, WorldFaults } from "../../src/conformance/adapter/adapter-world.ts";

interface Rule {
  readonly calls: "reads" | "writes";
  readonly fault: WorldFault;
  readonly nth: number;
  readonly times: number;
  matched: number;
  hits: number;
}

const codes = {
  unavailable: "REMOTE_UNAVAILABLE",
  lost: "REMOTE_UNAVAILABLE",
  throttled: "REMOTE_RATE_LIMITED",
  unauthorized: "REMOTE_UNAUTHORIZED",
} as const;

/** A world in memory that can be made to fail as a remote one does. */
export class FaultyMemoryWorld extends MemoryWorld implements WorldFaults {
  readonly #rules = new Set<Rule>();

  constructor(options: MemoryWorldOptions) {
    super({ ...options, refuse: (object) => this.#strike("writes", object, false) });
  }

  add(calls: "reads" | "writes", fault: WorldFault, which: { readonly nth: number; readonly times: number }) {
    const rule: Rule = { calls, fault, ...which, matched: 0, hits: 0 };
    this.#rules.add(rule);
    return { hits: () => rule.hits, end: () => void this.#rules.delete(rule) };
  }

  override get(object: string): MemoryValue | undefined {
    this.#strike("reads", object, false);
    return super.get(object);
  }

  override set(object: string, value: MemoryValue | undefined): void {
    super.set(object, value);
    this.#strike("writes", object, true);
  }

  #strike(calls: Rule["calls"], object: string, isAfter: boolean): void {
    for (const rule of this.#rules) {
      if (rule.calls !== calls || (rule.fault === "lost") !== isAfter) continue;
      rule.matched += 1;
      if (rule.matched < rule.nth || rule.matched >= rule.nth + rule.times) continue;
      rule.hits += 1;
      const doing = calls === "reads" ? "read" : "write";
      throw new HandfastError(
        codes[rule.fault],
        `${doing} ${object} failed: the world is ${rule.fault}; try again`,
        {
          object,
          ...(rule.fault === "lost" ? { outcomeUnknown: true } : {}),
        },
      );
    }
  }
}
