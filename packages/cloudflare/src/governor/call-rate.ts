import type { CallRate } from "@handfast/core";
import { paceOf, publishedQuota } from "./quota.ts";

/** The pace of a credential with the published quota, for estimates: by it a plan tells how long its calls take. */
export function callRate(budget: string): CallRate {
  const { atOnce, perMs } = paceOf([publishedQuota]);
  return { budget, atOnce, perMinute: Math.floor(perMs * 60_000) };
}
