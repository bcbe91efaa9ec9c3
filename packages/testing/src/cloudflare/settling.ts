/** A written value and the moment from which the edge acts by it. */
export interface Version<T> {
  readonly value: T;
  readonly from: number;
}

/** The writes of one value that still matter, oldest first: the last one reads, an earlier one may still act. */
export type Versions<T> = readonly Version<T>[];

/** Adds a write; what the edge no longer acts by is forgotten. Writes take effect in their order. */
export function writeVersion<T>(
  versions: Versions<T>,
  value: T,
  now: number,
  settlingMs: number,
): Versions<T> {
  const acting = versions.findLastIndex(({ from }) => from <= now);
  const from = Math.max(now + settlingMs, versions.at(-1)?.from ?? 0);
  return [...versions.slice(Math.max(0, acting)), { value, from }];
}

/** What the edge acts by; undefined until the first write has settled. */
export function versionInEffect<T>(versions: Versions<T>, now: number): T | undefined {
  return versions.findLast(({ from }) => from <= now)?.value;
}
