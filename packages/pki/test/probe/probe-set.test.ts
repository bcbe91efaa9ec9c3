import {
  type ProbeRow,
  type ProbeSetDue,
  type ProbeSetOptions,
  probeSet,
  renderProbeSet,
} from "@handfast/pki";
import { describe, expect, it, vi } from "vitest";
import { makeRoot } from "../world.ts";
import { serverIdentity, tlsServer } from "./servers.ts";

const start = Date.now() - 3_600_000;

const cell = (row: ProbeRow): string =>
  row.kind === "missing" ? "missing" : `${row.result.verdict}${row.agrees === false ? "!" : ""}`;

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
    expect(table.agrees).toBe(true);
    // Rows of both kinds have the same fields.
    expect(
      table.rows.map(({ missing, result }) => missing === undefined || result === undefined),
    ).not.toContain(false);
  });

  it("says of the whole whether the verifier does what is due, and nothing where that is not known", async () => {
    const root = await makeRoot("set root", start);
    const server = await serverIdentity(root);
    const asking = { ...server, requestCert: true, rejectUnauthorized: false } as const;
    const port = await tlsServer(asking);
    const ask = async (port: number, due?: ProbeSetDue) =>
      (await probeSet({ host: "127.0.0.1", port, versions: ["TLSv1.3"], due })).agrees;
    expect(await ask(port, "request")).toBe(true);
    expect(await ask(port, "required")).toBe(false);
    expect(await ask(port)).toBeUndefined();
    expect(await ask(1, "required")).toBeUndefined();
  });

  it.each([
    [{ due: "requird" }, /due is "requird"/],
    [{ due: {} }, /due is undefined/],
    [{ due: { mode: "required", none: "acepted" } }, /due\.none is "acepted"/],
    [{ due: { mode: "required", nobody: "refused" } }, /due\.nobody/],
    [{ versions: [] }, /no versions/],
    [{ versions: ["TLSv1.1"] }, /minVersion is "TLSv1.1"/],
    [{ identities: { ours: "nobody" } }, /identities\.ours is none/],
    [{ host: "" }, /host is ""/],
  ])("takes no %j, and connects to nobody", async (wrong, says) => {
    const connect = vi.fn(() => {
      throw new Error("nobody was to be asked");
    });
    const asked = probeSet({ host: "127.0.0.1", port: 1, connect, ...wrong } as ProbeSetOptions);
    await expect(asked).rejects.toThrow(TypeError);
    await expect(asked).rejects.toThrow(says);
    expect(connect).not.toHaveBeenCalled();
  });
});
