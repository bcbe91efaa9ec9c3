import { spawn } from "node:child_process";
import { type Authority, type Leaf, type LocalKey, probe } from "@handfast/pki";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { hasOpenssl, workFolder } from "../openssl.ts";
import { makeClient, makeRoot } from "../world.ts";
import { serverIdentity } from "./servers.ts";

describe.skipIf(!hasOpenssl)("probe against openssl s_server", () => {
  const folder = workFolder();
  const start = Date.now() - 60_000;
  let clients: Record<string, { leaf: Leaf; key: LocalKey } | undefined>;

  beforeAll(async () => {
    const root: Authority = await makeRoot("s_server root", start);
    const server = await serverIdentity(root);
    folder.write("ca.pem", root.trust.anchors);
    folder.write("server.pem", server.cert + server.key);
    clients = {
      good: await makeClient(root),
      expired: await makeClient(root, { notBefore: start, days: 1 / 86_400 }),
      "for servers": await makeClient(root, { profile: "server", names: ["a.example.com"] }),
      stranger: await makeClient(await makeRoot("stranger", start)),
      nobody: undefined,
    };
  });

  /** Starts the server on a free port; resolves with the port once it accepts. */
  const serve = (...options: readonly string[]): Promise<number> => {
    const files = ["-cert", folder.path("server.pem"), "-CAfile", folder.path("ca.pem")];
    const child = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", "-www", ...files, ...options]);
    onTestFinished(async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    });
    return new Promise((resolve, reject) => {
      let text = "";
      child.once("exit", () => reject(new Error(`openssl s_server ended: ${text}`)));
      child.stderr.on("data", (chunk) => {
        text += chunk;
      });
      child.stdout.on("data", (chunk) => {
        text += chunk;
        const port = /^ACCEPT \S+:(\d+)/m.exec(text)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
  };

  it.each(["-tls1_2", "-tls1_3"])(
    "tells accepted from refused with a required certificate, %s",
    async (version) => {
      const port = await serve("-Verify", "3", "-verify_return_error", version);
      const verdicts: Record<string, string> = {};
      for (const [name, client] of Object.entries(clients)) {
        const identity =
          client === undefined ? undefined : { chain: client.leaf.chain, key: client.key.export() };
        const seen = await probe({
          host: "127.0.0.1",
          port,
          identity,
          request: { method: "GET" },
          timeoutMs: 5000,
        });
        expect(seen).toMatchObject({ asked: true, caNames: ["CN=s_server root"] });
        verdicts[name] = `${seen.verdict} ${seen.alert?.name ?? seen.reason}`;
      }
      expect(verdicts).toEqual({
        good: "accepted http-answer",
        expired: "refused certificate_expired",
        "for servers": "refused unsupported_certificate",
        stranger: "refused unknown_ca",
        nobody: version === "-tls1_2" ? "refused handshake_failure" : "refused certificate_required",
      });
    },
  );

  it.each(["-tls1_2", "-tls1_3"])("sees that a server does not ask, %s", async (version) => {
    const port = await serve(version);
    const seen = await probe({ host: "127.0.0.1", port, request: { method: "GET" }, timeoutMs: 5000 });
    expect(seen).toMatchObject({ asked: false, verdict: "accepted", httpStatus: 200 });
  });
});
