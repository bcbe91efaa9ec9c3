import { type Report, renderReport } from "@handfast/core";
import { describe, expect, it } from "vitest";

type Proof = Report["proofs"][number];

const reportWith = (...proofs: readonly Proof[]): Report => ({
  format: 1,
  runId: "run-1",
  kind: "apply",
  status: "failed",
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:00:09.000Z",
  retired: false,
  steps: [],
  proofs,
  findings: [],
  made: [],
});

const proof = (verdict: Proof["verdict"], evidence: Proof["evidence"]): Proof => ({
  link: "edge -> shop",
  step: "s4",
  verdict,
  reason: "what came",
  evidence,
});

const evidence = { status: null, protocol: "TLSv1.3", asked: true, reason: "alert", alert: 116 };

const linesOf = (text: string): readonly string[] => {
  const lines = text.split("\n");
  return lines.slice(lines.indexOf("Proofs") + 1, lines.indexOf("Next") - 1);
};

describe("renderReport", () => {
  it("names the likeliest cause of a failed proof, and its mend", () => {
    const [told, cause, mend, ...more] = linesOf(renderReport(reportWith(proof("failed", evidence))));
    expect(told).toBe("  failed       edge -> shop: what came");
    expect(cause).toBe(
      "               most likely: The server requires a client certificate, and the client showed none. [nothing-shown]",
    );
    expect(mend).toMatch(/^ {15}mend: Give the client its certificate/);
    expect(more).toEqual([]);
  });

  it("does so of one that was inconclusive, with its doubt", () => {
    const unclear = { status: null, protocol: null, asked: null, reason: "handshake-timeout" };
    const [told, cause] = linesOf(renderReport(reportWith(proof("inconclusive", unclear))));
    expect(told).toContain("inconclusive");
    expect(cause).toMatch(/^ {15}perhaps: .+ \[slow-server\]$/);
  });

  it.each([
    ["one that passed", proof("passed", evidence)],
    ["one whose evidence tells nothing", proof("failed", { connections: 3, refused: 1 })],
    ["one without evidence", proof("inconclusive", {})],
  ])("says nothing more of %s", (_, one) => {
    expect(linesOf(renderReport(reportWith(one)))).toHaveLength(1);
  });

  it("has nothing in it that a terminal would obey", () => {
    const evil = "x\u001b[2J\u001b]0;t\u0007\u202egnp\r\nsecond\u2028third";
    const error = { code: evil, who: "caller", retryable: false, message: evil, details: {} };
    const text = renderReport({
      ...reportWith({ ...proof("failed", evidence), link: evil, reason: evil }),
      runId: evil,
      of: evil,
      steps: [
        { id: evil, phase: "prove", summary: evil, status: "failed", attempts: 2, error },
        { id: "s2", phase: "narrow", summary: evil, status: "skipped", attempts: 0, because: evil },
      ],
      notTakenBack: error,
    } as never);
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
    expect(text).not.toMatch(/^second/m);
  });
});
