import { type Answer, type Refusal, refusal, result, unknownCode } from "./envelope.ts";

/** The bounds of one list call. */
export interface PageLimits {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** Cuts a list to the asked page; refuses numbers outside the limits. `empty` is what a page without rows is written as. */
export function writePage(
  rows: readonly unknown[],
  query: URLSearchParams,
  limits: PageLimits,
  empty: null | readonly never[],
): Answer {
  const page = readNumber(query, "page", { default: 1, min: 1, max: Number.MAX_SAFE_INTEGER });
  if (typeof page !== "number") return page;
  const perPage = readNumber(query, "per_page", limits);
  if (typeof perPage !== "number") return perPage;
  const cut = rows.slice((page - 1) * perPage, page * perPage);
  const info = { page, per_page: perPage, count: cut.length, total_count: rows.length };
  return result(cut.length === 0 ? empty : cut, info);
}

/** Cuts a list by `limit` and `offset`, which some lists take besides pages. */
export function writeSlice(
  rows: readonly unknown[],
  query: URLSearchParams,
  limits: PageLimits,
  empty: null | readonly never[],
): Answer {
  const limit = readNumber(query, "limit", { ...limits, min: 1 });
  if (typeof limit !== "number") return limit;
  const offset = readNumber(query, "offset", { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER });
  if (typeof offset !== "number") return offset;
  const cut = rows.slice(offset, offset + limit);
  const page = Math.floor(offset / limit) + 1;
  const info = { page, per_page: limit, count: cut.length, total_count: rows.length };
  return result(cut.length === 0 ? empty : cut, info);
}

function readNumber(query: URLSearchParams, name: string, limits: PageLimits): number | Refusal {
  const text = query.get(name);
  if (text === null) return limits.default;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= limits.min && value <= limits.max) return value;
  return refusal(400, unknownCode, `${name} must be between ${limits.min} and ${limits.max}`);
}
