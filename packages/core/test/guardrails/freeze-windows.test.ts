import { beforeAll, describe, expect, it } from "vitest";
import {
  type FreezeOptions,
  type FreezeWindow,
  freezeWindows,
  judgePlan,
  type WeeklyWindow,
} from "../../src/guardrails/index.ts";
import type { MtlsPlan } from "../../src/index.ts";
import { rollout } from "./plans.ts";

let plan: MtlsPlan;
beforeAll(async () => {
  const made = await rollout();
  // 20 minutes as a rule, 2 hours at most
  plan = { ...made, estimate: { ...made.estimate, typicalMs: 20 * 60_000, atMostMs: 120 * 60_000 } };
});

type Window = FreezeWindow | WeeklyWindow;
const because = "year's end";
const once: Window = { from: "2026-12-20T00:00:00Z", to: "2027-01-04T08:00:00+01:00", because };
const berlin = { timeZone: "Europe/Berlin", because };
const friday: Window = { days: ["fri"], from: "16:00", to: "24:00", ...berlin };
const night: Window = { days: ["sun"], from: "22:00", to: "06:00", ...berlin };
const lostHour: Window = { days: ["sun"], from: "02:00", to: "03:00", ...berlin };
const newYork: Window = { ...friday, timeZone: "America/New_York" };
const kathmandu: Window = { ...friday, timeZone: "Asia/Kathmandu" };

const starts = "in-freeze-window";
const reaches = "reaches-freeze-window";
const mayReach = "may-reach-freeze-window";

const judge = (window: Window, at: string, options?: FreezeOptions) =>
  judgePlan([freezeWindows([window], options)], plan, Date.parse(at));

describe("freezeWindows", () => {
  const cases: readonly (readonly [string, Window, string, string | undefined])[] = [
    ["three hours before", once, "2026-12-19T21:00:00Z", undefined],
    ["where only the longest run would reach it", once, "2026-12-19T22:00:00Z", mayReach],
    ["where the typical run just misses it", once, "2026-12-19T23:39:59.999Z", mayReach],
    ["where the typical run reaches it", once, "2026-12-19T23:40:00Z", reaches],
    ["at its first instant", once, "2026-12-20T00:00:00Z", starts],
    ["at its last", once, "2027-01-04T06:59:59.999Z", starts],
    ["after it", once, "2027-01-04T07:00:00Z", undefined],
    // Berlin is one hour ahead of UTC in winter, two in summer
    ["on a winter Friday before lunch", friday, "2026-12-04T11:00:00Z", undefined],
    ["on a winter Friday at 14:00 there", friday, "2026-12-04T13:00:00Z", mayReach],
    ["on a winter Friday at 15:45 there", friday, "2026-12-04T14:45:00Z", reaches],
    ["on a winter Friday at 15:59 there", friday, "2026-12-04T14:59:59.999Z", reaches],
    ["on a winter Friday at 16:00 there", friday, "2026-12-04T15:00:00Z", starts],
    ["on a summer Friday at 15:59 there", friday, "2026-07-03T13:59:59.999Z", reaches],
    ["on a summer Friday at 16:00 there", friday, "2026-07-03T14:00:00Z", starts],
    ["on a winter Friday at 23:59 there", friday, "2026-12-04T22:59:59.999Z", starts],
    ["on the Saturday after it", friday, "2026-12-04T23:00:00Z", undefined],
    ["on a Thursday at the same time", friday, "2026-12-03T15:00:00Z", undefined],
    ["on Friday 16:00 in New York", newYork, "2026-12-04T21:00:00Z", starts],
    ["on Friday 16:00 in Berlin, for New York", newYork, "2026-12-04T15:00:00Z", undefined],
    ["on Friday 16:00 where the clock is 5 h 45 min ahead", kathmandu, "2026-12-04T10:15:00Z", starts],
    ["one instant before that", kathmandu, "2026-12-04T10:14:59.999Z", reaches],
    ["before midnight of one that ends the next day", night, "2026-12-06T22:00:00Z", starts],
    ["after midnight of one that ends the next day", night, "2026-12-07T04:59:00Z", starts],
    ["when one that ends the next day is over", night, "2026-12-07T05:00:00Z", undefined],
    ["in the night before one that ends the next day", night, "2026-12-06T04:00:00Z", undefined],
    ["in an hour that the clocks leave out", lostHour, "2026-03-29T01:00:00Z", undefined],
    ["in an hour that the clocks run through twice, first", lostHour, "2026-10-25T00:30:00Z", starts],
    ["in an hour that the clocks run through twice, second", lostHour, "2026-10-25T01:30:00Z", starts],
  ];
  it.for(cases)("judges a start %s", ([, window, at, code]) => {
    const found = judge(window, at).map(({ code, severity }) => [code, severity]);
    const severity = code === mayReach ? "warning" : "blocker";
    expect(found).toEqual(code === undefined ? [] : [[code, severity]]);
  });

  it("says which freeze, why, and when the run would meet it", () => {
    expect(judge(friday, "2026-12-04T14:45:00Z")[0]?.message).toBe(
      "it would typically still be running at 2026-12-04T15:00:00.000Z, in the freeze on fri from 16:00 to 24:00 Europe/Berlin (year's end)",
    );
  });

  it("meets a window late in a run of weeks", () => {
    const week = 7 * 24 * 3_600_000;
    const long = { ...plan, estimate: { calls: {}, typicalMs: 5 * week, atMostMs: 6 * week } };
    const [found] = judgePlan([freezeWindows([friday])], long, Date.parse("2026-12-05T12:00:00Z"));
    expect(found).toMatchObject({ code: reaches, message: expect.stringContaining("2026-12-11T15:00") });
  });

  it("tells every window that is met", () => {
    const found = judgePlan([freezeWindows([friday, once])], plan, Date.parse("2026-12-25T15:30:00Z"));
    expect(found).toHaveLength(2);
  });

  const longest: readonly (readonly [FreezeOptions["longest"], readonly string[]])[] = [
    [undefined, ["warning"]],
    ["blocker", ["blocker"]],
    ["ignore", []],
  ];
  it.for(longest)("says of the longest run what is asked: %s", ([longest, severities]) => {
    const found = judge(once, "2026-12-19T22:00:00Z", { longest });
    expect(found.map(({ severity }) => severity)).toEqual(severities);
  });

  const wrong: readonly (readonly [string, object, string])[] = [
    ["an instant without offset", { ...once, from: "2026-12-20T00:00:00" }, "is no instant"],
    ["a date without time", { ...once, from: "2026-12-20" }, "is no instant"],
    ["a day that is none", { ...once, from: "2026-13-40T00:00:00Z" }, "is no instant"],
    ["an end before the start", { ...once, to: "2026-12-19T00:00:00Z" }, "is not before"],
    ["no days", { ...friday, days: [] }, "no days"],
    ["a day that is none", { ...friday, days: ["friday"] }, "friday is no day"],
    ["a time that is none", { ...friday, from: "25:00" }, "25:00 is no time"],
    ["a time without zero", { ...friday, from: "9:00" }, "9:00 is no time"],
    ["a window of no length", { ...friday, from: "16:00", to: "16:00" }, "is no time of a day"],
    [
      "a window that begins with the next day",
      { ...friday, from: "24:00", to: "06:00" },
      "is no time of a day",
    ],
    ["an unknown time zone", { ...friday, timeZone: "Europe/Atlantis" }, "no time zone Europe/Atlantis"],
  ];
  it.for(wrong)("refuses %s when it is made", ([, window, reason]) => {
    expect(() => freezeWindows([window as Window])).toThrow(TypeError);
    expect(() => freezeWindows([window as Window])).toThrow(reason);
  });
});
