import { describe, expect, it } from "vitest";
import type { ConnectionLog } from "../../src/index.ts";
import { certificates } from "../fixtures/certificates.ts";
import { gated } from "./gated.ts";

type Instance = ReturnType<ReturnType<typeof gated>["instance"]>;

const dayMs = 86_400_000;

/** A shop that required certificates, and only asks for them since a run that can be taken back. */
async function opened(logs: Readonly<Record<string, ConnectionLog>>) {
  const made = gated();
  const handfast = made.instance({ logs });
  const specOf = (to: Instance, mode: "request" | "required") =>
    to.parseSpec({
      trust: { staff: { anchors: certificates.a } },
      verifiers: {
        shop: {
          adapter: "memory.verifier",
          listener: "shop",
          mode,
          trust: "staff",
          evidence: { logs: "log", since: "7d", wait: "1m" },
        },
      },
      populations: { laptops: { mayShow: { issuedBy: ["staff"], nothing: mode === "request" } } },
      links: [{ from: "laptops", to: "shop" }],
    });
  const closed = gatedSpecWithoutLogs(handfast);
  expect((await handfast.apply(await handfast.plan(closed))).status).toBe("done");
  const report = await handfast.apply(await handfast.plan(specOf(handfast, "request")));
  expect(report.status).toBe("done");
  made.clock.leap(30 * dayMs);
  return { ...made, handfast, runId: report.runId };
}

function gatedSpecWithoutLogs(handfast: Instance) {
  return handfast.parseSpec({
    trust: { staff: { anchors: certificates.a } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "staff" } },
    populations: { laptops: { mayShow: { issuedBy: ["staff"], nothing: false } } },
    links: [{ from: "laptops", to: "shop" }],
  });
}

describe("the way back that narrows a verifier", () => {
  it("looks into its logs first, and refuses nobody who was seen", async () => {
    let looks = 0;
    const log: ConnectionLog = async ({ from, to }) => {
      looks += 1;
      const connections = [{ shown: "nothing", outcome: "served", count: 40, lastAt: to }] as const;
      return { from, to, complete: true, unreadable: 0, connections };
    };
    const { handfast, runId, mode } = await opened({ log });
    const back = await handfast.plan({ rollback: runId });
    expect(back.steps.map(({ kind, phase }) => `${kind} ${phase}`)).toEqual([
      "evidence prove",
      "write narrow",
    ]);
    expect((await handfast.apply(back)).status).toBe("failed");
    expect(looks).toBeGreaterThan(0);
    expect(mode()).toBe("request");
  });

  it("is not shut by a reader that is gone, but says so", async () => {
    const log: ConnectionLog = async ({ from, to }) => ({
      from,
      to,
      complete: true,
      unreadable: 0,
      connections: [],
    });
    const { runId, instance, mode } = await opened({ log });
    const bare = instance({});
    const back = await bare.plan({ rollback: runId });
    expect(back.findings).toContainEqual(
      expect.objectContaining({ code: "logs-not-read", severity: "warning" }),
    );
    expect((await bare.apply(back)).status).toBe("done");
    expect(mode()).toBe("required");
  });
});
