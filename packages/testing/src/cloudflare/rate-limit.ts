import type { Refusal } from "./envelope.ts";

/** The quota of one user, and of one address. */
export interface CloudflareRateLimit {
  /** Calls of a user in one window, whichever tokens they are made with. @default 1200 */
  readonly calls: number;
  /** Length of the window, and of the block that follows an excess, in milliseconds. @default 300000 */
  readonly windowMs: number;
  /** Calls of an address in one second; all calls come from one. @default 200 */
  readonly callsPerSecond: number;
  /**
   * How calls are counted, which no source tells: `fixed`, from a first call on for one window; `sliding`, in the time
   * of one window up to now.
   *
   * @default "fixed"
   */
  readonly window: "fixed" | "sliding";
}

/** The published quota. */
export const defaultRateLimit: CloudflareRateLimit = {
  calls: 1200,
  windowMs: 300_000,
  callsPerSecond: 200,
  window: "fixed",
};

/** What a counted call is told. */
export interface Counted {
  readonly headers: Readonly<Record<string, string>>;
  readonly refusal?: Refusal | undefined;
}

/** Counts the calls of each user. */
export interface RateLimiter {
  /** Counts one call, a refused one too. */
  count(user: string, now: number): Counted;
  /** Counts calls that somebody else made, in the dashboard or by another tool. */
  spend(user: string, calls: number, now: number): void;
}

/**
 * Counts calls per user, and per second: after an excess every call is refused for a whole window.
 *
 * Source: Cloudflare Fundamentals, "API rate limits"; header forms from the changelog of 2025-09-03.
 */
export function rateLimiter(limit: CloudflareRateLimit): RateLimiter {
  const { windowMs } = limit;
  const users = new Map<string, CountedCalls>();
  const address = new CountedCalls(limit.callsPerSecond, 1_000, windowMs, "fixed");
  const callsOf = (user: string): CountedCalls => {
    const known = users.get(user) ?? new CountedCalls(limit.calls, windowMs, windowMs, limit.window);
    users.set(user, known);
    return known;
  };
  return {
    count: (user, now) => {
      const calls = callsOf(user);
      address.add(1, now);
      calls.add(1, now);
      const blockedMs = Math.max(calls.blockedMs(now), address.blockedMs(now));
      const seconds = Math.max(1, Math.ceil(Math.max(blockedMs, calls.resetMs(now)) / 1000));
      const headers = {
        ratelimit: `"default";r=${blockedMs > 0 ? 0 : calls.left(now)};t=${seconds}`,
        "ratelimit-policy": `"default";q=${limit.calls};w=${Math.round(windowMs / 1000)}`,
      };
      if (blockedMs === 0) return { headers };
      return { headers, refusal: tooMany(Math.max(1, Math.ceil(blockedMs / 1000))) };
    },
    spend: (user, calls, now) => callsOf(user).add(calls, now),
  };
}

/** Calls in a window, and the block that an excess brings. */
class CountedCalls {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #blockMs: number;
  readonly #kind: CloudflareRateLimit["window"];
  /** Calls and when they were made, oldest first. A fixed window began with the first of them. */
  #calls: { readonly at: number; readonly count: number }[] = [];
  #used = 0;
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(most: number, windowMs: number, blockMs: number, kind: CloudflareRateLimit["window"]) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#blockMs = blockMs;
    this.#kind = kind;
  }

  add(count: number, now: number): void {
    this.#forget(now);
    const isBlocked = now < this.#blockedUntil;
    this.#calls.push({ at: now, count });
    this.#used += count;
    if (this.#used > this.#most && !isBlocked) this.#blockedUntil = now + this.#blockMs;
  }

  left(now: number): number {
    this.#forget(now);
    return Math.max(0, this.#most - this.#used);
  }

  /** Until the window is new, or has room for one more. */
  resetMs(now: number): number {
    return (this.#calls[0]?.at ?? now) + this.#windowMs - now;
  }

  /** How long calls are refused from now on. */
  blockedMs(now: number): number {
    return Math.max(0, this.#blockedUntil - now);
  }

  /** What is outside of the window. A block that ends takes all before with it, what was refused included. */
  #forget(now: number): void {
    const isOver = this.#blockedUntil > 0 && now >= this.#blockedUntil;
    const [first] = this.#calls;
    const isNew =
      this.#kind === "fixed" &&
      first !== undefined &&
      now >= first.at + this.#windowMs &&
      now >= this.#blockedUntil;
    if (isOver || isNew) {
      this.#calls = [];
      this.#used = 0;
      this.#blockedUntil = Number.NEGATIVE_INFINITY;
      return;
    }
    if (this.#kind === "fixed") return;
    let gone = 0;
    for (const { at, count } of this.#calls) {
      if (now < at + this.#windowMs) break;
      this.#used -= count;
      gone += 1;
    }
    this.#calls.splice(0, gone);
  }
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
