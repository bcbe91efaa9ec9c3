import fc from "fast-check";
import { expect, test } from "vitest";
import { readLeft, readPolicies, readRetryAfter } from "../../src/governor/rate-headers.ts";

const left = (policy: string, calls: number, seconds: number) => ({ policy, calls, resetMs: seconds * 1000 });
const quota = (policy: string, calls: number, seconds: number) => ({
  policy,
  calls,
  windowMs: seconds * 1000,
});

test.each<[string, ReturnType<typeof left>[]]>([
  ['"default";r=50;t=30', [left("default", 50, 30)]],
  ['"default";r=0;t=0', [left("default", 0, 0)]],
  ['  "default" ; r=50 ;  t=30 ', [left("default", 50, 30)]],
  ["default;t=30;r=50", [left("default", 50, 30)]],
  ['"burst";r=9;t=1, "hour";r=70;t=2000', [left("burst", 9, 1), left("hour", 70, 2000)]],
  ['"a, b;r=1";r=2;t=3', [left("a, b;r=1", 2, 3)]],
  ['"default";r=50;t=30;pk=:dXNlcg==:', [left("default", 50, 30)]],
  ['"default";r=50;r=40;t=30', [left("default", 40, 30)]],
  ["", []],
  ["50", []],
  ['"default"', []],
  ['"default";r=50', []],
  ['"default";t=30', []],
  ['"default";r=-1;t=30', []],
  ['"default";r=5.5;t=30', []],
  ['"default";r=50;t=soon', []],
  ['"default";r=50;t=99999', []],
  ['"default;r=50;t=30', []],
  ['"default";r=99999999999999999999;t=30', []],
  ['oops oops;r=1;t=1, "default";r=50;t=30', [left("default", 50, 30)]],
  [`"default";r=50;t=30${" ".repeat(3000)};x=1`, []],
])("readLeft reads %j, and what is malformed as nothing", (text, expected) => {
  expect(readLeft(new Headers({ ratelimit: text }))).toEqual(expected);
});

test.each<[string, object[]]>([
  ['"default";q=1200;w=300', [quota("default", 1200, 300)]],
  ['"default";q=1200', [{ policy: "default", calls: 1200 }]],
  ['"a";q=200;w=1,"b";q=1200;w=300', [quota("a", 200, 1), quota("b", 1200, 300)]],
  ['"default";q=0;w=300', []],
  ['"default";q=1200;w=0', []],
  ['"default";q=1200;w=86400', []],
  ['"default";w=300', []],
  ["garbage;;;===", []],
])("readPolicies reads %j, and what is malformed as nothing", (text, expected) => {
  expect(readPolicies(new Headers({ "ratelimit-policy": text }))).toEqual(expected);
});

test.each<[string | undefined, number | undefined]>([
  ["42", 42_000],
  ["0", 0],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  ["Wed, 31 Dec 2025 23:00:00 GMT", 0],
  ["99999999999999999999999", 86_400_000],
  ["", undefined],
  ["soon", undefined],
  [undefined, undefined],
])("readRetryAfter reads %j", (text, expected) => {
  const headers = new Headers(text === undefined ? {} : { "retry-after": text });
  expect(readRetryAfter(headers, Date.UTC(2026, 0, 1))).toBe(expected);
});

test("readLeft and readPolicies read any text to whole numbers within bounds", () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc
      .array(fc.constantFrom('"', ";", ",", "=", "r", "t", "q", "w", "1", "0", "default", " ", "\\"))
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const value = text.replaceAll(/[^\x20-\x7e]/g, "");
      const headers = new Headers({ ratelimit: value, "ratelimit-policy": value });
      for (const { calls, resetMs } of readLeft(headers)) {
        expect(Number.isSafeInteger(calls) && calls >= 0).toBe(true);
        expect(resetMs >= 0 && resetMs <= 3_600_000).toBe(true);
      }
      for (const { calls, windowMs = 1 } of readPolicies(headers)) {
        expect(Number.isSafeInteger(calls) && calls >= 1).toBe(true);
        expect(windowMs >= 1 && windowMs <= 3_600_000).toBe(true);
      }
    }),
  );
});
