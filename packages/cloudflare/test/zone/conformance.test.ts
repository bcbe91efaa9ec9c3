import { cloudflare, faults, turnableClock } from "@handfast/testing";
import { type AdapterWorld, adapterConformance } from "@handfast/testing/conformance";
import { cloudflareZone } from "../../src/index.ts";
import { issuers, refusals, start } from "../conformance-issuers.ts";

/** Three zones of a simulated Cloudflare, reached by ky in the process: they have no call in common. */
function setUp(): AdapterWorld {
  const clock = turnableClock(start);
  const storm = faults();
  const provider = cloudflare({ clock, faults: storm });
  const zones = ["example.com", "example.net", "example.org"].map(
    (name) => provider.addZone({ name, sslMode: "strict" }).id,
  );
  const token = provider.addToken({
    permissions: ["SSL and Certificates Write", "Zone Read", "Zone Settings Read", "DNS Read"],
    zones,
    user: "handfast@example.com",
  });
  const other = provider.addToken({ permissions: ["SSL and Certificates Write"], zones });
  const adapter = () =>
    cloudflareZone({
      token,
      fetch: async (input, init) => {
        const response = await provider.service.handle(new Request(input, init));
        if (response.type === "error") throw new TypeError("fetch failed");
        return response;
      },
    });
  /** What somebody else, or a test, asks of the API. */
  const ask = async (zone: string, path: string, body?: unknown): Promise<unknown> => {
    const url = `https://api.cloudflare.com/client/v4/zones/${zone}/origin_tls_client_auth${path}`;
    const response = await provider.service.handle(
      new Request(url, {
        method: body === undefined ? "GET" : "PUT",
        headers: { authorization: `Bearer ${other}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const { success, errors, result } = (await response.json()) as {
      readonly success: boolean;
      readonly errors: unknown;
      readonly result: unknown;
    };
    if (!success) throw new Error(JSON.stringify(errors));
    return result;
  };

  return {
    adapter: adapter(),
    again: adapter,
    clock,
    targets: zones.map((zone) => ({ zone })),
    missing: { zone: "f".repeat(32) },
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
      const { zone } = target as { readonly zone: string };
      const { enabled } = (await ask(zone, "/settings")) as { readonly enabled: boolean };
      await ask(zone, "/settings", { enabled: !enabled });
      await clock.sleep(60_000);
    },
    inventory: async () => {
      const rows = await Promise.all(zones.map((zone) => ask(zone, "")));
      return rows
        .flatMap((found) => (found ?? []) as readonly { readonly id: string; readonly status: string }[])
        .filter(({ status }) => status !== "deleted" && status !== "pending_deletion")
        .map(({ id }) => `certificate ${id}`);
    },
    secrets: [token],
    close: clock.autoAdvance(),
  };
}

adapterConformance("cloudflareZone over the simulated Cloudflare", { issuers, setUp });
