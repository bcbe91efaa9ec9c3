import type { Clock } from "@handfast/core";
import { SteadyTime } from "./steady-time.ts";

/** The rate of the address that calls come from, which all credentials of a process share. */
export interface AddressRate {
  /** Takes so many calls, and answers 0; or takes none, and answers how long to wait before asking again, in milliseconds. */
  take(calls: number, clock: Clock): number;
}

/**
 * Cloudflare allows 200 calls a second from one address. Eighty may go at once and as many follow in each second, so
 * that no second holds more than four fifths of that. Source: Cloudflare Fundamentals, "API rate limits", 2026-04-20.
 */
const atOnce = 80;
const perMs = 80 / 1000;

/** The rate of this machine's address, as far as the callers of one process can keep it. */
export function addressRate(): AddressRate {
  const time = new SteadyTime();
  let ready = atOnce;
  let filledAt = Number.NEGATIVE_INFINITY;
  return {
    take: (calls, clock) => {
      const now = time.at(clock);
      ready = Math.min(atOnce, ready + (now - filledAt) * perMs);
      filledAt = now;
      const missing = Math.min(calls, atOnce) - ready;
      if (missing > 1e-6) return Math.ceil(missing / perMs);
      ready -= calls;
      return 0;
    },
  };
}
