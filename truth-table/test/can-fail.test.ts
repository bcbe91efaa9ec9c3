import { createSecureContext, connect as tlsConnect } from "node:tls";
import { type ProbeOptions, probe } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import type { Ask } from "../cell.ts";
import { versionOf } from "../foreign-process.ts";
import { seededRandom } from "../random.ts";
import { openssl } from "../servers/openssl.ts";
import { findTruth, tallyOf } from "../truth.ts";

const isThere = versionOf(openssl.program, openssl.versionFlag) !== undefined;
const strict = { ...openssl, modes: openssl.modes.filter(({ name }) => name === "-Verify, strict") };
const run = { effort: "brief", repetitions: 20, random: seededRandom(3) } as const;

/** What a client believes: that it is accepted when its handshake has ended. */
const believeHandshake: Ask = async (options) => {
  const seen = await probe(options);
  return (await handshakes(options)) ? { ...seen, verdict: "accepted", reason: "http-answer" } : seen;
};

function handshakes({ host, port, identity, minVersion, maxVersion }: ProbeOptions): Promise<boolean> {
  const shown =
    identity === undefined || identity === "stranger" ? {} : { cert: identity.chain, key: identity.key };
  const secureContext = createSecureContext({ ...shown, minVersion, maxVersion });
  return new Promise((resolve) => {
    const socket = tlsConnect({ host, port, secureContext, rejectUnauthorized: false });
    socket.once("secureConnect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("secureConnect", () => socket.destroy());
  });
}

describe("truth table", () => {
  it("goes red over a client that takes the end of a TLS 1.3 handshake for a welcome", async ({ skip }) => {
    skip(!isThere, "openssl is not installed");
    const truth = await findTruth({ ...run, servers: [strict], ask: believeHandshake });
    const wrong = truth.cells.filter(({ problems }) => problems.length > 0);
    expect(new Set(wrong.map(({ version }) => version))).toEqual(new Set(["TLSv1.3"]));
    expect(new Set(wrong.map(({ shows }) => shows))).toEqual(
      new Set(["none", "old", "stranger", "expired", "revoked", "serverAuthOnly"]),
    );
    expect(tallyOf(truth).falseAccepted).toBeGreaterThan(0);
  });

  it("goes red over a server that does not do what is written of it", async ({ skip }) => {
    skip(!isThere, "openssl is not installed");
    const modes = strict.modes.map((mode) => ({ ...mode, serves: ["ours", "expired"] as const }));
    const truth = await findTruth({ ...run, servers: [{ ...strict, modes }], ask: probe });
    const wrong = truth.cells.filter(({ problems }) => problems.length > 0);
    expect(
      wrong.map(({ endpoint, shows, version }) => `${shows} ${version}${endpoint.crl ? " +CRL" : ""}`),
    ).toEqual(["expired TLSv1.2", "expired TLSv1.3", "revoked TLSv1.2", "revoked TLSv1.3"]);
  });
});
