import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import type { Fault } from "@handfast/testing";
import type { ConformanceIssuer } from "@handfast/testing/conformance";

export const start = Date.UTC(2026, 0, 1);
/** Two CAs with a client certificate each. */
export const issuers = [await makeIssuer("A"), await makeIssuer("B")] as const;

async function makeIssuer(name: string): Promise<ConformanceIssuer> {
  const [rootKey, key] = await Promise.all([1, 2].map(() => generateKey({ type: "ec", curve: "P-256" })));
  if (rootKey === undefined || key === undefined) throw new TypeError("no key was made");
  const root = await createAuthority({ subject: `CN=Root ${name}`, key: rootKey, notBefore: start });
  const client = await root.issue(await createCsr({ subject: `CN=client ${name}`, key }), {
    days: 365,
    notBefore: start,
  });
  return { anchor: root.certificate.pem, chain: client.pem, key: key.export() };
}

/** What a fault of the conformance suite is at Cloudflare. */
export const refusals: Readonly<Record<"unavailable" | "lost" | "throttled" | "unauthorized", Fault>> = {
  unavailable: { kind: "refuse", status: 503, code: "10001", message: "unavailable" },
  lost: { kind: "cut" },
  throttled: { kind: "throttle" },
  unauthorized: { kind: "refuse", status: 403, code: "10000", message: "Authentication error" },
};
