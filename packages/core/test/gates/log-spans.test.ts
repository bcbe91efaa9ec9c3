import { describe, expect, it } from "vitest";
import type { ConnectionLogQuery, ConnectionLogReading, LoggedConnections } from "../../src/index.ts";
import { judgeConnections } from "../../src/prove/judge-connections.ts";
import { judgeReading } from "../../src/prove/judge-reading.ts";
import { digest, evidence } from "../fixtures/evidence.ts";
import { errorsOf, gated, logged, ours, twoLinks } from "./gated.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;
const now = Date.UTC(2026, 11, 1, 12);
const week = { from: now - 7 * dayMs, to: now };

const rule = { atLeast: 1, mayRefuse: 0, unknown: "pass" } as const;
const nobody = { accepted: 0, refused: 0, unknown: 0, others: [] };
const judge = (
  reading: Partial<ConnectionLogReading>,
  verdicts: Partial<typeof nobody> = { accepted: 40 },
  given: Partial<Parameters<typeof judgeReading>[0]> = {},
  asked = week,
) =>
  judgeReading(
    { ...rule, ...given },
    { ...asked, complete: true, unreadable: 0, connections: [], ...reading },
    { ...nobody, ...verdicts },
    asked,
  );

describe("a look into a log", () => {
  it.each<[string, ReturnType<typeof judge>, string]>([
    ["whole", judge({}), "passed"],
    ["whose newest file is not there yet", judge({ to: now - 15 * minuteMs }), "passed"],
    ["that covers five minutes of seven days", judge({ from: now - 5 * minuteMs }), "inconclusive"],
    ["that covers a millisecond", judge({ from: now - 1 }), "inconclusive"],
    ["that covers nothing", judge({ to: week.from }), "inconclusive"],
    ["that covers another time", judge({ from: 0, to: 1 }), "inconclusive"],
    ["that ends a day ago", judge({ to: now - dayMs }), "inconclusive"],
    [
      "of less than half of a short span",
      judge({ from: now - 4 * minuteMs }, undefined, {}, { from: now - 10 * minuteMs, to: now }),
      "inconclusive",
    ],
    [
      "of more than half of a short span",
      judge({ from: now - 6 * minuteMs }, undefined, {}, { from: now - 10 * minuteMs, to: now }),
      "passed",
    ],
    ["with parts missing", judge({ complete: false }), "inconclusive"],
    ["with lines that are none", judge({ unreadable: 1 }, undefined, { unknown: "hold" }), "inconclusive"],
    ["with lines that are none, let pass", judge({ unreadable: 1 }), "passed"],
    [
      "of which one can't be told",
      judge({}, { accepted: 40, unknown: 1 }, { unknown: "hold" }),
      "inconclusive",
    ],
    ["of which one can't be told, let pass", judge({}, { accepted: 40, unknown: 1 }), "passed"],
    ["of which nothing can be told", judge({}, { unknown: 40 }), "inconclusive"],
    [
      "of which nothing can be told, where that is enough",
      judge({}, { unknown: 40 }, { atLeast: 0 }),
      "passed",
    ],
    [
      "of which too little can be told",
      judge({}, { accepted: 3, unknown: 40 }, { atLeast: 4 }),
      "inconclusive",
    ],
    [
      "with one who would be refused, and parts missing",
      judge({ complete: false }, { refused: 1 }),
      "failed",
    ],
  ])("%s", (_, { verdict }, due) => {
    expect(verdict).toBe(due);
  });

  it("never says of what can't be told that it would not be refused", () => {
    const { reason } = judge({ unreadable: 7 }, { accepted: 2, unknown: 40 });
    expect(reason).toMatch(
      /^of 2 connections since .* 0 would be refused; 40 can't be told.*; 7 lines could not be read$/,
    );
  });

  it("says what it covers, and what is needed", () => {
    const { reason } = judge({ from: now - 5 * minuteMs });
    expect(reason).toContain("covers 2026-12-01T11:55:00.000Z to 2026-12-01T12:00:00.000Z");
    expect(reason).toContain("needed from 2026-11-24T12:00:00.000Z to 2026-12-01T12:00:00.000Z");
  });
});

describe("who is ours in a log", () => {
  const a1 = evidence.certificate(digest.a1);
  const face = (mode: "request" | "required") =>
    ({
      role: "verifier",
      mode,
      anchors: { known: [digest.a] },
      crls: { known: [] },
      ignoreExpiry: false,
      advertiseNames: false,
    }) as const;
  const verdictOf = (shown: LoggedConnections["shown"]) => {
    const connections = [{ shown, outcome: "served", count: 10, lastAt: now }] as const;
    const court = { before: face("request"), face: face("required"), facts: evidence, known: [a1], at: now };
    const rules = { modes: ["request", "required"], role: "verifier" } as never;
    const { accepted, refused, unknown } = judgeConnections(
      { ...week, complete: true, unreadable: 0, connections },
      { ...court, rules },
    );
    return { accepted, refused, unknown };
  };
  const spelled = a1.issuer.split(/[,\n]/).toReversed().join(", ").toUpperCase();

  it.each<[string, LoggedConnections["shown"], "accepted" | "unknown"]>([
    ["by its digest", { sha256: digest.a1 }, "accepted"],
    ["by serial number and end", { serial: a1.serial, notAfter: a1.notAfter }, "accepted"],
    ["by serial number and issuer", { serial: a1.serial, issuer: a1.issuer }, "accepted"],
    ["by serial number and issuer, spelled otherwise", { serial: a1.serial, issuer: spelled }, "accepted"],
    ["not by the same serial number of another issuer", { serial: a1.serial, issuer: "CN=Else" }, "unknown"],
    ["not by the serial number alone", { serial: a1.serial }, "unknown"],
    ["not where it ends at another time", { serial: a1.serial, notAfter: a1.notAfter - 1 }, "unknown"],
  ])("is known %s", (_, shown, due) => {
    expect(verdictOf(shown)).toEqual({ accepted: 0, refused: 0, unknown: 0, [due]: 10 });
  });
});

describe("the span that is asked for", () => {
  it("begins when an earlier run made the verifier ask, and its presenters show what they do", async () => {
    const { instance, clock, mode } = gated();
    const queries: ConnectionLogQuery[] = [];
    const asked = { at: 0 };
    const handfast = instance({
      logs: {
        log: async (query) => {
          queries.push(query);
          // until the first run, everybody came without a certificate
          const shown = query.from < asked.at ? "nothing" : ours;
          const connections: LoggedConnections[] = [{ shown, outcome: "served", count: 40, lastAt: 0 }];
          return { from: query.from, to: query.to, complete: true, unreadable: 0, connections };
        },
      },
    });
    const { shop } = twoLinks.verifiers;
    const asking = handfast.parseSpec({ ...twoLinks, verifiers: { shop: { ...shop, mode: "request" } } });
    const first = await handfast.apply(await handfast.plan(asking));
    expect([first.status, mode()]).toEqual(["done", "request"]);
    asked.at = Math.max(
      ...first.steps
        .filter(({ phase }) => phase === "present" || phase === "widen")
        .map(({ endedAt }) => Date.parse(endedAt ?? "")),
    );
    await clock.sleep(3_600_000);
    const plan = await handfast.plan(handfast.parseSpec({ ...twoLinks, ...logged() }));
    const report = await handfast.apply(plan, { onFailure: "roll-back" });
    expect(errorsOf(report)).toBe("");
    expect([report.status, mode()]).toEqual(["done", "required"]);
    expect(queries[0]?.from).toBe(asked.at);
  });

  it("goes back as far as the spec says where no run has changed anything since", async () => {
    const { instance, clock } = gated();
    const queries: ConnectionLogQuery[] = [];
    const handfast = instance({
      logs: {
        log: async (query) => {
          queries.push(query);
          const connections: LoggedConnections[] = [{ shown: ours, outcome: "served", count: 40, lastAt: 0 }];
          return { from: query.from, to: query.to, complete: true, unreadable: 0, connections };
        },
      },
    });
    const { shop } = twoLinks.verifiers;
    const asking = handfast.parseSpec({ ...twoLinks, verifiers: { shop: { ...shop, mode: "request" } } });
    await handfast.apply(await handfast.plan(asking));
    await clock.sleep(30 * dayMs);
    const report = await handfast.apply(
      await handfast.plan(handfast.parseSpec({ ...twoLinks, ...logged() })),
    );
    expect(report.status).toBe("done");
    const [query] = queries;
    expect((query?.to ?? 0) - (query?.from ?? 0)).toBe(7 * dayMs);
  });

  it("is held against what the log covers", async () => {
    const { instance, mode } = gated();
    const handfast = instance({
      logs: {
        log: async ({ to }) => ({
          from: to - 1,
          to,
          complete: true,
          unreadable: 1_000_000,
          connections: [{ shown: ours, outcome: "served", count: 1, lastAt: to }],
        }),
      },
    });
    const bake = { waves: [{ name: "all", from: ["canary", "rest"], bake: "1h" }] };
    const spec = handfast.parseSpec({ ...twoLinks, ...logged({ unknown: "pass" }), ...bake });
    const report = await handfast.apply(await handfast.plan(spec));
    expect(report.status).toBe("held");
    expect(errorsOf(report)).toMatch(/the log covers .* and is needed from/);
    expect(mode()).toBe("request");
  });
});
