import { connect as netConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { createAuthority } from "@handfast/pki";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { handshakeWatcher } from "../../src/probe/handshake-watcher.ts";
import { tap } from "../../src/probe/tap.ts";
import { ecKey } from "../world.ts";
import { serverIdentity, tlsServer } from "./servers.ts";

/** The bytes that a real server sent in a handshake, and the key log of the client. */
async function record(
  version: "TLSv1.2" | "TLSv1.3",
  requestCert: boolean,
): Promise<{ bytes: Buffer; log: Buffer[] }> {
  const root = await createAuthority({ subject: "CN=watched", key: await ecKey() });
  const server = await serverIdentity(root);
  const options = { ...server, ca: root.trust.anchors, requestCert, rejectUnauthorized: false };
  const port = await tlsServer({ ...options, minVersion: version, maxVersion: version });
  const chunks: Buffer[] = [];
  const log: Buffer[] = [];
  const wire = tap(netConnect({ host: "127.0.0.1", port }), {
    received: (chunk) => chunks.push(Buffer.from(chunk)),
    sent: () => undefined,
  });
  const client = tlsConnect({ socket: wire.stream, rejectUnauthorized: false });
  client.on("keylog", (line: Buffer) => log.push(line));
  await new Promise((resolve) => client.once("secureConnect", resolve));
  client.destroy();
  wire.stream.destroy();
  return { bytes: Buffer.concat(chunks), log };
}

describe.each([
  ["TLSv1.2", true],
  ["TLSv1.2", false],
  ["TLSv1.3", true],
  ["TLSv1.3", false],
] as const)("handshakeWatcher over %s, asking: %s", (version, asking) => {
  it("sees the same however the bytes are split and whenever the secret comes", async () => {
    const { bytes, log } = await record(version, asking);
    fc.assert(
      fc.property(
        fc.array(fc.nat(bytes.length), { maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (cuts, late) => {
          const watcher = handshakeWatcher();
          const edges = [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b);
          const turn = Math.min(Math.floor(late * edges.length), edges.length - 1);
          for (const [index, edge] of edges.entries()) {
            watcher.push(bytes.subarray(edge, edges[index + 1] ?? bytes.length));
            if (index === turn) for (const line of log) watcher.keylog(line);
          }
          const view = watcher.view();
          expect(view).toMatchObject({ asked: asking ? "request" : "none", version, notTls: false });
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
        watcher.push(damaged);
        if (!asking && version === "TLSv1.3") expect(watcher.view().asked).not.toBe("request");
      }),
      { numRuns: 200 },
    );
  });
});
