import { describe, expect, it } from "vitest";
import { createHandfast, type Finding, memoryVerifier } from "../../src/index.ts";
import { certificates } from "../fixtures/certificates.ts";
import { shop } from "../fixtures/shop.ts";

/** A provider that finds something in the way once `found` has it. */
function instance(found: Finding[]) {
  const { world, journal, clock } = shop();
  const plain = memoryVerifier(world);
  const read: typeof plain.definition.read = async (targets, context) =>
    (await plain.definition.read(targets, context)).map((seen) => ({ ...seen, findings: [...found] }));
  const handfast = createHandfast({
    adapters: [{ ...plain, definition: { ...plain.definition, read } }],
    journal,
    clock,
  });
  const spec = handfast.parseSpec({
    trust: { staff: { anchors: certificates.a } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "optional", trust: "staff" } },
    links: [],
  });
  return { world, handfast, spec };
}

const http3: Finding = {
  code: "http3-on",
  severity: "blocker",
  message: "HTTP/3 is on",
  mend: "turn it off",
};

describe("what comes in the way after the plan was made", () => {
  it("refuses the plan before anything is changed, with what to do about it", async () => {
    const found: Finding[] = [];
    const { world, handfast, spec } = instance(found);
    const plan = await handfast.plan(spec);
    found.push(http3);
    await expect(handfast.apply(plan)).rejects.toMatchObject({
      code: "PLAN_BLOCKED",
      message: expect.stringMatching(/nothing was changed.*http3-on.*turn it off/s),
    });
    expect(world.names("store/")).toEqual([]);
    expect(world.get("listener/shop")).toMatchObject({ mode: "off" });
    found.pop();
    expect((await handfast.apply(plan)).status).toBe("done");
  });

  it("is no matter where it is only to be known", async () => {
    const found: Finding[] = [];
    const { handfast, spec } = instance(found);
    const plan = await handfast.plan(spec);
    found.push({ ...http3, severity: "warning" });
    expect((await handfast.apply(plan)).status).toBe("done");
  });
});
