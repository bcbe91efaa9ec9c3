import type { RateQuota } from "../../src/index.ts";

/** A provider's counting, as plain as can be: a fixed window from the first call on, and a block after an excess. */
export function countingProvider(quota: RateQuota, kind: "headers" | "silent" = "headers") {
  let start = Number.NEGATIVE_INFINITY;
  let used = 0;
  let blockedUntil = Number.NEGATIVE_INFINITY;
  let refused = 0;
  const count = (calls: number, now: number): boolean => {
    if (now >= start + quota.windowMs) {
      start = now;
      used = 0;
    }
    used += calls;
    if (used > quota.calls && now >= blockedUntil) blockedUntil = now + 300_000;
    return now < blockedUntil;
  };
  return {
    /** Calls by somebody else. */
    spend: (calls: number, now: number) => void count(calls, now),
    refused: () => refused,
    answer: (now: number): { status: number; headers: Headers } => {
      const isRefused = count(1, now);
      if (isRefused) refused += 1;
      const until = Math.max(start + quota.windowMs, blockedUntil);
      const headers = new Headers();
      if (kind === "headers") {
        const left = Math.max(0, quota.calls - used);
        headers.set("ratelimit", `"default";r=${left};t=${Math.ceil((until - now) / 1000)}`);
        headers.set("ratelimit-policy", `"default";q=${quota.calls};w=${Math.round(quota.windowMs / 1000)}`);
      }
      if (isRefused) headers.set("retry-after", String(Math.ceil((blockedUntil - now) / 1000)));
      return { status: isRefused ? 429 : 200, headers };
    },
  };
}
