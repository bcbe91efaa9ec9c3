import { type Authority, createCsr, type GenerateKeyOptions, generateKey, probe } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { makeRoot } from "../world.ts";
import { type ServerIdentity, serverIdentity, tlsServer } from "./servers.ts";

let clients: Authority;
let server: ServerIdentity;
let ca: string;
beforeAll(async () => {
  const root = await makeRoot("servers", Date.now() - 60_000);
  clients = await makeRoot("clients", Date.now() - 60_000);
  ca = root.certificate.pem;
  server = await serverIdentity(root);
});

describe("probe with a key that only servers on OpenSSL take", () => {
  it.each<[string, GenerateKeyOptions]>([
    ["Ed25519", { type: "ed25519" }],
    ["ML-DSA-65", { type: "ml-dsa-65" }],
  ])("shows a leaf with %s, and is accepted", async (_, kind) => {
    const key = await generateKey(kind);
    const leaf = await clients.issue(await createCsr({ subject: "CN=client", key }), {});
    const port = await tlsServer({
      ...server,
      ca: clients.certificate.pem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const seen = await probe({
      host: "localhost",
      port,
      ca,
      identity: { chain: leaf.chain, key: key.export() },
      request: { method: "GET", path: "/" },
    });
    expect([seen.asked, seen.verdict]).toEqual([true, "accepted"]);
  });
});
