import { describe, expect, it } from "vitest";
import { createHandfast, HandfastError, memoryJournal, memoryVerifier } from "../../src/index.ts";
import { certificates } from "../fixtures/certificates.ts";
import { shop } from "../fixtures/shop.ts";

function planWith(readText: (path: string) => Promise<string>) {
  const { world, clock } = shop();
  const handfast = createHandfast({
    adapters: [memoryVerifier(world)],
    journal: memoryJournal({ clock }),
    readText,
    clock,
  });
  const spec = handfast.spec({
    trust: { staff: { anchors: { file: "s3://certs/ca.pem" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "optional", trust: "staff" } },
    links: [],
  });
  return handfast.plan(spec);
}

describe("files that a spec names", () => {
  it("are read by whom was given for it", async () => {
    const asked: string[] = [];
    await planWith(async (path) => {
      asked.push(path);
      return certificates.a;
    });
    expect(asked).toEqual(["s3://certs/ca.pem"]);
  });

  it("stop a plan with what their reader says, if that has a code", async () => {
    const reading = planWith(async () => {
      throw new HandfastError(
        "REMOTE_NOT_FOUND",
        "read file failed [s3://certs/ca.pem]: no such object; put it there",
      );
    });
    await expect(reading).rejects.toMatchObject({
      code: "PLAN_BLOCKED",
      message: expect.stringContaining("no such object; put it there"),
    });
  });

  it("stop a plan without a word of what anything else throws", async () => {
    const reading = planWith(async () => {
      throw new Error("token=hunter2");
    });
    await expect(reading).rejects.toMatchObject({
      code: "PLAN_BLOCKED",
      message: expect.stringMatching(/^(?!.*hunter2).*FILE_UNREADABLE/s),
    });
  });
});
