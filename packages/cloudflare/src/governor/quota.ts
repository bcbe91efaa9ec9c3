/** So many calls in one window. */
export interface RateQuota {
  readonly calls: number;
  readonly windowMs: number;
}

/** What Cloudflare gives each user. Source: Cloudflare Fundamentals, "API rate limits", 2026-04-20. */
export const publishedQuota: RateQuota = { calls: 1200, windowMs: 300_000 };

/** How long Cloudflare refuses every call of a user who went past the quota, where it does not say. Same source. */
export const blockMs = 300_000;

/** How many calls may go at once, and how many follow in each millisecond. */
export interface Pace {
  readonly atOnce: number;
  readonly perMs: number;
}

/** A short run should not wait for a quota that it does not come near; what may go at once makes a long one slower. */
const mostAtOnce = 60;

/** Four fifths of a number of calls, at least one: the rest is left to people and to other tools. */
export function shareOf(calls: number): number {
  return Math.max(1, Math.floor((calls * 4) / 5));
}

/**
 * The pace at which no interval of any window's length, wherever it begins, holds more than our share of its quota: what
 * may go at once is taken off what may follow.
 */
export function paceOf(quotas: readonly RateQuota[]): Pace {
  const shares = quotas.map(({ calls, windowMs }) => ({ calls: shareOf(calls), windowMs }));
  const atOnce = Math.max(1, Math.min(mostAtOnce, ...shares.map(({ calls }) => Math.floor(calls / 16))));
  const perMs = Math.min(...shares.map(({ calls, windowMs }) => (calls - atOnce + 1) / windowMs));
  return { atOnce, perMs };
}
