import { HandfastError } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { bucketFindings } from "../../src/s3/bucket-findings.ts";
import type { BundleBucket } from "../../src/s3/port.ts";

describe("bucketFindings", () => {
  const bucketThat = (describeIt: () => Promise<{ versioned: boolean | undefined }>): BundleBucket => ({
    name: "bundles",
    describe: describeIt,
    putNew: () => Promise.reject(new Error("not here")),
    get: () => Promise.reject(new Error("not here")),
    delete: () => Promise.reject(new Error("not here")),
  });
  const { signal } = new AbortController();
  const failing = (
    code: "REMOTE_NOT_FOUND" | "REMOTE_UNAUTHORIZED" | "REMOTE_UNAVAILABLE",
    status?: number,
  ) => bucketThat(() => Promise.reject(new HandfastError(code, "no", { provider: { status } })));

  it.each([
    ["versions are kept", true, []],
    ["none are kept", false, ["bucket-not-versioned"]],
    ["that may not be asked", undefined, ["bucket-not-versioned"]],
  ])("mentions versioning when %s", async (_how, versioned, codes) => {
    const found = await bucketFindings(
      bucketThat(async () => ({ versioned })),
      signal,
    );
    expect(found.map(({ code }) => code)).toEqual(codes);
  });

  it("blocks on what the user must mend, and fails on what is the wire's or the credentials'", async () => {
    expect(await bucketFindings(failing("REMOTE_NOT_FOUND", 404), signal)).toMatchObject([
      { severity: "blocker" },
    ]);
    expect(await bucketFindings(failing("REMOTE_UNAUTHORIZED", 403), signal)).toMatchObject([
      { severity: "blocker" },
    ]);
    await expect(bucketFindings(failing("REMOTE_UNAVAILABLE", 503), signal)).rejects.toThrow();
    await expect(bucketFindings(failing("REMOTE_UNAUTHORIZED"), signal)).rejects.toThrow();
  });
});
