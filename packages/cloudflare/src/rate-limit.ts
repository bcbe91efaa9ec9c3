import type { Clock } from "@handfast/core";

/** How fast the calls of one credential may go. */
export interface RateLimitOptions {
  /** Calls in any five minutes. Cloudflare blocks a user for five minutes after 1200. @default 1100 */
  readonly perFiveMinutes?: number | undefined;
  /** How many of them may come at once. @default 100 */
  readonly burst?: number | undefined;
}

/** The rate of one credential, shared by all that call with it. */
export interface CloudflareRateLimit {
  /** Resolves when the next call may be sent; rejects when the signal aborts first. */
  take(clock: Clock, signal: AbortSignal): Promise<void>;
  /** Learns from what the API said of its own limit. */
  note(clock: Clock, headers: Headers): void;
}

const fiveMinutes = 300_000;

/**
 * A token bucket that stays below Cloudflare's 1200 requests in five minutes, and stands still while Cloudflare says
 * so. Give the same one to every adapter that uses the same credential: the limit counts per user, all tokens
 * together. Source: Cloudflare API, "Rate limits".
 *
 * @example
 * ```ts
 * import { cloudflareHostname, cloudflareRateLimit } from "@handfast/cloudflare";
 *
 * const rateLimit = cloudflareRateLimit({ perFiveMinutes: 600 });
 * export const token = () => process.env.CLOUDFLARE_API_TOKEN ?? "";
 * export const adapter = cloudflareHostname({ token, rateLimit });
 * ```
 *
 * @throws TypeError when the numbers make no rate
 */
export function cloudflareRateLimit(options: RateLimitOptions = {}): CloudflareRateLimit {
  const { perFiveMinutes = 1100, burst = Math.min(100, perFiveMinutes - 1) } = options;
  if (!(burst >= 1 && perFiveMinutes > burst)) {
    throw new TypeError("cloudflareRateLimit: burst must be at least 1 and perFiveMinutes above it");
  }
  const perMs = (perFiveMinutes - burst) / fiveMinutes;
  let tokens = burst;
  let filledAt: number | undefined;
  let stillUntil = 0;

  const fill = (now: number): void => {
    if (filledAt !== undefined && now > filledAt) tokens = Math.min(burst, tokens + (now - filledAt) * perMs);
    filledAt = now;
  };

  return {
    async take(clock, signal) {
      fill(clock.now());
      // a debt is a place in the queue: each later call waits for one token more
      tokens -= 1;
      if (tokens < 0) await clock.sleep(-tokens / perMs, signal);
      while (clock.now() < stillUntil) await clock.sleep(stillUntil - clock.now(), signal);
    },
    note(clock, headers) {
      const now = clock.now();
      fill(now);
      const { left, resetMs } = readRateHeaders(headers);
      if (left !== undefined) tokens = Math.min(tokens, left);
      if (left === 0 && resetMs !== undefined)
        stillUntil = Math.max(stillUntil, now + Math.min(resetMs, fiveMinutes));
    },
  };
}

/** `Ratelimit: "default";r=50;t=30`: calls left, and seconds until the window is new. */
function readRateHeaders(headers: Headers): { left?: number; resetMs?: number } {
  const text = headers.get("ratelimit") ?? "";
  const left = /;\s*r=(\d+)/.exec(text)?.[1];
  const reset = /;\s*t=(\d+)/.exec(text)?.[1];
  return {
    ...(left === undefined ? {} : { left: Number(left) }),
    ...(reset === undefined ? {} : { resetMs: Number(reset) * 1000 }),
  };
}
