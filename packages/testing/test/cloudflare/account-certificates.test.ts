import { X509Certificate } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { account, everything, refused, send, setting, type TestOptions } from "./api.ts";
import { hasOpenssl, type Identity, Openssl } from "./openssl.ts";

const path = "/mtls_certificates";
const hosts = "/certificate_authorities/hostname_associations";
const unknown = "00000000-0000-4000-8000-000000000000";

describe.skipIf(!hasOpenssl)("cloudflare account certificates", () => {
  const openssl = hasOpenssl ? new Openssl() : undefined;
  afterAll(() => openssl?.[Symbol.dispose]());
  const nobody: Identity = { certificate: "", key: "" };
  const make = (name: string, kind: "leaf" | "ca" = "ca", algorithm?: readonly string[]): Identity =>
    openssl?.selfSigned(name, kind, algorithm) ?? nobody;
  const [ca, other, leaf] = [make("ca"), make("other"), make("leaf", "leaf")];
  const edwards = make("edwards", "ca", ["-algorithm", "ED25519"]);
  const upload = ({ certificate }: Identity, name = "") => ({ ca: true, certificates: certificate, name });

  function enterprise(options: TestOptions = {}) {
    const ready = setting({ plan: "enterprise", ...options });
    const store = async (one: Identity): Promise<string> =>
      (await ready.callAccount("POST", path, upload(one))).body.result.id;
    return { ...ready, store };
  }

  test("cloudflare stores a CA and gives it back without its key", async () => {
    const { callAccount } = enterprise();
    const sent = { ...upload(ca, "clients"), private_key: ca.key };
    const made = (await callAccount("POST", path, sent)).body.result;
    const { serialNumber } = new X509Certificate(ca.certificate);
    expect(made).toEqual({
      id: expect.stringMatching(/^.{36}$/),
      ca: true,
      certificates: ca.certificate,
      expires_on: expect.stringMatching(/Z$/),
      issuer: "O=Simulated,CN=ca",
      name: "clients",
      serial_number: BigInt(`0x${serialNumber}`).toString(),
      signature: "ECDSAWithSHA256",
      type: "custom",
      uploaded_on: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
    });
    const { updated_at: _, ...row } = made;
    expect((await callAccount("GET", `${path}/${made.id}`)).body.result).toEqual(row);
    expect((await callAccount("GET", path)).body).toMatchObject({ result: [row] });
  });

  test.each<[string, Record<string, unknown>, number]>([
    ["without saying whether it is a CA", { ca: undefined }, 1000],
    ["with a word for it", { ca: "true" }, 1000],
    ["without certificates", { certificates: undefined }, 1000],
    ["of no PEM", { certificates: "nothing" }, 1408],
    ["of PEM with CRLF", { certificates: ca.certificate.replaceAll("\n", "\r\n") }, 1408],
    ["of a leaf as CA", { certificates: leaf.certificate }, 1000],
    ["of two CAs at once", { certificates: ca.certificate + other.certificate }, 1000],
    ["of a CA that signs with Ed25519", { certificates: edwards.certificate }, 1000],
    ["with another's key", { private_key: other.key }, 2200],
    ["with a key that is none", { private_key: "nothing" }, 2106],
    ["of a CA as leaf", { ca: false, private_key: ca.key }, 2101],
    ["of a leaf without its key", { ca: false, certificates: leaf.certificate }, 2106],
  ])("cloudflare refuses an upload %s", async (_, change, code) => {
    const { callAccount } = enterprise();
    expect(refused(await callAccount("POST", path, { ...upload(ca), ...change }))).toEqual([400, code]);
    expect((await callAccount("GET", path)).body.result).toBeNull();
  });

  test("cloudflare refuses a CA that has expired", async () => {
    const { callAccount, clock } = enterprise();
    await clock.advance(Date.parse(new X509Certificate(ca.certificate).validTo) - clock.now());
    expect(refused(await callAccount("POST", path, upload(ca)))).toEqual([400, 1000]);
  });

  test("cloudflare stores a leaf with its key, on any plan, and a CA only for an enterprise", async () => {
    const { callAccount } = setting();
    const sent = { ca: false, certificates: leaf.certificate, private_key: leaf.key };
    expect((await callAccount("POST", path, sent)).body.result.ca).toBe(false);
    expect(refused(await callAccount("POST", path, upload(ca)))).toEqual([403, 1000]);
  });

  test("cloudflare refuses what is stored already, until it was deleted", async () => {
    const { callAccount, store } = enterprise();
    const id = await store(ca);
    expect(refused(await callAccount("POST", path, upload(ca, "again")))).toEqual([400, 1471]);
    expect((await callAccount("DELETE", `${path}/${id}`)).body.result.id).toBe(id);
    expect(refused(await callAccount("DELETE", `${path}/${id}`))).toEqual([400, 1000]);
    expect(refused(await callAccount("GET", `${path}/${id}`))).toEqual([404, 1472]);
    expect(await store(ca)).not.toBe(id);
  });

  test("cloudflare has room for five CAs in an account", async () => {
    const { callAccount, provider, store } = enterprise();
    provider.addAccountCertificate({ certificates: other.certificate });
    for (let made = 0; made < 5; made += 1) await store(make(`ca${made}`));
    expect(refused(await callAccount("POST", path, upload(ca)))).toEqual([400, 1489]);
  });

  test("cloudflare lists by type, and deletes nothing that another product looks after", async () => {
    const { callAccount, provider, store } = enterprise();
    const own = await store(ca);
    const { id } = provider.addAccountCertificate({ certificates: other.certificate, name: "gateway" });
    const list = async (query: string) =>
      (await callAccount("GET", `${path}${query}`)).body.result?.map((row: { id: string }) => row.id);
    expect(await list("")).toEqual([own, id]);
    expect(await list("?type=custom")).toEqual([own]);
    expect(await list("?type=gateway_managed,custom")).toEqual([own, id]);
    expect(await list("?type=access_managed")).toBeUndefined();
    expect(refused(await callAccount("GET", `${path}?type=mine`))).toEqual([400, 1000]);
    expect(refused(await callAccount("DELETE", `${path}/${id}`))).toEqual([400, 1000]);
    expect(() => provider.addAccountCertificate({ certificates: leaf.certificate })).toThrow(TypeError);
  });

  test("cloudflare deletes no CA that a zone asks for, nor one that it has stopped asking for just now", async () => {
    const { call, callAccount, clock, store } = enterprise();
    const id = await store(ca);
    const uses = async () => (await callAccount("GET", `${path}/${id}/associations`)).body.result;
    expect(await uses()).toBeNull();
    const put = (hostnames: readonly string[]) => call("PUT", hosts, { hostnames, mtls_certificate_id: id });
    await put(["shop.example.com"]);
    expect(await uses()).toEqual([{ service: "api_shield", status: "pending_deployment" }]);
    await clock.advance(8_000);
    expect(await uses()).toEqual([{ service: "api_shield", status: "active" }]);
    expect(refused(await callAccount("DELETE", `${path}/${id}`))).toEqual([400, 1000]);
    await put([]);
    expect(await uses()).toEqual([{ service: "api_shield", status: "pending_deletion" }]);
    await clock.advance(7_999);
    expect(refused(await callAccount("DELETE", `${path}/${id}`))).toEqual([400, 1000]);
    await clock.advance(1);
    expect((await callAccount("DELETE", `${path}/${id}`)).status).toBe(200);
  });

  test.each([
    ["GET", `${path}/${unknown}`],
    ["DELETE", `${path}/${unknown}`],
    ["GET", `${path}/${unknown}/associations`],
  ])("cloudflare knows no unknown certificate in %s %s", async (method, at) => {
    expect(refused(await enterprise().callAccount(method, at))).toEqual([404, 1472]);
  });

  test("cloudflare asks for the account's right, which the zones' is not, and knows one account", async () => {
    const { provider } = enterprise();
    const without = everything.filter((permission) => !permission.startsWith("Account:"));
    for (const [permissions, expected] of [
      [without, [403, 403]],
      [["Account: SSL and Certificates Read"], [200, 403]],
      [["Account: SSL and Certificates Write"], [200, 200]],
    ] as const) {
      const headers = { authorization: `Bearer ${provider.addToken({ permissions, zones: [] })}` };
      const statuses = [
        await send(provider, "GET", `/accounts/${account}${path}`, { headers }),
        await send(provider, "POST", `/accounts/${account}${path}`, { headers, body: upload(ca) }),
      ].map(({ status }) => status);
      expect(statuses).toEqual(expected);
      const foreign = await send(provider, "GET", `/accounts/${account.replace(/1$/, "2")}${path}`, {
        headers,
      });
      expect(refused(foreign)).toEqual([403, 10000]);
    }
  });

  test("cloudflare snapshot puts the account's store back", async () => {
    const { callAccount, provider, store, zone, call } = enterprise();
    const id = await store(ca);
    await call("PUT", hosts, { hostnames: ["shop.example.com"], mtls_certificate_id: id });
    const before = provider.inventory(zone);
    expect(before.visitors).toEqual({
      certificates: [ca.certificate],
      asking: { [ca.certificate]: ["shop.example.com"] },
      issued: [],
    });
    const restore = provider.snapshot();
    await store(other);
    await call("PUT", hosts, { hostnames: [], mtls_certificate_id: id });
    expect(provider.inventory(zone)).not.toEqual(before);
    restore();
    expect(provider.inventory(zone)).toEqual(before);
    expect((await callAccount("GET", path)).body.result).toHaveLength(1);
  });
});
