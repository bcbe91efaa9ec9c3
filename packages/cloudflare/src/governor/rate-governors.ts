import type { Clock } from "@handfast/core";
import { type RateGovernor, rateGovernor } from "./rate-governor.ts";

/** Whose calls are governed together. JSON, and without a secret: a team may name a key in a store by it. */
export interface GovernedCredential {
  /** SHA-256 of the credential, in hex. */
  readonly credential: string;
  /** Where its calls go: origin and path. */
  readonly baseUrl: string;
}

/** Finds the governor of a credential. */
export interface RateGovernors {
  /** The same one whenever the same is asked for, of one clock: times of different clocks can't be compared. */
  governorFor(credential: GovernedCredential, clock: Clock): RateGovernor;
}

/** How governors are made that are not there yet. Default: {@link rateGovernor}, for this process alone. */
export type MakeGovernor = (credential: GovernedCredential) => RateGovernor;

/**
 * A registry of governors, one for each credential and base URL. Adapters that are given the same one share what they may
 * call, whichever handfast they belong to; those that are given none share one for the process.
 *
 * @example
 * ```ts
 * import { cloudflareHostname, rateGovernor, rateGovernors } from "@handfast/cloudflare";
 *
 * // This user's quota was raised by Cloudflare.
 * const governors = rateGovernors(({ credential }) =>
 *   rateGovernor({ name: credential.slice(0, 12), quota: { calls: 4800, windowMs: 300_000 } }),
 * );
 * export const token = () => process.env.CLOUDFLARE_API_TOKEN ?? "";
 * export const adapter = cloudflareHostname({ token, governors });
 * ```
 */
export function rateGovernors(make: MakeGovernor = makeForProcess): RateGovernors {
  const ofClock = new WeakMap<Clock, Map<string, RateGovernor>>();
  return {
    governorFor: (credential, clock) => {
      let known = ofClock.get(clock);
      if (known === undefined) ofClock.set(clock, (known = new Map()));
      const key = `${credential.credential} ${credential.baseUrl}`;
      let governor = known.get(key);
      if (governor === undefined) known.set(key, (governor = make(credential)));
      return governor;
    },
  };
}

function makeForProcess({ credential }: GovernedCredential): RateGovernor {
  return rateGovernor({ name: credential.slice(0, 12) });
}

let shared: RateGovernors | undefined;

/** The registry of this process, made when it is first asked for. */
export function processGovernors(): RateGovernors {
  shared ??= rateGovernors();
  return shared;
}
