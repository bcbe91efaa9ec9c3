import { expect, test } from "vitest";
import { bakeMs, longestBakeMs } from "../../src/spec/bake.ts";
import { quoteName, suggestName } from "../../src/spec/suggest-name.ts";

test.each<[string, number | undefined]>([
  ["90s", 90_000],
  ["30m", 1_800_000],
  ["1h", 3_600_000],
  ["2d", 172_800_000],
  ["0s", 0],
  ["", undefined],
  ["30", undefined],
  ["1.5h", undefined],
  ["-1m", undefined],
  ["1h30m", undefined],
  ["1w", undefined],
  ["12345678s", undefined],
])("bakeMs reads %j", (text, ms) => {
  expect(bakeMs(text)).toBe(ms);
});

test("longestBakeMs fits into the timer of Node", () => {
  expect(longestBakeMs).toBeLessThan(2 ** 31);
});

test.each<[wrong: string, declared: string[], text: string]>([
  ["shp", ["api", "shop"], '; did you mean "shop"? declared: api, shop'],
  ["egde", ["edge"], '; did you mean "edge"? declared: edge'],
  ["EDGE", ["edge"], '; did you mean "edge"? declared: edge'],
  ["aws.abl", ["aws.alb-us", "aws.alb"], '; did you mean "aws.alb"? declared: aws.alb-us, aws.alb'],
  ["canary", ["edge"], "; declared: edge"],
  ["edge", [], "; declared: none"],
  ["x".repeat(200), ["edge"], "; declared: edge"],
])("suggestName for %j among %j", (wrong, declared, text) => {
  expect(suggestName(wrong, declared)).toBe(text);
});

test("suggestName lists a dozen names and counts the rest", () => {
  const names = Array.from({ length: 15 }, (_, index) => `name-${index}`);
  expect(suggestName("other", names)).toMatch(/name-11 and 3 more$/);
});

test("quoteName keeps a name on one line and short", () => {
  expect(quoteName("a\nb")).toBe('"a\\nb"');
  expect(quoteName("x".repeat(200))).toHaveLength(83);
});
