/** What one item of `Ratelimit` tells: how many calls are left of a policy, and until when. */
export interface LeftSeen {
  readonly policy: string;
  readonly calls: number;
  readonly resetMs: number;
}

/** What one item of `Ratelimit-Policy` tells: how many calls a policy allows in its window. */
export interface PolicySeen {
  readonly policy: string;
  readonly calls: number;
  /** Undefined: the header does not say. */
  readonly windowMs?: number | undefined;
}

/** Longer texts are not read: no published header comes near. */
const longestHeader = 2_000;

/** No policy has a longer window; what says so is taken for malformed. */
const longestWindowSeconds = 3_600;

/** How long a block is believed to last at most. */
const longestRetryAfterMs = 86_400_000;

/** `Ratelimit: "default";r=50;t=30`: items that are malformed are left out, one by one. */
export function readLeft(headers: Headers): readonly LeftSeen[] {
  return readItems(headers.get("ratelimit")).flatMap(({ name, numbers }) => {
    const calls = numbers.get("r");
    const reset = numbers.get("t");
    if (calls === undefined || reset === undefined || reset > longestWindowSeconds) return [];
    return [{ policy: name, calls, resetMs: reset * 1000 }];
  });
}

/** `Ratelimit-Policy: "default";q=1200;w=300`: items that are malformed are left out, one by one. */
export function readPolicies(headers: Headers): readonly PolicySeen[] {
  return readItems(headers.get("ratelimit-policy")).flatMap(({ name, numbers }) => {
    const calls = numbers.get("q");
    const window = numbers.get("w");
    if (calls === undefined || calls === 0) return [];
    if (window === undefined) return [{ policy: name, calls }];
    if (window === 0 || window > longestWindowSeconds) return [];
    return [{ policy: name, calls, windowMs: window * 1000 }];
  });
}

/** Whole seconds, or a date (RFC 9110, section 10.2.3), as milliseconds from now on; at most a day. */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (text === undefined || text === "") return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), longestRetryAfterMs);
}

interface Item {
  readonly name: string;
  readonly numbers: ReadonlyMap<string, number>;
}

/** A list of strings or tokens with parameters (RFC 9651), as far as rate limits use one: parameters are whole numbers. */
function readItems(text: string | null): readonly Item[] {
  if (text === null || text.length > longestHeader) return [];
  return split(text, ",").flatMap((item) => {
    const [head = "", ...parameters] = split(item, ";").map((part) => part.trim());
    const name = /^"([^"\\]*)"$/.exec(head)?.[1] ?? /^[A-Za-z*][\w:/.*-]*$/.exec(head)?.[0];
    if (name === undefined) return [];
    const numbers = new Map<string, number>();
    for (const parameter of parameters) {
      const [, key, digits] = /^([a-z*][\w.*-]*)=(\d{1,9})$/.exec(parameter) ?? [];
      if (key !== undefined) numbers.set(key, Number(digits));
    }
    return [{ name, numbers }];
  });
}

/** Splits where the separator stands outside of quotes. */
function split(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === separator && !quoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
