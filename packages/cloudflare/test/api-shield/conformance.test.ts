import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { cloudflare, type Fault, faults, turnableClock } from "@handfast/testing";
import { type AdapterWorld, adapterConformance, type ConformanceIssuer } from "@handfast/testing/conformance";
import { cloudflareApiShield } from "../../src/index.ts";

const start = Date.UTC(2026, 0, 1);
const account = "00000000000000000000000000000001";
const issuers = [await makeIssuer("A"), await makeIssuer("B")] as const;

async function makeIssuer(name: string): Promise<ConformanceIssuer> {
  const [rootKey, key] = await Promise.all([1, 2].map(() => generateKey({ type: "ec", curve: "P-256" })));
  if (rootKey === undefined || key === undefined) throw new TypeError("no key was made");
  const root = await createAuthority({ subject: `CN=Root ${name}`, key: rootKey, notBefore: start });
  const client = await root.issue(await createCsr({ subject: `CN=client ${name}`, key }), {
    days: 365,
    notBefore: start,
  });
  const { pem: crl } = await root.createCrl({ revoked: [{ serial: "7f01", at: start }], number: 1 });
  return { anchor: root.certificate.pem, crl, chain: client.pem, key: key.export() };
}

const refusals: Readonly<Record<"unavailable" | "lost" | "throttled" | "unauthorized", Fault>> = {
  unavailable: { kind: "refuse", status: 503, code: "10001", message: "unavailable" },
  lost: { kind: "cut" },
  throttled: { kind: "throttle" },
  unauthorized: { kind: "refuse", status: 403, code: "10000", message: "Authentication error" },
};

/** A zone of a simulated Cloudflare with rules and hostnames of somebody else, reached by ky in the process. */
function setUp(): AdapterWorld {
  const clock = turnableClock(start);
  const storm = faults();
  const provider = cloudflare({ clock, faults: storm });
  const { id: zone } = provider.addZone({ name: "example.com", plan: "enterprise" });
  provider.addCustomRule(zone, {
    action: "block",
    expression: '(http.host eq "other.example.com" and not cf.tls_client_auth.cert_verified)',
  });
  const token = provider.addToken({
    permissions: [
      "Account: SSL and Certificates Write",
      "SSL and Certificates Write",
      "Zone WAF Write",
      "Zone Read",
      "DNS Read",
    ],
    zones: [zone],
    user: "handfast@example.com",
  });
  const other = provider.addToken({
    permissions: ["Account: SSL and Certificates Read", "SSL and Certificates Write"],
    zones: [zone],
  });
  let calls = 0;
  const adapter = () =>
    cloudflareApiShield({
      token,
      crls: issuers.flatMap(({ crl }) => crl ?? []),
      fetch: async (input, init) => {
        calls += 1;
        const response = await provider.service.handle(new Request(input, init));
        if (response.type === "error") throw new TypeError("fetch failed");
        return response;
      },
    });
  /** What somebody else, or a test, asks of the API. */
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    const response = await provider.service.handle(
      new Request(`https://api.cloudflare.com/client/v4/${path}`, {
        method: body === undefined ? "GET" : "PUT",
        headers: { authorization: `Bearer ${other}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const answer = (await response.json()) as { success: boolean; errors: unknown; result: unknown };
    if (!answer.success) throw new Error(JSON.stringify(answer.errors));
    return answer.result;
  };
  const lists = `zones/${zone}/certificate_authorities/hostname_associations`;

  return {
    adapter: adapter(),
    again: adapter,
    clock,
    targets: ["shop", "api", "www"].map((name) => ({ zone, account, hostname: `${name}.example.com` })),
    missing: { zone: "f".repeat(32), account, hostname: "shop.example.com" },
    faults: {
      add: (kind, fault, { nth, times }) => {
        const rule = storm.add({
          matching: ({ operation }) => operation.startsWith("GET ") === (kind === "reads"),
          moment: fault === "lost" ? "after" : "before",
          nth,
          times,
          fault: refusals[fault],
        });
        return { hits: rule.hits, end: rule.remove };
      },
    },
    meddle: async (target) => {
      const { hostname } = target as { readonly hostname: string };
      await ask(lists, { hostnames: [hostname] });
      await clock.sleep(60_000);
    },
    calls: () => calls,
    inventory: async () => {
      const rows = (await ask(`accounts/${account}/mtls_certificates`)) as readonly { name: string }[] | null;
      return (rows ?? []).map(({ name }) => name);
    },
    secrets: [token],
    close: clock.autoAdvance(),
  };
}

adapterConformance("cloudflareApiShield over the simulated Cloudflare", { issuers, setUp });
