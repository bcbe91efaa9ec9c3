import type { Acceptance } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, workFolder } from "../openssl.ts";
import { keys } from "./families/keys.ts";
import { lines } from "./families/lines.ts";
import { lists } from "./families/lists.ts";
import { names } from "./families/names.ts";
import { judgeCase } from "./judge-case.ts";
import type { MatrixCase } from "./matrix-case.ts";
import { codes, type OpensslVerdict, opensslVerify } from "./openssl-verify.ts";

interface Row {
  readonly one: MatrixCase;
  readonly ours: Pick<Acceptance, "verdict" | "code" | "reason">;
  readonly theirs: OpensslVerdict;
}

describe.skipIf(!hasOpenssl)("wouldAccept over a matrix of chains", () => {
  const folder = workFolder();
  let rows: readonly Row[];

  beforeAll(() => {
    const cases = [...lines(), ...names(), ...keys(), ...lists()];
    const theirs = opensslVerify(cases, folder.write);
    rows = cases.map((one, index) => ({
      one,
      ours: judgeCase(one),
      theirs: theirs[index] as OpensslVerdict,
    }));
  }, 300_000);

  const line = ({ one, ours, theirs }: Row): string =>
    `${one.name}: ${ours.code} (${ours.reason}); openssl: ${theirs.ok ? "OK" : theirs.errors.join(", ")}`;

  it("has 2,000 chains or more, of which a good part is accepted and a good part refused", () => {
    const refused = rows.filter(({ theirs }) => !theirs.ok).length;
    expect(rows.length).toBeGreaterThanOrEqual(2_000);
    expect(refused / rows.length).toBeGreaterThan(0.3);
    expect(refused / rows.length).toBeLessThan(0.7);
    expect(new Set(rows.map(({ one }) => one.name)).size).toBe(rows.length);
  });

  it("accepts what openssl verify calls OK, and nothing else", () => {
    const differing = rows.filter(
      ({ ours, theirs }) => ours.verdict !== (theirs.ok ? "accepted" : "refused"),
    );
    expect(differing.map(line)).toEqual([]);
  });

  it("gives the reason that openssl gives first", () => {
    const differing = rows.filter(
      ({ ours, theirs }) => !theirs.ok && codes[theirs.errors[0] ?? 0] !== ours.code,
    );
    // openssl finds no issuer for what it can't read, and says only that
    const unread = differing.filter(
      ({ ours, theirs }) =>
        (ours.code === "malformed-extension" || ours.code === "proxy-certificate") && theirs.errors[0] === 20,
    );
    expect(differing.filter((row) => !unread.includes(row)).map(line)).toEqual([]);
    expect(unread.length).toBeLessThan(rows.length / 100);
  });

  it("comes to every reason that openssl has for these", () => {
    const seen = new Set(rows.map(({ ours }) => ours.code));
    expect([...new Set(Object.values(codes))].filter((code) => !seen.has(code))).toEqual([]);
  });

  it("names the certificate in every reason", () => {
    const nameless = rows.filter(
      ({ ours }) => ours.verdict === "refused" && !/=|serial|certificate=/.test(ours.reason),
    );
    expect(nameless.map(line)).toEqual([]);
  });
});
