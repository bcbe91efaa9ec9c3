/** Milliseconds for people: `350 ms`, `61 s`, `12 min 5 s`, `3 h 20 min`. */
export function spanText(ms: number): string {
  if (ms > 0 && ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return withRest(`${minutes} min`, seconds % 60, "s");
  return withRest(`${Math.floor(minutes / 60)} h`, minutes % 60, "min");
}

function withRest(whole: string, rest: number, unit: string): string {
  return rest === 0 ? whole : `${whole} ${rest} ${unit}`;
}

/** Whole seconds, for what counts up while it is looked at. */
export function secondsText(ms: number): string {
  return spanText(Math.floor(Math.max(0, ms) / 1_000) * 1_000);
}

/** `2026-11-22 04:09:12 UTC` from ISO 8601. */
export function instantText(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}
