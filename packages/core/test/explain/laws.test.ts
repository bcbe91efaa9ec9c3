import { explain, type Symptom } from "@handfast/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { causes, clientCertificateCauses, notShownCauses } from "../../src/explain/causes/all.ts";
import { certificateCauses } from "../../src/explain/causes/certificate.ts";
import { connectionCauses } from "../../src/explain/causes/connection.ts";
import { edgeCauses } from "../../src/explain/causes/edge.ts";
import { signs } from "../../src/explain/signs/all.ts";

/** A section of an RFC, a titled page of somebody's, an issue, a file of a project, or an honest "unverified". */
const source =
  /^(RFC \d+, [\dA-Z].*|[A-Z][\w. :]+: .{4,}|curl: .{4,}|nginx: .{4,}|handfast: .{4,}|UNVERIFIED: .{10,}|[\w-]+\/[\w.-]+(#\d+|: ).*)$/;

describe("the causes", () => {
  it.each(Object.entries(causes))("%s says what, how to check, how to mend, and whence", (_, cause) => {
    for (const text of [cause.what, cause.mend]) expect(text).toMatch(/^[A-Z].{15,}\.$/s);
    expect(cause.check.length).toBeGreaterThan(20);
    expect(cause.sources.length).toBeGreaterThan(0);
    for (const one of cause.sources) expect(one).toMatch(source);
  });

  it("have codes that no two areas share", () => {
    const areas = [certificateCauses, connectionCauses, edgeCauses].flatMap((area) => Object.keys(area));
    expect(new Set([...areas, "not-known"]).size).toBe(areas.length + 1);
    expect(Object.keys(causes)).toHaveLength(areas.length + 1);
  });

  it("are all pointed at by some sign", () => {
    const pointedAt = new Set(signs.flatMap(({ points }) => Object.keys(points)));
    expect(Object.keys(causes).filter((code) => code !== "not-known" && !pointedAt.has(code))).toEqual([]);
  });
});

describe("the signs", () => {
  it("say what was seen, what it points at, and whence that is known", () => {
    for (const { mark, is, seen, points, rulesOut = [], sources } of signs) {
      const name = `${mark} ${is}`;
      expect(sources.length, name).toBeGreaterThan(0);
      for (const one of sources) expect(one, name).toMatch(source);
      expect(seen, name).not.toBe("");
      expect(Object.keys(points).length + rulesOut.length, name).toBeGreaterThan(0);
      for (const number of Object.values(points)) expect(number, name).toBeGreaterThan(0);
    }
  });

  it("have no two rows for one and the same thing", () => {
    const keys = signs.map(({ mark, is, given, without }) => JSON.stringify([mark, is, given, without]));
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it("are all reached by a symptom that has just what they ask for", () => {
    for (const { mark, is, given = {}, points, rulesOut = [] } of signs) {
      const { causes } = explain({ [mark]: is, ...given } as Symptom);
      const due = Object.keys(points).filter((code) => !rulesOut.some((out) => out === code));
      const told = causes.map(({ code }) => code);
      expect(due.filter((code) => told.includes(code)).length, `${mark} ${is}`).toBe(due.length);
    }
  });
});

const rank = { very: 0, fairly: 1, less: 2 };

function isWhole(symptom: unknown): void {
  const explanation = explain(symptom as Symptom);
  expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
  expect(explanation.symptom).not.toBe("");
  expect(explanation.causes.length).toBeGreaterThan(0);
  const codes = explanation.causes.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  const ranks = explanation.causes.map(({ likely }) => rank[likely]);
  expect(ranks).toEqual(ranks.toSorted());
}

const mark = <Mark extends string>(name: Mark): fc.Arbitrary<unknown> =>
  fc.option(fc.constantFrom(...signs.filter((sign) => sign.mark === name).map(({ is }) => is)), {
    nil: undefined,
  });

const symptoms = fc.record({
  alert: mark("alert"),
  openssl: mark("openssl"),
  errno: mark("errno"),
  httpStatus: mark("httpStatus"),
  curl: mark("curl"),
  connectionLog: mark("connectionLog"),
  http2: mark("http2"),
  browser: mark("browser"),
  probe: mark("probe"),
  server: fc.constantFrom(undefined, "alb", "cloudflare", "cloudfront", "nginx", "api-gateway", "else"),
  protocol: fc.constantFrom(undefined, "TLSv1.2", "TLSv1.3"),
  asked: fc.constantFrom(undefined, true, false),
  shown: fc.constantFrom(undefined, true, false),
  at: fc.constantFrom(undefined, "client", "server"),
});

describe("explain", () => {
  it("takes rubbish, never throws, and gives whole JSON", () => {
    fc.assert(fc.property(fc.anything(), isWhole));
    fc.assert(
      fc.property(fc.record({ text: fc.string(), alert: fc.anything(), errno: fc.anything() }), isWhole),
    );
  });

  it("takes an object whose fields can't be read", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("not to be read");
        },
      },
    );
    expect(explain(hostile).causes.map(({ code }) => code)).toEqual(["not-known"]);
  });

  it("gives whole JSON for any signs together", () => {
    fc.assert(fc.property(symptoms, isWhole));
  });

  it("blames no client certificate where none was asked for, and none for not being shown where it was", () => {
    fc.assert(
      fc.property(symptoms, (symptom) => {
        const told = (more: object): string[] =>
          explain({ ...symptom, ...more } as Symptom).causes.map(({ code }) => code);
        // Where signs contradict each other nothing else is left to name.
        const names = (codes: readonly string[], these: readonly string[]): readonly string[] =>
          codes.every((code) => these.includes(code)) ? [] : codes.filter((code) => these.includes(code));
        expect(names(told({ asked: false }), [...clientCertificateCauses])).toEqual([]);
        const ofShown = told({ shown: true });
        const causes = explain({ ...symptom, shown: true } as Symptom).causes;
        if (causes.some(({ likely }) => likely !== "less"))
          expect(names(ofShown, notShownCauses)).toEqual([]);
      }),
    );
  });

  it.each([
    "\n",
    " ",
    "<",
    "alert ",
    "alert,,,",
    "SSL routines:",
    "HTTP/",
    "GOAWAY ",
    "Failed:A",
    "server:",
    "a 1 ",
  ])("reads a long text of %j in time that grows with its length", (piece) => {
    const started = performance.now();
    explain({ text: piece.repeat(2 ** 20 / piece.length) });
    // what grows with the square of the length takes minutes
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
