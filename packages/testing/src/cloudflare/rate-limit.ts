import type { Refusal } from "./envelope.ts";

/** The quota of one user. */
export interface CloudflareRateLimit {
  /** Calls in one window. @default 1200 */
  readonly calls: number;
  /** Length of the window, and of the block that follows an excess, in milliseconds. @default 300000 */
  readonly windowMs: number;
}

/** The published quota. */
export const defaultRateLimit: CloudflareRateLimit = { calls: 1200, windowMs: 300_000 };

/** What a counted call is told. */
export interface Counted {
  readonly headers: Readonly<Record<string, string>>;
  readonly refusal?: Refusal | undefined;
}

/**
 * Counts calls per user: after an excess every call of the user is refused for a whole window.
 *
 * Source: Cloudflare Fundamentals, "API rate limits"; header forms from the changelog of 2025-09-03.
 */
export function rateLimiter(limit: CloudflareRateLimit): (user: string, now: number) => Counted {
  const users = new Map<string, { start: number; used: number; blockedUntil: number }>();
  return (user, now) => {
    let window = users.get(user);
    if (window === undefined || now >= Math.max(window.start + limit.windowMs, window.blockedUntil)) {
      window = { start: now, used: 0, blockedUntil: 0 };
      users.set(user, window);
    }
    window.used += 1;
    if (window.used > limit.calls && window.blockedUntil === 0) window.blockedUntil = now + limit.windowMs;
    const blocked = window.blockedUntil > 0;
    const until = blocked ? window.blockedUntil : window.start + limit.windowMs;
    const seconds = Math.max(1, Math.ceil((until - now) / 1000));
    const headers = {
      ratelimit: `"default";r=${Math.max(0, limit.calls - window.used)};t=${seconds}`,
      "ratelimit-policy": `"default";q=${limit.calls};w=${Math.round(limit.windowMs / 1000)}`,
    };
    return blocked ? { headers, refusal: tooMany(seconds) } : { headers };
  };
}

function tooMany(seconds: number): Refusal {
  return {
    kind: "refusal",
    status: 429,
    code: 971,
    message: "Please wait and consider throttling your request speed",
    headers: { "retry-after": String(seconds) },
  };
}
