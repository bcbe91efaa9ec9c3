import {
  CloudFrontClient,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { aws, type Fault, faults, simulate, turnableClock } from "@handfast/testing";
import { type AdapterWorld, adapterConformance, type ConformanceIssuer } from "@handfast/testing/conformance";
import { cloudfront } from "../../src/index.ts";
import { placedAt } from "./placed-at.ts";

const start = Date.UTC(2026, 0, 1);
const issuers = [await makeIssuer("A"), await makeIssuer("B")] as const;

/** A root with a CRL that revokes somebody else, and a client. */
async function makeIssuer(name: string): Promise<ConformanceIssuer> {
  const [rootKey, key] = await Promise.all([1, 2].map(() => generateKey({ type: "ec", curve: "P-256" })));
  if (rootKey === undefined || key === undefined) throw new TypeError("no key was made");
  const root = await createAuthority({ subject: `CN=Root ${name}`, key: rootKey, notBefore: start });
  const client = await root.issue(await createCsr({ subject: `CN=client ${name}`, key }), {
    days: 365,
    notBefore: start,
  });
  const crl = await root.createCrl({ revoked: [{ serial: "0a", at: start }], number: 1 });
  return { anchor: root.certificate.pem, crl: crl.pem, chain: client.pem, key: key.export() };
}

const writes = [
  "CreateConnectionFunction",
  "CreateKeyValueStore",
  "CreateTrustStore",
  "DeleteConnectionFunction",
  "DeleteKeyValueStore",
  "DeleteObject",
  "DeleteTrustStore",
  "PublishConnectionFunction",
  "PutObject",
  "UpdateDistribution",
  "UpdateKeys",
];

const refusals: Readonly<Record<"unavailable" | "lost" | "throttled" | "unauthorized", Fault>> = {
  unavailable: { kind: "refuse", status: 503, code: "ServiceUnavailable" },
  lost: { kind: "cut" },
  throttled: { kind: "throttle" },
  unauthorized: { kind: "refuse", status: 403, code: "AccessDenied" },
};

/** Three distributions of a simulated account on loopback, reached by the real SDK. */
async function setUp(): Promise<AdapterWorld> {
  const clock = turnableClock(start);
  const storm = faults();
  // The suite looks every second: a deployment of five minutes would only be looked at more often.
  const lags = { deployed: 2_000, active: 1_500, flap: 1_000, held: 1_000, deleted: 4_000 };
  const keyValueStore = { lags: { ready: 1_000 } };
  const cloud = aws({ clock, faults: storm, cloudfront: { lags }, keyValueStore });
  cloud.createBucket("bundles", { versioning: "Enabled" });
  const distributions = [1, 2, 3].map(() => cloud.addDistribution().arn);
  const simulation = simulate({ services: [cloud.s3, cloud.cloudfront, cloud.keyValueStore], clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();
  const { region, credentials } = cloud;
  const client = { region: "us-east-1", credentials, maxAttempts: 1 };
  const source = { ...client, endpoint: origins.cloudfront ?? "" };
  const delivery = new CloudFrontClient(source);
  const adapter = () =>
    cloudfront({
      bucket: { name: "bundles", region },
      cloudfront: source,
      keyValueStore: { ...client, ...placedAt(origins["cloudfront-keyvaluestore"]) },
      s3: { ...client, region, endpoint: origins.s3 ?? "", forcePathStyle: true },
    });

  return {
    adapter: adapter(),
    again: adapter,
    clock,
    targets: distributions.map((distribution) => ({ distribution })),
    missing: { distribution: `${distributions[0]?.slice(0, -4)}ZZZZ` },
    faults: {
      add: (calls, fault, { nth, times }) => {
        const rule = storm.add({
          // HEAD is answered without a body: nothing tells its 503 for the rate from any other.
          matching: ({ operation }) =>
            writes.includes(operation) === (calls === "writes") &&
            (fault !== "throttled" || operation !== "HeadBucket"),
          moment: fault === "lost" ? "after" : "before",
          nth,
          times,
          fault: refusals[fault],
        });
        return { hits: rule.hits, end: rule.remove };
      },
    },
    meddle: async (target) => {
      const { distribution } = target as { readonly distribution: string };
      const Id = distribution.split("/")[1] ?? "";
      const { DistributionConfig, ETag } = await delivery.send(new GetDistributionConfigCommand({ Id }));
      const { TrustStoreConfig } = DistributionConfig?.ViewerMtlsConfig ?? {};
      if (DistributionConfig === undefined || TrustStoreConfig === undefined)
        throw new TypeError("no mTLS there");
      TrustStoreConfig.IgnoreCertificateExpiry = true;
      TrustStoreConfig.AdvertiseTrustStoreCaNames = true;
      await delivery.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig }));
    },
    calls: () => simulation.log.calls.length,
    inventory: () => {
      const { distributionTrustStores, keyValueStores, connectionFunctions, objects } = cloud.inventory();
      return [
        ...distributionTrustStores.map(({ name }) => `store ${name}`),
        ...keyValueStores.map(({ name, items }) => `list ${name}: ${JSON.stringify(items)}`),
        ...connectionFunctions.map(({ name }) => `function ${name}`),
        ...objects.map(({ key }) => `file ${key}`),
      ];
    },
    secrets: [credentials.secretAccessKey],
    close: async () => {
      stop();
      delivery.destroy();
      await close();
    },
  };
}

adapterConformance("cloudfront over the simulated AWS", { issuers, setUp });
