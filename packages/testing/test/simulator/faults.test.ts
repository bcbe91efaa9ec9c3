import { expect, it } from "vitest";
import { turnableClock } from "../../src/clock.ts";
import { answerUnderFaults, type Fault, type FaultRule, faults, type Refusal } from "../../src/faults.ts";
import { operationOf } from "../../src/index.ts";

const cut: Fault = { kind: "cut" };
const read = { service: "s3", operation: "GetObject" };
const write = { service: "s3", operation: "PutObject" };
const other = { service: "elbv2", operation: "PutObject" };

const cases: { name: string; rule: Omit<FaultRule, "fault">; hit: boolean[] }[] = [
  { name: "the first call, when nothing is said", rule: {}, hit: [true, false, false, false] },
  { name: "a service", rule: { service: "elbv2", times: 9 }, hit: [false, false, true, false] },
  { name: "an operation", rule: { operation: "PutObject", times: 9 }, hit: [false, true, true, false] },
  {
    name: "one of some operations",
    rule: { operation: ["PutObject", "GetObject"], times: 9 },
    hit: [true, true, true, true],
  },
  {
    name: "what a function picks",
    rule: { matching: (call) => call === other, times: 9 },
    hit: [false, false, true, false],
  },
  { name: "the nth call that matches", rule: { service: "s3", nth: 2 }, hit: [false, true, false, false] },
  { name: "n calls in a row", rule: { nth: 2, times: 2 }, hit: [false, true, true, false] },
  { name: "every call", rule: { times: Number.POSITIVE_INFINITY }, hit: [true, true, true, true] },
];

it.each(cases)("faults hit $name", ({ rule, hit }) => {
  const storm = faults();
  const inForce = storm.add({ ...rule, fault: cut });
  const met = [read, write, other, read].map((call) => storm.meet(call, "before").length > 0);
  expect(met).toEqual(hit);
  expect(inForce.hits()).toBe(hit.filter(Boolean).length);
  expect(storm.meet(read, "after")).toEqual([]);
});

it("faults stop when a rule is removed, or all are cleared", () => {
  const storm = faults();
  const first = storm.add({ times: 9, fault: cut });
  storm.add({ times: 9, fault: { kind: "stale" } });
  first.remove();
  expect(storm.meet(read, "before")).toEqual([{ kind: "stale" }]);
  storm.clear();
  expect(storm.meet(read, "before")).toEqual([]);
  expect([first.matched(), first.hits()]).toEqual([0, 0]);
});

const refuse = (refusal: Refusal): Response =>
  new Response(null, refusal.kind === "throttle" ? { status: 429 } : { status: refusal.status });

async function call(rule: Partial<FaultRule> & { fault: Fault }, effect = () => new Response("done")) {
  const clock = turnableClock(0);
  clock.autoAdvance();
  const storm = faults();
  storm.add(rule);
  const effects: string[] = [];
  const response = await answerUnderFaults({ faults: storm, clock, call: write, refuse }, ({ stale }) => {
    effects.push(`${stale ? "stale" : "fresh"} at ${clock.now()}`);
    return effect();
  });
  return {
    effects,
    status: response.status,
    type: response.type,
    at: clock.now(),
    operation: operationOf(response),
  };
}

const answers: {
  name: string;
  rule: Parameters<typeof call>[0];
  effects: string[];
  status: number;
  at?: number;
}[] = [
  {
    name: "refuses before the effect",
    rule: { fault: { kind: "refuse", status: 500, code: "X" } },
    effects: [],
    status: 500,
  },
  {
    name: "refuses after the effect",
    rule: { moment: "after", fault: { kind: "refuse", status: 500, code: "X" } },
    effects: ["fresh at 0"],
    status: 500,
  },
  { name: "throttles", rule: { fault: { kind: "throttle" } }, effects: [], status: 429 },
  { name: "cuts before the effect", rule: { fault: cut }, effects: [], status: 0 },
  {
    name: "cuts after the effect",
    rule: { moment: "after", fault: cut },
    effects: ["fresh at 0"],
    status: 0,
  },
  {
    name: "delays the effect",
    rule: { fault: { kind: "delay", ms: 70 } },
    effects: ["fresh at 70"],
    status: 200,
    at: 70,
  },
  {
    name: "delays the answer",
    rule: { moment: "after", fault: { kind: "delay", ms: 70 } },
    effects: ["fresh at 0"],
    status: 200,
    at: 70,
  },
  { name: "asks for a stale read", rule: { fault: { kind: "stale" } }, effects: ["stale at 0"], status: 200 },
];

it.each(answers)("answerUnderFaults $name", async ({ rule, effects, status, at = 0 }) => {
  expect(await call(rule)).toMatchObject({ effects, status, at, operation: "PutObject" });
});

it("answerUnderFaults leaves a call alone that was refused anyway", async () => {
  const answer = await call({ moment: "after", fault: cut }, () => new Response(null, { status: 404 }));
  expect(answer).toMatchObject({ status: 404 });
});
