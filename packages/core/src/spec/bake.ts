const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Form of a duration in a spec: a whole number of seconds, minutes, hours or days. */
export const bakePattern = /^([0-9]{1,7})([smhd])$/;

/** The longest bake, in milliseconds: timers count in 31 bits, and a longer one would end at once. */
export const longestBakeMs = 24 * units.d;

/** The furthest that connection logs are read back, in milliseconds. */
export const longestSinceMs = 365 * units.d;

/** `30m` to milliseconds; undefined when it has another form. */
export function bakeMs(text: string): number | undefined {
  const [, count, unit] = bakePattern.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return Number(count) * units[unit as keyof typeof units];
}
