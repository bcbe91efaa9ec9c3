import { afterAll, describe, expect, test } from "vitest";
import { setting } from "./api.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

const hosts = "/origin_tls_client_auth/hostnames";
const hostname = "shop.example.com";

describe.skipIf(!hasOpenssl)("cloudflare", () => {
  const openssl = hasOpenssl ? new Openssl() : undefined;
  const [one, other] = ["one", "other"].map(
    (name) => openssl?.selfSigned(name) ?? { certificate: "", key: "" },
  );
  afterAll(() => openssl?.[Symbol.dispose]());

  async function prepared() {
    const ready = setting();
    ready.provider.addDnsRecord(ready.zone, hostname, { proxied: true });
    const upload = async (pair: typeof one): Promise<string> => {
      const body = { certificate: pair?.certificate, private_key: pair?.key };
      const answer = await ready.call("POST", `${hosts}/certificates`, body);
      await ready.clock.advance(20_000);
      return answer.body.result.id;
    };
    const show = async (id: string, enabled: boolean | null): Promise<void> => {
      await ready.call("PUT", hosts, { config: [{ hostname, cert_id: id, enabled }] });
      await ready.clock.advance(8_000);
    };
    return { ...ready, upload, show };
  }

  test("cloudflare inventory lists certificates that were not deleted, and associations by their certificate", async () => {
    const { provider, zone, call, upload, show } = await prepared();
    const id = await upload(one);
    const spare = await upload(other);
    await show(id, true);
    await call("DELETE", `${hosts}/certificates/${spare}`);
    const pem = expect.stringContaining(one?.certificate.trim() ?? "");
    expect(provider.inventory(zone)).toEqual({
      certificates: { zone: [], hostname: [pem] },
      zoneLevel: false,
      associations: [{ hostname, certificate: pem, enabled: true }],
      settings: { ssl: "strict", tls_client_auth: "off" },
      rules: {},
      visitors: { certificates: [], asking: {}, issued: [] },
    });
    await show(id, null);
    expect(provider.inventory(zone).associations).toEqual([]);
  });

  test("cloudflare snapshot puts a zone back, for its sources too, as often as it is asked to", async () => {
    const { provider, zone, call, upload, show } = await prepared();
    const id = await upload(one);
    await show(id, true);
    const source = provider.edgeSource(hostname);
    const [before, view] = [provider.inventory(zone), source.current()];
    const restore = provider.snapshot();
    let told = 0;
    const stop = source.subscribe(() => {
      told += 1;
    });
    for (const turns of [1, 2]) {
      await show(await upload(other), true);
      await call("PATCH", "/settings/ssl", { value: "full" });
      expect(source.current()).not.toEqual(view);
      restore();
      expect(provider.inventory(zone)).toEqual(before);
      expect(source.current()).toEqual(view);
      expect(told).toBeGreaterThanOrEqual(turns * 2);
    }
    stop();
  });
});
