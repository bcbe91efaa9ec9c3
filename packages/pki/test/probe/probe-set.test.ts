import { type ProbeRow, probeSet, renderProbeSet } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { makeRoot } from "../world.ts";
import { serverIdentity, tlsServer } from "./servers.ts";

const start = Date.now() - 3_600_000;

const cell = (row: ProbeRow): string =>
  "missing" in row ? "missing" : `${row.result.verdict}${row.agrees === false ? "!" : ""}`;

describe("probeSet", () => {
  it("issues what it can, names what it lacks, and finds the table of a server that requires", async () => {
    const root = await makeRoot("set root", start);
    const server = await serverIdentity(root);
    const port = await tlsServer({
      ...server,
      ca: root.trust.anchors,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const table = await probeSet({ host: "127.0.0.1", port, issuer: root, due: "required" });
    expect(table.rows.map((row) => [row.shows, row.version, cell(row)])).toEqual(
      Object.entries({
        none: "refused",
        ours: "accepted",
        old: "missing",
        stranger: "refused",
        expired: "refused",
        revoked: "missing",
        serverAuthOnly: "refused",
      }).flatMap(([shows, expected]) => [
        [shows, "TLSv1.2", expected],
        [shows, "TLSv1.3", expected],
      ]),
    );
    expect(renderProbeSet(table)).toContain("needs identities.revoked");
  });
});
