import { afterAll, describe, expect, test } from "vitest";
import { turnableClock } from "../../src/clock.ts";
import { refused, type Setting, setting } from "./api.ts";
import { hasOpenssl, type Identity, Openssl } from "./openssl.ts";

const zoneStore = "/origin_tls_client_auth";
const hostStore = "/origin_tls_client_auth/hostnames/certificates";
const stores = [
  ["zone", zoneStore],
  ["hostname", hostStore],
] as const;

function upload(call: Setting["call"], path: string, { certificate, key }: Identity) {
  return call("POST", path, { certificate, private_key: key });
}

describe.skipIf(!hasOpenssl)("cloudflare certificate stores", () => {
  const openssl = hasOpenssl ? new Openssl() : undefined;
  const make = (name: string, ...rest: [("leaf" | "ca")?, (readonly string[])?]): Identity =>
    openssl?.selfSigned(name, ...rest) ?? { certificate: "", key: "" };
  const a = make("a");
  const b = make("b");
  const ca = make("ca", "ca");
  const weak = make("weak", "leaf", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
  const rsa = make("rsa", "leaf", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
  const edwards = make("edwards", "leaf", ["-algorithm", "ED25519"]);
  const sec1 = openssl?.convertKey(a.key, "-traditional") ?? "";
  const encrypted = openssl?.convertKey(a.key, "-aes256", "-passout", "pass:x") ?? "";
  afterAll(() => openssl?.[Symbol.dispose]());

  test.each(stores)("the %s store answers null before its first certificate", async (_, path) => {
    const { call } = setting();
    expect((await call("GET", path)).body).toMatchObject({ success: true, result: null });
  });

  test.each(stores)("the %s store deploys over the clock", async (store, path) => {
    const { call, clock } = setting();
    const made = await upload(call, path, a);
    const { id } = made.body.result;
    expect(id).toHaveLength(36);
    expect(Object.keys(made.body.result).includes("serial_number")).toBe(store === "hostname");
    expect(JSON.stringify(made.body)).not.toContain("PRIVATE");
    expect(made.body.result).toMatchObject({ issuer: "O=Simulated,CN=a", signature: "ECDSAWithSHA256" });
    const status = async () => (await call("GET", `${path}/${id}`)).body.result.status;
    const seen = [made.body.result.status];
    for (const ms of [999, 1, 18_999, 1]) {
      await clock.advance(ms);
      seen.push(await status());
    }
    expect(seen).toEqual([
      "initializing",
      "initializing",
      "pending_deployment",
      "pending_deployment",
      "active",
    ]);
    expect((await call("GET", path)).body.result).toHaveLength(1);
  });

  test("cloudflare returns the certificate with another line end than it was sent", async () => {
    const { call, clock } = setting();
    const withEnd = (await upload(call, zoneStore, a)).body.result.certificate;
    await clock.advance(1000);
    const without = (await upload(call, zoneStore, { ...b, certificate: b.certificate.trimEnd() })).body
      .result;
    expect(withEnd).toBe(a.certificate.trimEnd());
    expect(without.certificate).toBe(b.certificate);
  });

  test.each<[string, () => Record<string, unknown>, number, number]>([
    ["no certificate", () => ({ private_key: a.key }), 400, 1408],
    ["text that is no PEM", () => ({ certificate: "hello", private_key: a.key }), 400, 1408],
    [
      "newlines escaped twice",
      () => ({ certificate: a.certificate.replaceAll("\n", "\\n"), private_key: a.key }),
      400,
      1408,
    ],
    [
      "CRLF line ends",
      () => ({ certificate: a.certificate.replaceAll("\n", "\r\n"), private_key: a.key }),
      400,
      1408,
    ],
    [
      "a carriage return at the end",
      () => ({ certificate: `${a.certificate}\r\n`, private_key: a.key }),
      400,
      1408,
    ],
    [
      "text before the block",
      () => ({ certificate: `subject=a\n${a.certificate}`, private_key: a.key }),
      400,
      1408,
    ],
    [
      "a damaged certificate",
      () => ({ certificate: a.certificate.replace("MII", "AAA"), private_key: a.key }),
      400,
      1408,
    ],
    ["a CA", () => ({ certificate: ca.certificate, private_key: ca.key }), 400, 2101],
    ["a chain", () => ({ certificate: a.certificate + ca.certificate, private_key: a.key }), 400, 2100],
    ["no key", () => ({ certificate: a.certificate }), 400, 2106],
    ["a key that is no PEM", () => ({ certificate: a.certificate, private_key: "hello" }), 400, 2106],
    ["an encrypted key", () => ({ certificate: a.certificate, private_key: encrypted }), 400, 2106],
    [
      "a key behind EC PARAMETERS",
      () => ({
        certificate: a.certificate,
        private_key: `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`,
      }),
      400,
      2106,
    ],
    ["a short RSA key", () => ({ certificate: weak.certificate, private_key: weak.key }), 400, 2106],
    ["an Ed25519 key", () => ({ certificate: edwards.certificate, private_key: edwards.key }), 400, 2106],
    ["the key of another certificate", () => ({ certificate: a.certificate, private_key: b.key }), 400, 2200],
  ])("cloudflare refuses to store %s", async (_, body, status, code) => {
    const { call } = setting();
    for (const [, path] of stores) {
      const answer = await call("POST", path, body());
      expect(refused(answer)).toEqual([status, code]);
      expect("result" in answer.body).toBe(false);
      expect((await call("GET", path)).body.result).toBeNull();
    }
  });

  test("cloudflare refuses an expired certificate", async () => {
    const { call } = setting({}, turnableClock(Date.UTC(2200, 0, 1)));
    const answer = await upload(call, zoneStore, a);
    expect(refused(answer)).toEqual([400, 1000]);
    expect(answer.body.errors[0]?.message).toContain("expired");
  });

  test("cloudflare stores keys in SEC1 and certificates over RSA", async () => {
    const { call, clock } = setting();
    expect((await upload(call, hostStore, { ...a, key: sec1 })).status).toBe(200);
    await clock.advance(1000);
    expect((await upload(call, hostStore, rsa)).body.result.signature).toBe("SHA256WithRSA");
  });

  test.each(["drop", "send"] as const)("cloudflare takes a chain when told to %s it", async (chain) => {
    const { call } = setting({ chain });
    const chained = { ...a, certificate: a.certificate + ca.certificate };
    const { certificate } = (await upload(call, zoneStore, chained)).body.result;
    expect(certificate.split("BEGIN").length - 1).toBe(chain === "drop" ? 1 : 2);
  });

  test.each(stores)("the %s store refuses a certificate that it holds, by content", async (_, path) => {
    const { call, clock } = setting();
    await upload(call, path, a);
    await clock.advance(1000);
    const again = await upload(call, path, { ...a, certificate: a.certificate.trimEnd() });
    expect(refused(again)).toEqual([400, 1406]);
    expect((await call("GET", path)).body.result).toHaveLength(1);
  });

  test("cloudflare keeps the two stores apart", async () => {
    const { call, clock } = setting();
    const inZone = (await upload(call, zoneStore, a)).body.result.id;
    await clock.advance(1000);
    const inHost = await upload(call, hostStore, a);
    expect(inHost.status).toBe(200);
    expect(inHost.body.result.id).not.toBe(inZone);
    expect(refused(await call("GET", `${hostStore}/${inZone}`))).toEqual([404, 1551]);
    expect(refused(await call("GET", `${zoneStore}/${inHost.body.result.id}`))).toEqual([404, 1552]);
    await clock.advance(1000);
    expect(refused(await call("DELETE", `${hostStore}/${inZone}`))).toEqual([400, 1415]);
  });

  test.each(stores)("the %s store keeps a tombstone and brings its id back", async (store, path) => {
    const { call, clock } = setting();
    const { id } = (await upload(call, path, a)).body.result;
    const read = async () => (await call("GET", `${path}/${id}`)).body.result.status;
    await clock.advance(200);
    expect(refused(await call("DELETE", `${path}/${id}`))).toEqual([400, 1434]);
    await clock.advance(19_799);
    expect(refused(await call("DELETE", `${path}/${id}`))).toEqual([400, 1434]);
    await clock.advance(1);
    expect((await call("DELETE", `${path}/${id}`)).body.result.status).toBe("pending_deletion");
    await clock.advance(1000);
    const again = await call("DELETE", `${path}/${id}`);
    if (store === "hostname") expect(refused(again)).toEqual([400, 1414]);
    else
      expect([again.status, again.body.errors[0]?.message]).toEqual([400, "Certificate is already deleted."]);
    expect(refused(await upload(call, path, a))).toEqual([400, 1406]);
    await clock.advance(9000);
    expect(await read()).toBe("deleted");
    expect(refused(await call("DELETE", `${path}/${id}`))).toEqual([400, store === "hostname" ? 1415 : 1000]);
    const back = await upload(call, path, a);
    expect(back.body.result).toMatchObject({ id, status: "initializing" });
    await clock.advance(20_000);
    expect(await read()).toBe("active");
  });

  test("cloudflare answers 404 to the deletion of an unknown id", async () => {
    const { call } = setting();
    const id = "00000000-0000-4000-a000-000000000000";
    expect(refused(await call("DELETE", `${zoneStore}/${id}`))).toEqual([404, 1552]);
    expect(refused(await call("DELETE", `${hostStore}/${id}`))).toEqual([404, 1551]);
  });

  test("cloudflare refuses a change of a zone's stores while another one is under way", async () => {
    const { call, clock, provider, token } = setting();
    const [first, second] = await Promise.all([upload(call, zoneStore, a), upload(call, hostStore, b)]);
    expect([first.status, second.status]).toEqual([200, 409]);
    const other = provider.addZone({ name: "other.example" }).id;
    const elsewhere = await provider.service.handle(
      new Request(`https://api.cloudflare.com/client/v4/zones/${other}${zoneStore}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ certificate: a.certificate, private_key: a.key }),
      }),
    );
    expect(elsewhere.status).toBe(200);
    await clock.advance(200);
    expect((await upload(call, hostStore, b)).status).toBe(200);
  });

  test("cloudflare does not hold the stores for a change that it refused", async () => {
    const { call } = setting();
    expect(refused(await upload(call, zoneStore, ca))).toEqual([400, 2101]);
    expect((await upload(call, zoneStore, a)).status).toBe(200);
  });

  test("cloudflare ends a deployment in a time-out when told to, and lets it be deleted", async () => {
    const { call, clock, provider, zone } = setting();
    provider.setDeployments(zone, "time-out");
    const { id } = (await upload(call, hostStore, a)).body.result;
    await clock.advance(299_999);
    expect((await call("GET", `${hostStore}/${id}`)).body.result.status).toBe("pending_deployment");
    await clock.advance(1);
    expect((await call("GET", `${hostStore}/${id}`)).body.result.status).toBe("deployment_timed_out");
    expect((await call("DELETE", `${hostStore}/${id}`)).status).toBe(200);
  });

  test("cloudflare holds ten hostname certificates of a zone; what is deleted does not count", async () => {
    const { call, clock } = setting();
    const ids: string[] = [];
    for (let index = 0; index < 10; index += 1) {
      ids.push((await upload(call, hostStore, make(`n${index}`))).body.result.id);
      await clock.advance(1000);
    }
    expect(refused(await upload(call, hostStore, a))).toEqual([400, 1212]);
    await clock.advance(20_000);
    await call("DELETE", `${hostStore}/${ids[0]}`);
    await clock.advance(9999);
    expect(refused(await upload(call, hostStore, a))).toEqual([400, 1212]);
    await clock.advance(1);
    expect((await upload(call, hostStore, a)).status).toBe(200);
  });

  test("cloudflare switches zone-level pulls with and without a certificate", async () => {
    const { call } = setting();
    expect((await call("GET", `${zoneStore}/settings`)).body.result).toEqual({ enabled: false });
    expect((await call("PUT", `${zoneStore}/settings`, { enabled: true })).body.result).toEqual({
      enabled: true,
    });
    expect(refused(await call("PUT", `${zoneStore}/settings`, { enabled: "on" }))).toEqual([400, 1000]);
    expect((await call("GET", `${zoneStore}/settings`)).body.result).toEqual({ enabled: true });
  });
});
