import { X509Certificate } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { everything, refused, send, setting, type TestOptions } from "./api.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

const path = "/client_certificates";
const id = "00000000-0000-4000-8000-000000000000";

describe.skipIf(!hasOpenssl)("cloudflare client certificates", () => {
  const openssl = hasOpenssl ? new Openssl() : undefined;
  afterAll(() => openssl?.[Symbol.dispose]());
  const none = { csr: "", key: "" };
  const request = openssl?.request("/C=GB/ST=Kent/L=Dover/O=Shop/OU=Tills/CN=till 7") ?? none;
  const body = { csr: request.csr, validity_days: 30 };

  function zone(options: TestOptions = {}) {
    const ready = setting(options);
    const issue = async (more: Record<string, unknown> = {}) =>
      (await ready.call("POST", path, { ...body, ...more })).body.result;
    const statusOf = async (one: string): Promise<string> =>
      (await ready.call("GET", `${path}/${one}`)).body.result.status;
    return { ...ready, issue, statusOf };
  }

  test("cloudflare issues a real certificate for the key and the name of a request", async () => {
    const { issue, provider, clock } = zone();
    const made = await issue();
    expect(made).toMatchObject({
      id: expect.stringMatching(/^.{36}$/),
      common_name: "till 7",
      country: "GB",
      state: "Kent",
      location: "Dover",
      organization: "Shop",
      organizational_unit: "Tills",
      validity_days: 30,
      status: "active",
      issued_on: "2026-01-01T00:00:00Z",
      expires_on: "2026-01-31T00:00:00Z",
      certificate_authority: { name: "Cloudflare Managed CA for account" },
      signature: "ECDSAWithSHA256",
    });
    const leaf = new X509Certificate(made.certificate);
    const ca = new X509Certificate(provider.managedCa() ?? "");
    expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(leaf.subject).toContain("CN=till 7");
    expect(Date.parse(leaf.validTo)).toBe(clock.now() + 30 * 86_400_000);
    expect(made.serial_number).toBe(leaf.serialNumber.toLowerCase());
    expect(made.fingerprint_sha256).toBe(leaf.fingerprint256.replaceAll(":", "").toLowerCase());
    expect(made.ski).toMatch(/^[0-9a-f]{40}$/);
  });

  test("cloudflare gives the request back with CRLF, and issues another certificate for the same one", async () => {
    const { issue, call } = zone();
    const [first, second] = [await issue(), await issue()];
    expect(first.csr).toBe(request.csr.replaceAll("\n", "\r\n"));
    expect(second.id).not.toBe(first.id);
    expect((await call("GET", path)).body.result.map(({ id }: { id: string }) => id)).toEqual([
      first.id,
      second.id,
    ]);
  });

  const key = (name: string, ...options: readonly string[]) =>
    openssl?.request("/CN=x", ["-algorithm", name, ...options.flatMap((option) => ["-pkeyopt", option])]).csr;
  test.each<[string, unknown]>([
    ["no body", undefined],
    ["no request", { validity_days: 30 }],
    ["no days", { csr: request.csr }],
    ["no whole number of days", { ...body, validity_days: 1.5 }],
    ["days in a text", { ...body, validity_days: "30" }],
    ["no days at all", { ...body, validity_days: 0 }],
    ["more than ten years", { ...body, validity_days: 3651 }],
    ["a text that is no request", { ...body, csr: "nothing" }],
    ["a request whose signature is broken", { ...body, csr: brokenSignature(request.csr) }],
    ["a weak key", { ...body, csr: key("RSA", "rsa_keygen_bits:1024") }],
    ["an Ed25519 key", { ...body, csr: key("ED25519") }],
  ])("cloudflare refuses to issue for %s", async (_, sent) => {
    const { call } = zone();
    expect(refused(await call("POST", path, sent))).toEqual([400, 1000]);
    expect((await call("GET", path)).body.result).toBeNull();
  });

  test("cloudflare revokes in its own time, and restores", async () => {
    const { issue, call, clock, statusOf } = zone();
    const { id: one } = await issue();
    expect((await call("DELETE", `${path}/${one}`)).body.result.status).toBe("pending_revocation");
    expect(refused(await call("DELETE", `${path}/${one}`))).toEqual([400, 1407]);
    await clock.advance(9_999);
    expect(await statusOf(one)).toBe("pending_revocation");
    await clock.advance(1);
    expect(await statusOf(one)).toBe("revoked");
    expect(refused(await call("DELETE", `${path}/${one}`))).toEqual([400, 1407]);
    const restored = await call("PATCH", `${path}/${one}`, { reactivate: true });
    expect(restored.body.result.status).toBe("pending_reactivation");
    await clock.advance(10_000);
    expect(await statusOf(one)).toBe("active");
  });

  test("cloudflare restores one whose revocation is still under way, and nothing that is active", async () => {
    const { issue, call, statusOf, clock } = zone();
    const { id: one } = await issue();
    const restore = (sent: unknown) => call("PATCH", `${path}/${one}`, sent);
    expect(refused(await restore({ reactivate: true }))).toEqual([400, 1000]);
    await call("DELETE", `${path}/${one}`);
    expect(refused(await restore({}))).toEqual([400, 1000]);
    expect((await restore({ reactivate: true })).status).toBe(200);
    expect(refused(await restore({ reactivate: true }))).toEqual([400, 1000]);
    await clock.advance(10_000);
    expect(await statusOf(one)).toBe("active");
  });

  test.each(["GET", "PATCH", "DELETE"])("cloudflare knows no unknown id in %s", async (method) => {
    const { call } = zone();
    expect(
      refused(await call(method, `${path}/${id}`, method === "PATCH" ? { reactivate: true } : undefined)),
    ).toEqual([404, 1415]);
  });

  test("cloudflare lists by status, by page, and by limit and offset", async () => {
    const { issue, call, clock } = zone();
    const ids: string[] = [];
    for (let made = 0; made < 7; made += 1) ids.push((await issue()).id);
    await call("DELETE", `${path}/${ids[0]}`);
    await clock.advance(10_000);
    await call("DELETE", `${path}/${ids[1]}`);
    const list = async (query: string) => {
      const { body: answer } = await call("GET", `${path}?${query}`);
      return [
        answer.result?.map(({ id }: { id: string }) => ids.indexOf(id)),
        answer.result_info?.total_count,
      ];
    };
    expect(await list("")).toEqual([[0, 1, 2, 3, 4, 5, 6], 7]);
    expect(await list("status=all")).toEqual([[0, 1, 2, 3, 4, 5, 6], 7]);
    expect(await list("status=active")).toEqual([[2, 3, 4, 5, 6], 5]);
    expect(await list("status=revoked")).toEqual([[0], 1]);
    expect(await list("status=pending_revocation")).toEqual([[1], 1]);
    expect(await list("status=pending_reactivation")).toEqual([undefined, 0]);
    expect(await list("per_page=5&page=2")).toEqual([[5, 6], 7]);
    expect(await list("limit=2&offset=3")).toEqual([[3, 4], 7]);
    for (const query of ["status=gone", "per_page=4", "per_page=51", "page=0", "limit=0", "offset=x"])
      expect(refused(await call("GET", `${path}?${query}`))).toEqual([400, 1000]);
  });

  test("cloudflare counts what is not revoked against the zone's quota", async () => {
    const { issue, call, clock } = zone({ quotas: { clientCertificates: 2 } });
    const { id: one } = await issue();
    await issue();
    expect(refused(await call("POST", path, body))).toEqual([400, 1212]);
    await call("DELETE", `${path}/${one}`);
    expect(refused(await call("POST", path, body))).toEqual([400, 1212]);
    expect((await call("PATCH", `${path}/${one}`, { reactivate: true })).status).toBe(200);
    await call("DELETE", `${path}/${one}`);
    await clock.advance(10_000);
    expect((await call("POST", path, body)).status).toBe(200);
    expect(refused(await call("PATCH", `${path}/${one}`, { reactivate: true }))).toEqual([400, 1212]);
  });

  test("cloudflare asks for the zone's right to certificates, which the account's is not", async () => {
    const { provider, zone: id } = zone();
    const without = everything.filter((permission) => permission !== "SSL and Certificates Write");
    for (const [permissions, expected] of [
      [without, [403, 403]],
      [["SSL and Certificates Read"], [200, 403]],
      [["SSL and Certificates Write"], [200, 200]],
    ] as const) {
      const headers = { authorization: `Bearer ${provider.addToken({ permissions, zones: "all" })}` };
      const statuses = [
        await send(provider, "GET", `/zones/${id}${path}`, { headers }),
        await send(provider, "POST", `/zones/${id}${path}`, { headers, body }),
      ].map(({ status }) => status);
      expect(statuses).toEqual(expected);
    }
  });
});

/** The same request with another last byte, which belongs to the signature. */
function brokenSignature(csr: string): string {
  const der = Buffer.from(csr.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  const last = der.at(-1);
  if (last !== undefined) der[der.length - 1] = last ^ 1;
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
}
