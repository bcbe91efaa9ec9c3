import type { LoggedConnections } from "@handfast/core";
import type { LogEntry } from "./logged-certificate.ts";

/** Counts connections that are alike. */
export interface Groups {
  /** @returns false when there is no room for another group, and the entry is left out */
  add(entry: LogEntry): boolean;
  all(): LoggedConnections[];
}

/** An empty count with room for so many groups. */
export function groups(most: number): Groups {
  const byKey = new Map<string, { count: number; lastAt: number; entry: LogEntry }>();
  return {
    add: (entry) => {
      const { shown, outcome, reason, at } = entry;
      const key = JSON.stringify([shown, outcome, reason]);
      const known = byKey.get(key);
      if (known !== undefined) {
        known.count += 1;
        known.lastAt = Math.max(known.lastAt, at);
        return true;
      }
      if (byKey.size >= most) return false;
      byKey.set(key, { count: 1, lastAt: at, entry });
      return true;
    },
    all: () =>
      [...byKey.values()].map(({ count, lastAt, entry: { shown, outcome, reason } }) => ({
        shown,
        outcome,
        ...(reason === undefined ? {} : { reason }),
        count,
        lastAt,
      })),
  };
}
