import { describe, expect, it } from "vitest";
import { tallyOf } from "../../src/apply/proof-tally.ts";
import type { ProofResult } from "../../src/index.ts";
import { passing } from "../fixtures/shop.ts";
import { errorsOf, failing, fine, gated, twoLinks, unsure } from "./gated.ts";

const answers: Readonly<Record<string, ProofResult>> = { p: fine, f: failing("HTTP 503"), u: unsure() };

/** The verdict of a proof that needs three in a row, once these came and no time is left; `.` where it is over before. */
function verdictOf(text: string): string {
  const tally = tallyOf(3);
  for (const letter of text) {
    if (tally.isOver) return "over";
    tally.add(answers[letter] as ProofResult);
  }
  return tally.isOver ? "passed" : tally.verdict().verdict;
}

describe("a proof", () => {
  it.each([
    ["three in a row", "ppp", "passed"],
    ["two and no more", "ppu", "inconclusive"],
    ["three in a row after a doubt", "uuppp", "passed"],
    ["three in a row after a failure, which are not enough", "fppp", "inconclusive"],
    ["six in a row after a failure", "fpppppp", "passed"],
    ["nine in a row after two", "ffppppppppp", "passed"],
    ["thirty in a row after many", `${"f".repeat(100)}${"p".repeat(30)}`, "passed"],
    ["twenty-nine in a row after many", `${"f".repeat(100)}${"p".repeat(29)}`, "inconclusive"],
    ["all refused", "ffff", "failed"],
    ["the only one refused", "f", "failed"],
    ["both refused", "ff", "failed"],
    ["refused 122 times, then a doubt", `${"f".repeat(122)}u`, "failed"],
    ["doubts, then one that is refused", `${"u".repeat(240)}f`, "inconclusive"],
    ["doubts, then three that are refused", `${"u".repeat(240)}fff`, "failed"],
    ["refused a few times, and nothing was known for long", `fff${"u".repeat(10)}`, "inconclusive"],
    ["refused, and nothing was known for a while", `fff${"u".repeat(9)}`, "failed"],
    ["refused for long, and nothing was known for as long", `${"f".repeat(60)}${"u".repeat(60)}`, "failed"],
    [
      "refused for long, and nothing was known for longer",
      `${"f".repeat(60)}${"u".repeat(61)}`,
      "inconclusive",
    ],
    ["half of all refused", "pfpfpfpfpfpf", "failed"],
  ])("of %s", (_, text, verdict) => {
    expect(verdictOf(text)).toBe(verdict);
  });

  it("tells how many were asked and how many failed, and of the failure when it failed", () => {
    const tally = tallyOf(3);
    for (const letter of "ffpfu") tally.add(answers[letter] as ProofResult);
    expect(tally.verdict()).toEqual({
      verdict: "failed",
      reason: "HTTP 503 (3 of 5 probes failed)",
      evidence: { passedInARow: 0, probes: 5, probesFailed: 3 },
    });
  });

  it("goes back when a verifier refused all but the last, which told nothing", async () => {
    const { instance, mode, clock } = gated();
    let from = 0;
    const handfast = instance({
      proof: { atMostMs: 60_000 },
      prober: async (request) => {
        if (mode() !== "required") return await passing(request);
        from ||= clock.now();
        return clock.now() - from >= 59_900 ? unsure("timed out") : failing("refused");
      },
    });
    const report = await handfast.apply(await handfast.plan(handfast.parseSpec(twoLinks)), {
      onFailure: "roll-back",
    });
    expect(report).toMatchObject({ status: "failed", takenBack: [{ status: "done" }] });
    expect(errorsOf(report)).toMatch(/refused \(\d+ of \d+ probes failed\)/);
  });

  it("is held where nothing was known but for one failure at the end", async () => {
    const { instance } = gated();
    const probes = new Map<string, number>();
    const handfast = instance({
      proof: { atMostMs: 10_000 },
      prober: async ({ link }) => {
        probes.set(link, (probes.get(link) ?? 0) + 1);
        return probes.get(link) === 21 ? failing("HTTP 503") : unsure("nobody at home");
      },
    });
    const report = await handfast.apply(await handfast.plan(handfast.parseSpec(twoLinks)), {
      onFailure: "roll-back",
    });
    expect([...probes.values()]).toContain(21);
    expect(report.status).toBe("held");
    expect(report.takenBack).toBeUndefined();
  });

  it("does not pass by a streak of luck where half of all is refused", async () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    let lucky = 0;
    for (let run = 0; run < 60; run += 1) {
      const tally = tallyOf(3);
      for (let probe = 0; probe < 240 && !tally.isOver; probe += 1)
        tally.add(probe === 0 || random() < 0.5 ? failing() : fine);
      if (tally.isOver) lucky += 1;
      else expect(tally.verdict().verdict).toBe("failed");
    }
    expect(lucky).toBeLessThanOrEqual(3);
  });
});
