/**
 * The conformance suite on a real account: `pnpm test:live`. It needs, beside credentials, two distributions that nobody
 * else uses, with no plain HTTP and no HTTP/3, and a bucket:
 * HANDFAST_LIVE_CLOUDFRONT_DISTRIBUTIONS (two ARNs, a comma between), HANDFAST_LIVE_AWS_BUCKET,
 * HANDFAST_LIVE_AWS_BUCKET_REGION. A deployment takes minutes, and the suite makes hundreds: give it a night.
 */
import { systemClock } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { adapterConformance, type ConformanceIssuer, putBack } from "@handfast/testing/conformance";
import { expect, it } from "vitest";
import { cloudfront } from "../../src/index.ts";

const arns = process.env.HANDFAST_LIVE_CLOUDFRONT_DISTRIBUTIONS ?? "";
const distributions = arns.split(",").filter((arn) => arn !== "");
const name = process.env.HANDFAST_LIVE_AWS_BUCKET ?? "";
const region = process.env.HANDFAST_LIVE_AWS_BUCKET_REGION ?? "";

async function makeIssuer(letter: string): Promise<ConformanceIssuer> {
  const rootKey = await generateKey({ type: "ec", curve: "P-256" });
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: `CN=handfast live ${letter}`, key: rootKey, days: 30 });
  const client = await root.issue(await createCsr({ subject: `CN=live client ${letter}`, key }), {
    days: 10,
  });
  const crl = await root.createCrl({ revoked: [{ serial: "0a", at: Date.now() }], number: 1 });
  return { anchor: root.certificate.pem, crl: crl.pem, chain: client.pem, key: key.export() };
}

if (name === "" || region === "" || distributions.length < 2) {
  it("needs HANDFAST_LIVE_CLOUDFRONT_DISTRIBUTIONS (two), HANDFAST_LIVE_AWS_BUCKET and HANDFAST_LIVE_AWS_BUCKET_REGION", () => {
    expect({ name, region, distributions }).toMatchObject({ name: /./, region: /./ });
  });
} else {
  const issuers = [await makeIssuer("A"), await makeIssuer("B")] as const;
  adapterConformance("cloudfront on a real account", {
    issuers,
    setUp: async () => {
      const adapter = cloudfront({ bucket: { name, region, prefix: "handfast-live" } });
      const targets = distributions.map((distribution) => ({ distribution }));
      await putBack(adapter, targets, { role: "verifier", mode: "off", anchors: [], crls: [] });
      return { adapter, clock: systemClock, targets };
    },
  });
}
