import { connect as netConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { sha256 } from "@handfast/core";
import { createAuthority } from "@handfast/pki";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { handshakeWatcher } from "../../src/probe/handshake-watcher.ts";
import { tap } from "../../src/probe/tap.ts";
import { ecKey, makeClient } from "../world.ts";
import { serverIdentity, tlsServer } from "./servers.ts";

/** The bytes that a real server sent in a handshake, and the key log of the client. */
async function record(
  version: "TLSv1.2" | "TLSv1.3",
  requestCert: boolean,
  shows = false,
): Promise<{ bytes: Buffer; sent: Buffer; log: Buffer[]; chain: string }> {
  const root = await createAuthority({ subject: "CN=watched", key: await ecKey() });
  const server = await serverIdentity(root);
  const options = { ...server, ca: root.trust.anchors, requestCert, rejectUnauthorized: false };
  const port = await tlsServer({ ...options, minVersion: version, maxVersion: version });
  const client = await makeClient(root);
  const chunks: Buffer[] = [];
  const sent: Buffer[] = [];
  const log: Buffer[] = [];
  const wire = tap(netConnect({ host: "127.0.0.1", port }), {
    received: (chunk) => chunks.push(Buffer.from(chunk)),
    sent: (chunk) => sent.push(Buffer.from(chunk)),
  });
  const shown = shows ? { cert: client.leaf.chain, key: client.key.export() } : {};
  const tls = tlsConnect({ ...shown, socket: wire.stream, rejectUnauthorized: false });
  tls.on("keylog", (line: Buffer) => log.push(line));
  await new Promise((resolve) => tls.once("secureConnect", resolve));
  // Under TLS 1.3 the client's reply goes out after its half of the handshake is done.
  await new Promise((resolve) => setImmediate(resolve));
  tls.destroy();
  wire.stream.destroy();
  return { bytes: Buffer.concat(chunks), sent: Buffer.concat(sent), log, chain: server.leaf.sha256 };
}

describe.each([
  ["TLSv1.2", true],
  ["TLSv1.2", false],
  ["TLSv1.3", true],
  ["TLSv1.3", false],
] as const)("handshakeWatcher over %s, asking: %s", (version, asking) => {
  it("sees the same however the bytes are split and whenever the secret comes", async () => {
    const { bytes, log, chain } = await record(version, asking);
    fc.assert(
      fc.property(
        fc.array(fc.nat(bytes.length), { maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (cuts, late) => {
          const watcher = handshakeWatcher();
          const edges = [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b);
          const turn = Math.min(Math.floor(late * edges.length), edges.length - 1);
          for (const [index, edge] of edges.entries()) {
            watcher.received(bytes.subarray(edge, edges[index + 1] ?? bytes.length));
            if (index === turn) for (const line of log) watcher.keylog(line);
          }
          const view = watcher.view();
          expect(view).toMatchObject({ asked: asking ? "request" : "none", version, notTls: undefined });
          expect(view.serverChain.map((der) => sha256(der))[0]).toBe(chain);
          expect(view.request?.caNames).toEqual(asking ? ["CN=watched"] : undefined);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("never throws and never claims a request that it can't read, whatever octet is damaged", async () => {
    const { bytes, log } = await record(version, asking);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ mask;
        const watcher = handshakeWatcher();
        for (const line of log) watcher.keylog(line);
        watcher.received(damaged);
        if (!asking && version === "TLSv1.3") expect(watcher.view().asked).not.toBe("request");
      }),
      { numRuns: 200 },
    );
  });
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)("handshakeWatcher over %s", (version) => {
  it.each([
    ["a certificate", true, true, "certificate"],
    ["that there is none", true, false, "nothing"],
    ["nothing, when not asked", false, true, undefined],
  ] as const)("sees the client reply: %s", async (_, asking, shows, reply) => {
    const { bytes, sent, log } = await record(version, asking, shows);
    fc.assert(
      fc.property(fc.array(fc.nat(sent.length), { maxLength: 20 }), (cuts) => {
        const watcher = handshakeWatcher();
        watcher.received(bytes);
        for (const line of log) watcher.keylog(line);
        const edges = [...new Set([0, ...cuts, sent.length])].sort((a, b) => a - b);
        for (const [index, edge] of edges.entries())
          watcher.sent(sent.subarray(edge, edges[index + 1] ?? sent.length));
        expect(watcher.view().reply).toBe(reply);
      }),
      { numRuns: 20 },
    );
  });
});
