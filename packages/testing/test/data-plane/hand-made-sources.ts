import type { Clock } from "@handfast/core";
import type { EdgeView, ListenerView, Source } from "../../src/index.ts";

export interface HandMade<T> extends Source<T> {
  set(value: T): void;
  listeners(): number;
}

/** A control plane in one variable. */
export function handMade<T>(value: T): HandMade<T> {
  let now = value;
  const listeners = new Set<() => void>();
  return {
    current: () => now,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    set: (next) => {
      now = next;
      for (const changed of listeners) changed();
    },
    listeners: () => listeners.size,
  };
}

/** A clock that moves when told; it starts at the machine's time, since certificates are dated by that. */
export function handTurned(): Clock & { turn(ms: number): void } {
  let time = Date.now();
  return {
    now: () => time,
    sleep: () => Promise.reject(new Error("the data plane never waits on its clock")),
    turn: (ms) => {
      time += ms;
    },
  };
}

export const listening = (view: Partial<ListenerView> = {}): ListenerView => ({
  mode: "off",
  anchors: [],
  crls: [],
  ignoreExpiry: false,
  advertiseNames: false,
  storeRemoved: false,
  ...view,
});

export const showing = (
  shows: EdgeView["shows"] = "nothing",
  sslMode: EdgeView["sslMode"] = "full",
): EdgeView => ({ shows, sslMode });
