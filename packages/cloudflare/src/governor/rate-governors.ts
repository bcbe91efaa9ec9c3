import type { Clock } from "@handfast/core";
import { type AddressRate, addressRate } from "./address-rate.ts";
import { type RateGovernor, type RateGovernorOptions, rateGovernor } from "./rate-governor.ts";

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

/**
 * How a governor is made that is not there yet. `options` names the credential and holds the rate of this machine's
 * address, which the governors of a registry share.
 *
 * @default rateGovernor(options), for this process alone
 */
export type MakeGovernor = (credential: GovernedCredential, options: RateGovernorOptions) => RateGovernor;

/**
 * A registry of governors, one for each credential and base URL. Adapters that are given the same one share what they may
 * call, whichever handfast they belong to; those that are given none share one for the process.
 *
 * @example
 * ```ts
 * import { cloudflareHostname, rateGovernor, rateGovernors } from "@handfast/cloudflare";
 *
 * // This user's quota was raised by Cloudflare.
 * const quota = { calls: 4800, windowMs: 300_000 };
 * const governors = rateGovernors((_credential, options) => rateGovernor({ ...options, quota }));
 * export const token = () => process.env.CLOUDFLARE_API_TOKEN ?? "";
 * export const adapter = cloudflareHostname({ token, governors });
 * ```
 */
export function rateGovernors(make: MakeGovernor = makeForProcess): RateGovernors {
  const ofClock = new WeakMap<Clock, OneClock>();
  return {
    governorFor: (credential, clock) => {
      const one = ofClock.get(clock) ?? { known: new Map(), address: addressRate() };
      ofClock.set(clock, one);
      const { known, address } = one;
      const key = `${credential.credential} ${credential.baseUrl}`;
      const name = credential.credential.slice(0, 12);
      const governor = known.get(key) ?? make(credential, { name, address });
      // whoever was asked for last stands last
      known.delete(key);
      known.set(key, governor);
      if (known.size > mostCredentials) known.delete(known.keys().next().value ?? key);
      return governor;
    },
  };
}

/** Tokens that are rotated by the hour must not fill the memory; one that is forgotten is paced anew by the headers. */
const mostCredentials = 256;

interface OneClock {
  readonly known: Map<string, RateGovernor>;
  readonly address: AddressRate;
}

function makeForProcess(_credential: GovernedCredential, options: RateGovernorOptions): RateGovernor {
  return rateGovernor(options);
}

let shared: RateGovernors | undefined;

/** The registry of this process, made when it is first asked for. */
export function processGovernors(): RateGovernors {
  shared ??= rateGovernors();
  return shared;
}
