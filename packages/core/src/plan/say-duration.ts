import { countOf } from "./plain-text.ts";

const units = [
  [86_400_000, "day"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/** Milliseconds for people, to the last second: `45 s`, `90 min`, `12 h`, `1 day`. */
export function sayDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000) * 1_000;
  const [size, unit] = units.find(([one]) => seconds >= one && seconds % one === 0) ?? [1_000, "s"];
  return unit === "day" ? countOf(seconds / size, "day") : `${seconds / size} ${unit}`;
}
