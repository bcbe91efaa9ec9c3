import { describe, expect, test } from "vitest";
import { fitsPattern } from "../../src/data-plane/path-pattern.ts";

describe("fitsPattern", () => {
  test.each([
    ["*", "/", true],
    ["*", "/a/b", true],
    ["/a/*", "/a/b/c", true],
    ["/a/*", "/a", false],
    ["a/*", "/a/b", true],
    ["/a/*", "/A/b", false],
    ["*.jpg", "/x/y.jpg", true],
    ["*.jpg", "/x/yjpg", false],
    ["/a?.css", "/ab.css", true],
    ["/a?.css", "/a.css", false],
    ["/a?.css", "/abc.css", false],
    ["/a(b)+$", "/a(b)+$", true],
    ["/a/*/c", "/a/b/c", true],
    ["/a/*/c", "/a/b/d", false],
  ])("says whether %s fits %s: %s %s", (pattern, path, expected) => {
    expect(fitsPattern(pattern, path)).toBe(expected);
  });
});
