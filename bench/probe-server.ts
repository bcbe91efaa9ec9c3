/** `node probe-server.ts`: a TLS server on loopback that requires a client certificate; writes its world as one line of JSON. */
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";

/** What the other process needs: where the server is, what it trusts, and a client certificate for it. */
export interface ProbeWorld {
  readonly port: number;
  readonly anchors: string;
  readonly identity: { readonly chain: string; readonly key: string };
}

const newKey = () => generateKey({ type: "ec", curve: "P-256" });
const root = await createAuthority({ subject: "CN=Bench Root", key: await newKey() });
const serverKey = await newKey();
const names = ["localhost"];
const server = await root.issue(await createCsr({ subject: "CN=localhost", key: serverKey, names }), {
  profile: "server",
});
const clientKey = await newKey();
const client = await root.issue(await createCsr({ subject: "CN=client.example.com", key: clientKey }));

const http = createHttpServer((_, response) => {
  response.end("served");
});
const tls = createServer(
  {
    cert: server.chain,
    key: serverKey.export(),
    ca: root.trust.anchors,
    requestCert: true,
    rejectUnauthorized: true,
  },
  (socket) => http.emit("connection", socket),
);
tls.on("connection", (socket) => socket.on("error", () => undefined));
tls.listen(0, "127.0.0.1", () => {
  const world: ProbeWorld = {
    port: (tls.address() as AddressInfo).port,
    anchors: root.trust.anchors,
    identity: { chain: client.chain, key: clientKey.export() },
  };
  process.stdout.write(`${JSON.stringify(world)}\n`);
});
// It lives as long as the one that asked for it.
process.stdin.resume().on("close", () => process.exit());
