import type { Finding } from "../adapter/contract.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { type Change, changesOf, endpointsOf, listed } from "./changes.ts";
import { isJudged, type Policy, type PolicyOptions } from "./policy.ts";

/** Limits; what is left out is not limited. */
export interface BlastRadiusOptions extends PolicyOptions {
  /** Endpoints that the whole plan switches, those that share an object with one included. */
  readonly maxEndpoints?: number | undefined;
  /** Links, named or seen, with an end that the whole plan switches. */
  readonly maxLinks?: number | undefined;
  /**
   * Presenters (hostnames, distributions) that switch in one wave, as a share of all presenters of the plan: 0 to 100.
   * One at a time is always allowed.
   */
  readonly maxSharePercent?: number | undefined;
  /** Verifiers that get stricter in one wave. */
  readonly maxNarrowings?: number | undefined;
  /** Verifiers that will refuse some clients whom they let in now, linked or not: the finding `access-lost`. */
  readonly maxLosses?: number | undefined;
  /** Steps that can't be taken back. */
  readonly maxIrreversible?: number | undefined;
}

type Limit = Exclude<keyof BlastRadiusOptions, "kinds">;

interface Measured {
  readonly names: readonly string[];
  readonly most: number;
  /** `switches 12 endpoints`, without who they are. */
  readonly what: string;
  readonly mend: string;
}

const limits: readonly Limit[] = [
  "maxEndpoints",
  "maxLinks",
  "maxSharePercent",
  "maxNarrowings",
  "maxLosses",
  "maxIrreversible",
];

/**
 * Refuses plans that change too much at once. Each limit that is exceeded is a blocker of its own, which tells the
 * number and the names. A wave is all that runs between two gates; without waves the whole plan is one.
 *
 * Judges `apply`, unless `kinds` says otherwise.
 *
 * @throws {TypeError} for a limit that is no number of 0 or more, and a share above 100
 * @example
 * ```ts
 * import { blastRadius } from "@handfast/core/guardrails";
 *
 * export const limits = blastRadius({ maxEndpoints: 200, maxSharePercent: 25, maxNarrowings: 2, maxIrreversible: 0 });
 * ```
 */
export function blastRadius(options: BlastRadiusOptions): Policy {
  for (const name of limits) {
    const most = options[name];
    if (most !== undefined && !(most >= 0 && most <= (name === "maxSharePercent" ? 100 : most)))
      throw new TypeError(`blastRadius: ${name} is ${most}; write a number of 0 or more, a share up to 100`);
  }
  return function blastRadius(plan): readonly Finding[] {
    if (!isJudged(plan, options)) return [];
    const changes = changesOf(plan);
    return limits.flatMap((name): Finding[] => {
      const most = options[name];
      if (most === undefined) return [];
      return measure[name](plan, changes, most)
        .filter(({ names, most }) => names.length > most)
        .map(({ names, most, what, mend }) => ({
          code: "blast-radius",
          severity: "blocker",
          message: `it ${what}: ${names.length} where ${most} may be [${name}]: ${listed(names)}`,
          mend,
        }));
    });
  };
}

const measure: Readonly<
  Record<Limit, (plan: MtlsPlan, changes: readonly Change[], most: number) => readonly Measured[]>
> = {
  maxEndpoints: (plan, changes, most) => [
    {
      names: endpointsOf(plan, changes),
      most,
      what: "switches too many endpoints",
      mend: "split the spec into several plans",
    },
  ],
  maxLinks: (plan, changes, most) => {
    const touched = new Set(endpointsOf(plan, changes));
    const links = plan.links.filter(({ from, to }) =>
      [from, to].some((end) => "endpoint" in end && touched.has(end.endpoint)),
    );
    const names = links.map(({ key }) => key);
    return [{ names, most, what: "touches too many links", mend: "split the spec into several plans" }];
  },
  maxSharePercent: (plan, changes, percent) => {
    const all = Object.values(plan.endpoints).filter(({ role }) => role === "presenter").length;
    return byWave(changes).map((wave) => ({
      names: endpointsOf(plan, wave, "presenter"),
      most: Math.max(1, Math.floor((all * percent) / 100)),
      what: `switches more than ${percent} % of ${all} presenters in one wave`,
      mend: "put them in more waves, or smaller ones",
    }));
  },
  maxNarrowings: (plan, changes, most) =>
    byWave(changes.filter(({ step }) => step.phase === "narrow")).map((wave) => ({
      names: endpointsOf(plan, wave, "verifier"),
      most,
      what: "makes too many verifiers stricter in one wave",
      mend: "give their presenters waves of their own, or split the spec into several plans",
    })),
  maxLosses: (plan, _, most) => {
    const lost = plan.findings.flatMap(({ code, target }) => (code === "access-lost" ? [target ?? ""] : []));
    const what = "makes too many verifiers refuse clients whom they let in now";
    return [
      {
        names: [...new Set(lost)],
        most,
        what,
        mend: "keep what they trust and their modes, or change fewer",
      },
    ];
  },
  maxIrreversible: (_, changes, most) => {
    const steps = changes.filter(({ step }) => typeof step.step.back === "object");
    const names = steps.map(({ step }) => `${step.id} (${step.summary})`);
    return [{ names, most, what: "takes too many steps that can't be taken back", mend: "leave them out" }];
  },
};

function byWave(changes: readonly Change[]): readonly (readonly Change[])[] {
  return [...Map.groupBy(changes, ({ wave }) => wave).values()];
}
