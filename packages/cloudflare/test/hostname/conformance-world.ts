import { cloudflare, faults, type SslMode, turnableClock } from "@handfast/testing";
import type { AdapterWorld } from "@handfast/testing/conformance";
import { cloudflareHostname } from "../../src/index.ts";
import { refusals, start } from "../conformance-issuers.ts";

/** What the zone has, and what the hostnames ask for. */
export interface ConformanceZone {
  readonly sslMode: SslMode;
  readonly asked?: { readonly ssl: "full" | "strict"; readonly sslBy?: "rule" | "zone" };
}

/** A zone of a simulated Cloudflare, reached by ky in the process. */
export function hostnameWorld({ sslMode, asked }: ConformanceZone): AdapterWorld {
  const clock = turnableClock(start);
  const storm = faults();
  const provider = cloudflare({ clock, faults: storm });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode });
  const token = provider.addToken({
    permissions: [
      "SSL and Certificates Write",
      "Zone Read",
      asked === undefined ? "Zone Settings Read" : "Zone Settings Write",
      asked === undefined ? "Config Settings Read" : "Config Settings Write",
      "DNS Read",
    ],
    zones: [zone],
    user: "handfast@example.com",
  });
  const other = provider.addToken({ permissions: ["SSL and Certificates Write"], zones: [zone] });
  let calls = 0;
  const adapter = () =>
    cloudflareHostname({
      token,
      fetch: async (input, init) => {
        calls += 1;
        const response = await provider.service.handle(new Request(input, init));
        if (response.type === "error") throw new TypeError("fetch failed");
        return response;
      },
    });
  const pulls = `https://api.cloudflare.com/client/v4/zones/${zone}/origin_tls_client_auth/hostnames`;
  /** What somebody else, or a test, asks of the API. */
  const ask = async (path: string, body?: unknown): Promise<readonly Row[]> => {
    const response = await provider.service.handle(
      new Request(`${pulls}${path}`, {
        method: body === undefined ? "GET" : "PUT",
        headers: { authorization: `Bearer ${other}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const { success, errors, result } = (await response.json()) as {
      success: boolean;
      errors: unknown;
      result: Row[] | null;
    };
    if (!success) throw new Error(JSON.stringify(errors));
    return result ?? [];
  };

  return {
    adapter: adapter(),
    again: adapter,
    clock,
    targets: ["shop", "api", "www"].map((name) => ({ zone, hostnames: [`${name}.example.com`], ...asked })),
    missing: { zone: "f".repeat(32), hostnames: ["shop.example.com"] },
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
      const [hostname] = (target as { readonly hostnames: readonly string[] }).hostnames;
      const [{ id } = { id: "" }] = await ask("/certificates");
      await ask("", { config: [{ hostname, cert_id: id, enabled: false }] });
      await clock.sleep(60_000);
    },
    calls: () => calls,
    inventory: async () => {
      const certificates = await ask("/certificates");
      return certificates
        .filter(({ status }) => status !== "deleted" && status !== "pending_deletion")
        .map(({ serial_number }) => `certificate ${serial_number}`);
    },
    secrets: [token],
    close: clock.autoAdvance(),
  };
}

interface Row {
  readonly id: string;
  readonly status: string;
  readonly serial_number: string;
}
