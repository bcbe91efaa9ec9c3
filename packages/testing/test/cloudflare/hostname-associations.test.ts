import { afterAll, describe, expect, test } from "vitest";
import { everything, refused, send, setting } from "./api.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

const path = "/certificate_authorities/hostname_associations";
const unknown = "00000000-0000-4000-8000-000000000000";

describe("cloudflare hostname associations", () => {
  const openssl = hasOpenssl ? new Openssl() : undefined;
  afterAll(() => openssl?.[Symbol.dispose]());
  const nobody = { certificate: "", key: "" };
  const ca = openssl?.selfSigned("ca", "ca") ?? nobody;
  const leaf = openssl?.selfSigned("leaf") ?? nobody;

  function zone() {
    const ready = setting({ plan: "enterprise" });
    const read = async (query = "") => (await ready.call("GET", `${path}${query}`)).body.result;
    const put = (hostnames: unknown, id?: unknown) =>
      ready.call("PUT", path, { hostnames, mtls_certificate_id: id });
    return { ...ready, read, put };
  }

  test("cloudflare replaces the whole list of the managed CA, and gives it back in an order of its own", async () => {
    const { put, read } = zone();
    expect(await read()).toEqual({ hostnames: [] });
    const first = await put(["shop.example.com", "API.example.com", "shop.example.com"]);
    expect(first.body.result).toEqual({ hostnames: ["api.example.com", "shop.example.com"] });
    await put(["example.com"]);
    expect(await read()).toEqual({ hostnames: ["example.com"] });
    await put([]);
    expect(await read()).toEqual({ hostnames: [] });
  });

  test.skipIf(!hasOpenssl)(
    "cloudflare keeps a list for each CA, and takes an id that is missing for the managed one",
    async () => {
      const { callAccount, put, read } = zone();
      const upload = await callAccount("POST", "/mtls_certificates", {
        ca: true,
        certificates: ca.certificate,
      });
      const { id } = upload.body.result;
      await put(["own.example.com"], id);
      await put(["managed.example.com"]);
      expect(await read(`?mtls_certificate_id=${id}`)).toEqual({ hostnames: ["own.example.com"] });
      expect(await read()).toEqual({ hostnames: ["managed.example.com"] });
    },
  );

  test.each<[string, unknown]>([
    ["no list", undefined],
    ["a text", "shop.example.com"],
    ["a list of something else", [1]],
    ["a hostname of another zone", ["shop.example.com", "shop.example.org"]],
    ["a wildcard", ["*.example.com"]],
  ])("cloudflare refuses %s for hostnames, and keeps what was there", async (_, hostnames) => {
    const { put, read } = zone();
    await put(["shop.example.com"]);
    expect(refused(await put(hostnames))).toEqual([400, 1000]);
    expect(await read()).toEqual({ hostnames: ["shop.example.com"] });
  });

  test.each<[string, unknown, readonly [number, number]]>([
    ["shorter than 36 characters", "1234", [400, 1000]],
    ["empty", "", [400, 1000]],
    ["null", null, [400, 1000]],
    ["unknown", unknown, [404, 1472]],
  ])("cloudflare refuses an id that is %s", async (_, id, expected) => {
    const { call, put } = zone();
    expect(refused(await put(["shop.example.com"], id))).toEqual(expected);
    if (id !== null)
      expect(refused(await call("GET", `${path}?mtls_certificate_id=${id}`))).toEqual(expected);
  });

  test.skipIf(!hasOpenssl)(
    "cloudflare asks for no certificate of a leaf, nor of a CA that was deleted",
    async () => {
      const { callAccount, put } = zone();
      const store = async (body: Record<string, unknown>): Promise<string> =>
        (await callAccount("POST", "/mtls_certificates", body)).body.result.id;
      const own = await store({ ca: false, certificates: leaf.certificate, private_key: leaf.key });
      expect(refused(await put(["shop.example.com"], own))).toEqual([400, 1000]);
      const gone = await store({ ca: true, certificates: ca.certificate });
      await callAccount("DELETE", `/mtls_certificates/${gone}`);
      expect(refused(await put(["shop.example.com"], gone))).toEqual([404, 1472]);
    },
  );

  test("cloudflare asks for the zone's right to certificates", async () => {
    const { provider, zone: id } = zone();
    for (const [permissions, expected] of [
      [everything.filter((permission) => permission !== "SSL and Certificates Write"), [403, 403]],
      [["SSL and Certificates Read"], [200, 403]],
    ] as const) {
      const headers = { authorization: `Bearer ${provider.addToken({ permissions, zones: "all" })}` };
      const statuses = [
        await send(provider, "GET", `/zones/${id}${path}`, { headers }),
        await send(provider, "PUT", `/zones/${id}${path}`, { headers, body: { hostnames: [] } }),
      ].map(({ status }) => status);
      expect(statuses).toEqual(expected);
    }
  });
});
