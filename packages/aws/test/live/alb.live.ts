/**
 * The conformance suite on a real account: `pnpm test:live`. It needs, beside credentials, a region, two HTTPS listeners
 * of different load balancers that nobody else uses, and a bucket:
 * HANDFAST_LIVE_AWS_REGION, HANDFAST_LIVE_AWS_LISTENERS (two ARNs, a comma between), HANDFAST_LIVE_AWS_BUCKET.
 */
import { systemClock } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { adapterConformance, type ConformanceIssuer, putBack } from "@handfast/testing/conformance";
import { expect, it } from "vitest";
import { alb } from "../../src/index.ts";

const region = process.env.HANDFAST_LIVE_AWS_REGION ?? "";
const listeners = (process.env.HANDFAST_LIVE_AWS_LISTENERS ?? "").split(",").filter((arn) => arn !== "");
const name = process.env.HANDFAST_LIVE_AWS_BUCKET ?? "";

async function makeIssuer(letter: string): Promise<ConformanceIssuer> {
  const rootKey = await generateKey({ type: "ec", curve: "P-256" });
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: `CN=handfast live ${letter}`, key: rootKey, days: 30 });
  const client = await root.issue(await createCsr({ subject: `CN=live client ${letter}`, key }), {
    days: 10,
  });
  return { anchor: root.certificate.pem, chain: client.pem, key: key.export() };
}

if (region === "" || name === "" || listeners.length < 2) {
  it("needs HANDFAST_LIVE_AWS_REGION, HANDFAST_LIVE_AWS_LISTENERS (two) and HANDFAST_LIVE_AWS_BUCKET", () => {
    expect({ region, name, listeners }).toMatchObject({ region: /./, name: /./ });
  });
} else {
  const issuers = [await makeIssuer("A"), await makeIssuer("B")] as const;
  adapterConformance("alb on a real account", {
    issuers,
    setUp: async () => {
      const adapter = alb({ region, bucket: { name, prefix: "handfast-live" } });
      const targets = listeners.map((listener) => ({ listener }));
      await putBack(adapter, targets, { role: "verifier", mode: "off", anchors: [], crls: [] });
      return { adapter, clock: systemClock, targets };
    },
  });
}
