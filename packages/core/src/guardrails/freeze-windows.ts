import type { Finding } from "../adapter/contract.ts";
import { isJudged, type Policy, type PolicyOptions } from "./policy.ts";

/** A time in which nothing is to change, once. */
export interface FreezeWindow {
  /** ISO 8601 with `Z` or an offset: the first instant of it. */
  readonly from: string;
  /** ISO 8601 with `Z` or an offset: the first instant after it. */
  readonly to: string;
  /** Why, for whoever is refused: `year's end`. */
  readonly because: string;
}

const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** A day of the week. */
export type Weekday = (typeof weekdays)[number];

/** A time in which nothing is to change, every week. */
export interface WeeklyWindow {
  /** The days on which it begins. */
  readonly days: readonly Weekday[];
  /** `HH:MM` by the clock on the wall there, `00:00` to `23:59`: the first minute of it. */
  readonly from: string;
  /** `HH:MM`, up to `24:00`: the first minute after it. Earlier than `from`: on the next day. */
  readonly to: string;
  /** An IANA name, e.g. `Europe/Berlin`. Summer time is that of the runtime's tables. */
  readonly timeZone: string;
  /** Why, for whoever is refused. */
  readonly because: string;
}

/** What {@link freezeWindows} can be given. */
export interface FreezeOptions extends PolicyOptions {
  /**
   * What is said of a plan that ends before the window as a rule, and in it if everything takes as long as it may.
   * Default `warning`.
   */
  readonly longest?: "ignore" | "warning" | "blocker" | undefined;
}

interface Window {
  readonly name: string;
  readonly because: string;
  /** The first instant from `from` to `to`, both included, that lies inside. */
  touch(from: number, to: number): number | undefined;
}

const minuteMs = 60_000;
/** Longer than a week, so whatever comes every week is met. */
const farthestMs = 8 * 24 * 60 * minuteMs;

/**
 * Refuses plans that would be started in a time of freeze, or that would typically still be running when one begins: a
 * rollout is not left half done over a weekend. One that reaches a window only if every step takes as long as it may is
 * warned of. How long a plan takes is `plan.estimate`, bakes of waves included.
 *
 * Judges `apply` and `retire`, unless `kinds` says otherwise; plans without steps pass.
 *
 * @throws {TypeError} for a window that is none: an instant without offset, an unknown time zone, no day
 * @example
 * ```ts
 * import { freezeWindows } from "@handfast/core/guardrails";
 *
 * export const freeze = freezeWindows([
 *   { from: "2026-12-20T00:00:00Z", to: "2027-01-04T08:00:00Z", because: "year's end" },
 *   { days: ["fri"], from: "16:00", to: "24:00", timeZone: "Europe/Berlin", because: "nobody is there" },
 *   { days: ["sat", "sun"], from: "00:00", to: "24:00", timeZone: "Europe/Berlin", because: "nobody is there" },
 * ]);
 * ```
 */
export function freezeWindows(
  windows: readonly (FreezeWindow | WeeklyWindow)[],
  options: FreezeOptions = {},
): Policy {
  const read = windows.map((window) => ("days" in window ? weeklyWindow(window) : onceWindow(window)));
  return function freezeWindows(plan, { at }): readonly Finding[] {
    if (!isJudged(plan, options, ["apply", "retire"])) return [];
    const { typicalMs, atMostMs } = plan.estimate;
    return read.flatMap((window) => {
      const touched = window.touch(at, at + atMostMs);
      if (touched === undefined) return [];
      return describe(window, touched, { at, typicalEnd: at + typicalMs, longest: options.longest });
    });
  };
}

function describe(
  { name, because }: Window,
  touched: number,
  run: {
    readonly at: number;
    readonly typicalEnd: number;
    readonly longest: FreezeOptions["longest"];
  },
): Finding[] {
  const window = `the freeze ${name} (${because})`;
  const when = new Date(touched).toISOString();
  if (touched <= run.at) {
    return [
      {
        code: "in-freeze-window",
        severity: "blocker",
        message: `it would be started in ${window}`,
        mend: "start it when the window is over",
      },
    ];
  }
  if (touched <= run.typicalEnd) {
    return [
      {
        code: "reaches-freeze-window",
        severity: "blocker",
        message: `it would typically still be running at ${when}, in ${window}`,
        mend: "start it earlier or after the window, or split it",
      },
    ];
  }
  if (run.longest === "ignore") return [];
  return [
    {
      code: "may-reach-freeze-window",
      severity: run.longest ?? "warning",
      message: `it may still be running at ${when}, in ${window}, if all takes as long as it may`,
      mend: "start it earlier or after the window",
    },
  ];
}

function onceWindow({ from, to, because }: FreezeWindow): Window {
  const [first, end] = [from, to].map((text) => {
    // without an offset it would mean another instant on every machine
    const at = /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at)) throw notOne(`${text} is no instant; write it as 2026-12-20T00:00:00Z`);
    return at;
  }) as [number, number];
  if (first >= end) throw notOne(`${from} is not before ${to}`);
  return {
    name: `from ${from} to ${to}`,
    because,
    touch: (start, stop) => (start < end && stop >= first ? Math.max(start, first) : undefined),
  };
}

function weeklyWindow({ days, from, to, timeZone, because }: WeeklyWindow): Window {
  const odd = days.find((day) => !weekdays.includes(day));
  if (odd !== undefined) throw notOne(`${odd} is no day; write ${weekdays.join(", ")}`);
  if (days.length === 0) throw notOne("it has no days");
  const [first, end] = [minuteOf(from), minuteOf(to)];
  if (first === end || first === 24 * 60) throw notOne(`from ${from} to ${to} is no time of a day`);
  const wall = wallClock(timeZone);
  const begins = new Set<number>(days.map((day) => weekdays.indexOf(day)));
  const isInside = (at: number): boolean => {
    const { day, minute } = wall(at);
    if (first < end) return begins.has(day) && minute >= first && minute < end;
    return (begins.has(day) && minute >= first) || (begins.has((day + 6) % 7) && minute < end);
  };
  return {
    name: `on ${days.join(", ")} from ${from} to ${to} ${timeZone}`,
    because,
    touch: (start, stop) => {
      // offsets are whole minutes and so are windows: to look at each minute is exact, and needs no rule of our own
      const last = Math.min(stop, start + farthestMs);
      for (let at = Math.floor(start / minuteMs) * minuteMs; at <= last; at += minuteMs)
        if (isInside(at)) return Math.max(at, start);
      return undefined;
    },
  };
}

/** Day of the week, from Monday, and minute of the day, by the clock on the wall of a time zone. */
function wallClock(timeZone: string): (at: number) => { readonly day: number; readonly minute: number } {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  } catch {
    throw notOne(`this runtime knows no time zone ${timeZone}; write it as Europe/Berlin`);
  }
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = weekdays.indexOf(parts.get("weekday")?.toLowerCase() as Weekday);
    return { day, minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")) };
  };
}

function minuteOf(text: string): number {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (text === "24:00") return 24 * 60;
  if (hours === undefined) throw notOne(`${text} is no time of a day; write HH:MM`);
  return Number(hours) * 60 + Number(minutes);
}

function notOne(reason: string): TypeError {
  return new TypeError(`freezeWindows: a window is none: ${reason}`);
}
