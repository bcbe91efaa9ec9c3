import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import {
  CloudFrontClient,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { aws, type Fault, faults, simulate, turnableClock } from "@handfast/testing";
import { type AdapterWorld, adapterConformance, type ConformanceIssuer } from "@handfast/testing/conformance";
import { cloudfrontOrigin } from "../../src/index.ts";
import { makeIdentity, start } from "./identities.ts";

const identities = [await makeIdentity("A"), await makeIdentity("B")] as const;
const stranger = await makeIdentity("C");
const issuers = identities.map(
  ({ root, chainPem, key }): ConformanceIssuer => ({
    anchor: root.certificate.pem,
    chain: chainPem,
    key: key.export(),
  }),
) as [ConformanceIssuer, ConformanceIssuer];

const writes = ["DeleteCertificate", "ImportCertificate", "UpdateDistribution"];

const refusals: Readonly<Record<"unavailable" | "lost" | "throttled" | "unauthorized", Fault>> = {
  unavailable: { kind: "refuse", status: 503, code: "ServiceUnavailable" },
  lost: { kind: "cut" },
  throttled: { kind: "throttle" },
  unauthorized: { kind: "refuse", status: 403, code: "AccessDenied" },
};

/** Three origins of two distributions of a simulated account on loopback, reached by the real SDK. */
async function setUp(): Promise<AdapterWorld> {
  const clock = turnableClock(start + 86_400_000);
  const storm = faults();
  // The suite looks every second: as slow as needs be, so that it need not look for long.
  const cloud = aws({
    clock,
    faults: storm,
    acm: { lags: { visible: 1_500, held: 3_000, gone: 1_500 } },
    cloudfront: { lags: { deployed: 2_500, held: 1_500 } },
  });
  const origins = [
    { id: "app", domainName: "app.example.com" },
    { id: "api", domainName: "api.example.com" },
  ];
  const [front, back] = [cloud.addDistribution({ origins }).arn, cloud.addDistribution({ origins }).arn];
  const simulation = simulate({ services: [cloud.acm, cloud.cloudfront], clock });
  const { origins: services, close } = await simulation.listen();
  const stop = clock.autoAdvance();
  const { credentials } = cloud;
  const client = { region: "us-east-1", credentials, maxAttempts: 1 };
  const acm = { ...client, endpoint: services.acm ?? "" };
  const cloudfront = { ...client, endpoint: services.cloudfront ?? "" };
  const [manager, delivery] = [new ACMClient(acm), new CloudFrontClient(cloudfront)];
  const adapter = () => cloudfrontOrigin({ acm, cloudfront });

  return {
    adapter: adapter(),
    again: adapter,
    clock,
    targets: [
      { distribution: front, origins: ["app"] },
      { distribution: back, origins: ["app"] },
      { distribution: front, origins: ["api"] },
    ],
    missing: { distribution: `${front.slice(0, -4)}ZZZZ`, origins: ["app"] },
    faults: {
      add: (calls, fault, { nth, times }) => {
        const rule = storm.add({
          matching: ({ operation }) => writes.includes(operation) === (calls === "writes"),
          moment: fault === "lost" ? "after" : "before",
          nth,
          times,
          fault: refusals[fault],
        });
        return { hits: rule.hits, end: rule.remove };
      },
    },
    meddle: async (target) => {
      const { distribution, origins } = target as { distribution: string; origins: readonly string[] };
      const { CertificateArn } = await manager.send(
        new ImportCertificateCommand({
          Certificate: Buffer.from(stranger.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/)[0] ?? ""),
          CertificateChain: Buffer.from(stranger.root.certificate.pem),
          PrivateKey: Buffer.from(stranger.key.export()),
        }),
      );
      await clock.sleep(10_000);
      const Id = distribution.split("/")[1] ?? "";
      const { DistributionConfig, ETag } = await delivery.send(new GetDistributionConfigCommand({ Id }));
      for (const origin of DistributionConfig?.Origins?.Items ?? []) {
        if (origin.Id === origins[0] && origin.CustomOriginConfig !== undefined)
          origin.CustomOriginConfig.OriginMtlsConfig = { ClientCertificateArn: CertificateArn };
      }
      await delivery.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig }));
    },
    calls: () => simulation.log.calls.length,
    inventory: () => cloud.inventory().certificates.map(({ certificate }) => `certificate ${certificate}`),
    secrets: [credentials.secretAccessKey],
    close: async () => {
      stop();
      manager.destroy();
      delivery.destroy();
      await close();
    },
  };
}

adapterConformance("cloudfrontOrigin over the simulated AWS", { issuers, setUp });
