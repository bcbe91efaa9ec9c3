/**
 * The conformance suite on a real zone: `pnpm test:live`. It needs, beside a token, a zone and two proxied hostnames of
 * it that nobody else uses: HANDFAST_LIVE_CLOUDFLARE_ZONE, HANDFAST_LIVE_CLOUDFLARE_HOSTNAMES (a comma between).
 */
import { systemClock, type WantedPresenter } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { adapterConformance, type ConformanceIssuer, putBack } from "@handfast/testing/conformance";
import { expect, it } from "vitest";
import { cloudflareHostname } from "../../src/index.ts";

const zone = process.env.HANDFAST_LIVE_CLOUDFLARE_ZONE ?? "";
const hostnames = (process.env.HANDFAST_LIVE_CLOUDFLARE_HOSTNAMES ?? "")
  .split(",")
  .filter((name) => name !== "");
const inherited: WantedPresenter = { role: "presenter", shows: "inherited" };

async function makeIssuer(letter: string): Promise<ConformanceIssuer> {
  const rootKey = await generateKey({ type: "ec", curve: "P-256" });
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: `CN=handfast live ${letter}`, key: rootKey, days: 30 });
  const client = await root.issue(await createCsr({ subject: `CN=live client ${letter}`, key }), {
    days: 20,
  });
  return { anchor: root.certificate.pem, chain: client.pem, key: key.export() };
}

if (zone === "" || hostnames.length < 2) {
  it("needs HANDFAST_LIVE_CLOUDFLARE_ZONE and HANDFAST_LIVE_CLOUDFLARE_HOSTNAMES (two)", () => {
    expect({ zone, hostnames: hostnames.length }).toEqual({ zone: expect.stringMatching(/./), hostnames: 2 });
  });
} else {
  const issuers = [await makeIssuer("A"), await makeIssuer("B")] as const;
  adapterConformance("cloudflareHostname on a real zone", {
    issuers,
    setUp: async () => {
      const adapter = cloudflareHostname({ token: () => process.env.CLOUDFLARE_API_TOKEN ?? "" });
      const targets = hostnames.map((hostname) => ({ zone, hostnames: [hostname] }));
      await putBack(adapter, targets, inherited);
      return { adapter, clock: systemClock, targets };
    },
  });
}
