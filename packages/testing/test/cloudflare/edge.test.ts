import { X509Certificate } from "node:crypto";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { turnableClock } from "../../src/clock.ts";
import {
  type EdgeOptions,
  type EdgeOrigin,
  edge,
  loadBalancerNodes,
  originServer,
  requestDirectly,
} from "../../src/index.ts";
import { handMade, listening } from "../data-plane/hand-made-sources.ts";
import { has, type Identity, serverExtensions, workshop } from "../data-plane/openssl-certificates.ts";
import { setting } from "./api.ts";
import { Openssl } from "./openssl.ts";

const hostname = "shop.example.com";
const pulls = "/origin_tls_client_auth";
const hosts = "/certificate_authorities/hostname_associations";
const waf = "/rulesets/phases/http_request_firewall_custom/entrypoint";
const configuration = "/rulesets/phases/http_config_settings/entrypoint";
const field = "cf.tls_client_auth";

const shop = has("openssl") ? workshop() : undefined;
const openssl = shop && new Openssl();
const made = shop && makeCertificates(shop);

function makeCertificates(bench: NonNullable<typeof shop>) {
  const servers = bench.authority("/CN=Servers");
  const pullers = bench.authority("/CN=Pullers");
  const own = bench.authority("/CN=Own");
  const second = bench.authority("/CN=Second");
  return {
    serverCa: servers.certificate,
    visitorTls: servers.issue("server", { extensions: serverExtensions(hostname) }),
    originTls: servers.issue("origin", { extensions: serverExtensions("origin.example.com") }),
    shared: pullers.issue("shared"),
    ofZone: pullers.issue("zone"),
    ofHostname: pullers.issue("hostname"),
    own,
    second,
    ownClient: own.issue("own client"),
    secondClient: second.issue("second client"),
  };
}

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0).reverse()) await close();
});
afterAll(() => {
  shop?.remove();
  openssl?.[Symbol.dispose]();
});

describe("cloudflare behind an edge", () => {
  if (made === undefined || openssl === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { serverCa, visitorTls, originTls, shared, own, second } = made;

  async function start(options: Partial<EdgeOptions> & { readonly origin?: Partial<EdgeOrigin> } = {}) {
    const { origin: place, ...rest } = options;
    const ready = setting({ plan: "enterprise", sharedCertificate: shared }, turnableClock(Date.now()));
    const application = await originServer();
    const balancer = await loadBalancerNodes({
      source: handMade(listening({ mode: "passthrough" })),
      server: originTls,
      target: application.url,
      clock: ready.clock,
    });
    const origin = { ...balancer.front, servername: "origin.example.com", plain: application, ...place };
    const front = await edge({
      hostnames: { [hostname]: { source: ready.provider.edgeSource(hostname), origin } },
      visitorTls,
      originCa: [serverCa],
      clock: ready.clock,
      servers: 1,
      warm: { perServer: 0 },
      ...rest,
    });
    running.push(application, balancer, front);
    const ask = (identity?: Identity) =>
      requestDirectly({ ...front.front, servername: hostname, ca: serverCa, identity });
    const visit = async (identity?: Identity): Promise<number | string> => {
      const answer = await ask(identity);
      return answer.kind === "answered" ? answer.status : answer.code;
    };
    const seen = async (): Promise<string | undefined> => {
      const answer = await ask();
      const pem = answer.kind === "answered" ? answer.headers["x-seen-client-cert"] : undefined;
      if (typeof pem !== "string") return undefined;
      return /CN=([^\n]*)/.exec(new X509Certificate(decodeURIComponent(pem)).subject)?.[1];
    };
    return { ...ready, front, application, ask, visit, seen };
  }

  type Ready = Awaited<ReturnType<typeof start>>;

  async function enforce({ call, clock }: Ready, more = ""): Promise<void> {
    const expression = `http.host in {"${hostname}"} and (not ${field}.cert_verified or ${field}.cert_revoked${more})`;
    await call("PUT", waf, { rules: [{ action: "block", expression }] });
    await clock.advance(5_000);
  }

  async function askVisitors({ call, clock }: Ready, id?: string): Promise<void> {
    await call("PUT", hosts, { hostnames: [hostname], mtls_certificate_id: id });
    await clock.advance(8_000);
  }

  async function issue({ call }: Ready): Promise<{ readonly id: string; readonly identity: Identity }> {
    const { csr, key } = (openssl as Openssl).request("/CN=visitor");
    const { id, certificate } = (await call("POST", "/client_certificates", { csr, validity_days: 30 })).body
      .result;
    return { id, identity: { certificate, key } };
  }

  test("asks, enforces, revokes and restores, each in its own time", async () => {
    const ready = await start();
    const { call, clock, front, visit } = ready;
    const { id, identity } = await issue(ready);
    expect(await visit(identity)).toBe(200);
    await call("PUT", hosts, { hostnames: [hostname] });
    await clock.advance(7_999);
    await visit(identity);
    expect(front.requests.at(-1)?.visitor.presented).toBe(false);
    await clock.advance(1);
    await visit(identity);
    expect(front.requests.at(-1)?.visitor).toMatchObject({ presented: true, verified: true });
    expect(await visit()).toBe(200);

    const rules = [{ action: "block", expression: `not ${field}.cert_verified or ${field}.cert_revoked` }];
    await call("PUT", waf, { rules });
    await clock.advance(4_999);
    expect(await visit()).toBe(200);
    await clock.advance(1);
    expect([await visit(), await visit(made.ownClient), await visit(identity)]).toEqual([403, 403, 200]);

    await call("DELETE", `/client_certificates/${id}`);
    await clock.advance(9_999);
    expect(await visit(identity)).toBe(200);
    await clock.advance(1);
    expect(await visit(identity)).toBe(403);
    await call("PATCH", `/client_certificates/${id}`, { reactivate: true });
    await clock.advance(9_999);
    expect(await visit(identity)).toBe(403);
    await clock.advance(1);
    expect(await visit(identity)).toBe(200);
  });

  test("blocks everybody where a rule stands and nobody is asked", async () => {
    const ready = await start();
    const { identity } = await issue(ready);
    await enforce(ready);
    expect(await ready.visit(identity)).toBe(403);
  });

  test.each([
    ["the rules behind it", { ruleset: "current" }, 200],
    ["another phase", { phases: ["http_ratelimit"] }, 403],
  ])("leaves out what a rule skips: %s", async (_, action_parameters, status) => {
    const { call, clock, visit } = await start();
    const skip = { action: "skip", action_parameters, expression: "not ssl or true" };
    const block = { action: "block", expression: "true" };
    expect((await call("PUT", waf, { rules: [skip, block] })).status).toBe(200);
    await clock.advance(5_000);
    expect(await visit()).toBe(status);
  });

  test("lets a certificate of any CA of the account through, unless the rule pins the issuer", async () => {
    const ready = await start();
    const { callAccount, visit } = ready;
    const store = async ({ certificate }: Identity): Promise<string> =>
      (await callAccount("POST", "/mtls_certificates", { ca: true, certificates: certificate })).body.result
        .id;
    const id = await store(own);
    await store(second);
    const { identity } = await issue(ready);
    await askVisitors(ready, id);
    await enforce(ready);
    const all = [made.ownClient, made.secondClient, identity];
    expect(await Promise.all(all.map(visit))).toEqual([200, 200, 200]);
    const ski = keyIdentifierOf(own.certificate);
    await enforce(ready, ` or not ${field}.cert_issuer_ski in {"${ski}"}`);
    expect(await Promise.all(all.map(visit))).toEqual([200, 403, 403]);
  });

  test("trusts a CA some time after its upload, and no longer once it is deleted", async () => {
    const ready = await start();
    const { callAccount, clock, visit } = ready;
    await askVisitors(ready);
    await enforce(ready);
    const stored = await callAccount("POST", "/mtls_certificates", {
      ca: true,
      certificates: own.certificate,
    });
    await clock.advance(4_999);
    expect(await visit(made.ownClient)).toBe(403);
    await clock.advance(1);
    expect(await visit(made.ownClient)).toBe(200);
    await callAccount("DELETE", `/mtls_certificates/${stored.body.result.id}`);
    expect(await visit(made.ownClient)).toBe(403);
  });

  test("presents to the origin by hostname, zone and global, and nothing where the hostname opts out", async () => {
    const { call, clock, seen } = await start();
    const upload = async (path: string, { certificate, key }: Identity): Promise<string> => {
      const body = { certificate: certificate.trimEnd(), private_key: key };
      const answer = await call("POST", path, body);
      await clock.advance(20_000);
      return answer.body.result.id;
    };
    const put = async (id: string, enabled: boolean | null): Promise<void> => {
      await call("PUT", `${pulls}/hostnames`, { config: [{ hostname, cert_id: id, enabled }] });
      await clock.advance(8_000);
    };
    expect(await seen()).toBeUndefined();
    await call("PATCH", "/settings/tls_client_auth", { value: "on" });
    expect(await seen()).toBe("shared");
    await upload(pulls, made.ofZone);
    await call("PUT", `${pulls}/settings`, { enabled: true });
    expect(await seen()).toBe("zone");
    const id = await upload(`${pulls}/hostnames/certificates`, made.ofHostname);
    await put(id, true);
    expect(await seen()).toBe("hostname");
    await put(id, false);
    expect(await seen()).toBeUndefined();
    await put(id, null);
    expect(await seen()).toBe("zone");
    await call("PUT", `${pulls}/settings`, { enabled: false });
    expect(await seen()).toBe("shared");
  });

  test("keeps a warm connection with the level that it was opened with", async () => {
    const { call, clock, front, seen } = await start({
      warm: { perServer: 1, maxRequests: 100, maxAgeMs: 60_000 },
    });
    await call("PATCH", "/settings/tls_client_auth", { value: "on" });
    expect(await seen()).toBe("shared");
    await call("PATCH", "/settings/tls_client_auth", { value: "off" });
    expect(await seen()).toBe("shared");
    expect(front.requests.at(-1)?.connection?.reused).toBe(true);
    await clock.advance(60_000);
    expect(await seen()).toBeUndefined();
  });

  test.each<[string, string | undefined, Partial<EdgeOrigin>, number, boolean]>([
    ["off", undefined, {}, 200, false],
    ["flexible", undefined, { plain: undefined }, 521, false],
    ["full", undefined, { servername: "other.example.com" }, 200, true],
    ["strict", undefined, {}, 200, true],
    ["strict", undefined, { servername: "other.example.com" }, 526, false],
    ["origin_pull", undefined, { servername: "other.example.com" }, 526, false],
    ["strict", "full", { servername: "other.example.com" }, 200, true],
    ["full", "strict", { servername: "other.example.com" }, 526, false],
    ["full", "flexible", {}, 200, false],
    ["off", "full", {}, 200, true],
  ])(
    "goes to the origin by SSL mode %s, and a rule that sets %s",
    async (mode, byRule, origin, status, shown) => {
      const { call, visit, application } = await start({ origin });
      await call("PATCH", "/settings/tls_client_auth", { value: "on" });
      await call("PATCH", "/settings/ssl", { value: mode });
      if (byRule !== undefined) {
        const expression = `(http.host eq "${hostname}")`;
        const other = {
          action: "set_config",
          action_parameters: { ssl: "off" },
          expression: 'http.host eq "x.y"',
        };
        const rule = { action: "set_config", action_parameters: { ssl: byRule }, expression };
        const { id } = (await call("PUT", configuration, { rules: [other] })).body.result;
        await call("POST", `/rulesets/${id}/rules`, rule);
      }
      expect(await visit()).toBe(status);
      expect(application.requests.map(({ seen }) => seen !== undefined)).toEqual(
        status === 200 ? [shown] : [],
      );
    },
  );

  test("tells subscribers of what changes by the clock alone, and says what it can't decide", async () => {
    const { call, clock, provider, zone } = await start();
    const source = provider.edgeSource(hostname);
    const seen: (boolean | undefined)[] = [];
    const stop = source.subscribe(() => void seen.push(source.current().visitors?.asks));
    await call("PUT", hosts, { hostnames: [hostname] });
    await clock.advance(8_000);
    expect(seen).toEqual([true]);
    const { id } = provider.addCustomRule(zone, { expression: 'ip.src.country eq "GB"' });
    provider.addCustomRule(zone, {
      expression: 'http.host eq "other.example.com" and ip.src in {192.0.2.1}',
    });
    expect(source.current().doubts).toEqual([expect.stringContaining(id)]);
    await call("PUT", hosts, { hostnames: [] });
    await clock.advance(8_000);
    expect(seen.at(-1)).toBe(false);
    stop();
  });
});

/** The subject key identifier, as `openssl x509 -ext subjectKeyIdentifier` has it, without colons. */
function keyIdentifierOf(pem: string): string {
  const { raw } = new X509Certificate(pem);
  // OID 2.5.29.14, then an OCTET STRING of 22 around one of 20 octets.
  const at = raw.indexOf(Buffer.from("0603551d0e04160414", "hex")) + 9;
  return raw.toString("hex", at, at + 20).toUpperCase();
}
