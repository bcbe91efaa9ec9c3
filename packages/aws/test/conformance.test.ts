import {
  DescribeListenersCommand,
  DescribeTrustStoresCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { aws, type Fault, faults, simulate, turnableClock } from "@handfast/testing";
import { type AdapterWorld, adapterConformance, type ConformanceIssuer } from "@handfast/testing/conformance";
import { alb } from "../src/index.ts";

const start = Date.UTC(2026, 0, 1);
const issuers = [await makeIssuer("A"), await makeIssuer("B")] as const;

/** A root with a CRL that revokes somebody else, and a client. */
async function makeIssuer(name: string): Promise<ConformanceIssuer> {
  const [rootKey, key] = await Promise.all([1, 2].map(() => generateKey({ type: "ec", curve: "P-256" })));
  if (rootKey === undefined || key === undefined) throw new TypeError("no key was made");
  const root = await createAuthority({
    subject: `CN=Root ${name}`,
    key: rootKey,
    notBefore: start,
    clock: turnableClock(start),
  });
  const client = await root.issue(await createCsr({ subject: `CN=client ${name}`, key }), {
    days: 365,
    notBefore: start,
  });
  const crl = await root.createCrl({ revoked: [{ serial: "0a", at: start }], number: 1 });
  return { anchor: root.certificate.pem, crl: crl.pem, chain: client.pem, key: key.export() };
}

const writes = [
  "AddTrustStoreRevocations",
  "CreateListener",
  "CreateTrustStore",
  "DeleteListener",
  "DeleteObject",
  "DeleteTrustStore",
  "ModifyListener",
  "PutObject",
];

const refusals: Readonly<Record<"unavailable" | "lost" | "throttled" | "unauthorized", Fault>> = {
  unavailable: { kind: "refuse", status: 503, code: "ServiceUnavailable" },
  lost: { kind: "cut" },
  throttled: { kind: "throttle" },
  unauthorized: { kind: "refuse", status: 403, code: "AccessDenied" },
};

/** Three listeners on load balancers of a simulated account on loopback, reached by the real SDK. */
async function setUp(rehearsalPort?: number): Promise<AdapterWorld> {
  const clock = turnableClock(start);
  const storm = faults();
  const cloud = aws({ clock, faults: storm });
  cloud.createBucket("bundles", { versioning: "Enabled" });
  const [front, back] = [cloud.addLoadBalancer("front").arn, cloud.addLoadBalancer("back").arn];
  // where one rehearses, no two of a load balancer may verify beside it
  const beside = rehearsalPort === undefined ? front : cloud.addLoadBalancer("beside").arn;
  const listeners = [
    cloud.addListener(front),
    cloud.addListener(beside, { port: 8443 }),
    cloud.addListener(back),
  ];
  const simulation = simulate({ services: [cloud.s3, cloud.elbv2], clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();
  const { region, credentials } = cloud;
  const client = { region, credentials, maxAttempts: 1 };
  const elbv2 = { ...client, endpoint: origins.elbv2 ?? "" };
  const s3 = { ...client, endpoint: origins.s3 ?? "", forcePathStyle: true };
  const [balancing, bucket] = [new ElasticLoadBalancingV2Client(elbv2), new S3Client(s3)];
  const adapter = () => alb({ region, bucket: { name: "bundles" }, elbv2, s3 });

  return {
    adapter: adapter(),
    again: adapter,
    clock,
    targets: listeners.map((listener) => ({
      listener,
      ...(rehearsalPort === undefined ? {} : { rehearsalPort }),
    })),
    missing: { listener: `${listeners[0]?.slice(0, -4)}ffff` },
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
      const { listener } = target as { readonly listener: string };
      const passthrough = { Mode: "passthrough" };
      await balancing.send(
        new ModifyListenerCommand({ ListenerArn: listener, MutualAuthentication: passthrough }),
      );
    },
    calls: () => simulation.log.calls.length,
    inventory: async () => {
      const { TrustStores = [] } = await balancing.send(new DescribeTrustStoresCommand({}));
      const { Contents = [] } = await bucket.send(new ListObjectsV2Command({ Bucket: "bundles" }));
      const balancers = [...new Set([front, beside, back])];
      const open = await Promise.all(
        balancers.map(async (LoadBalancerArn) => {
          const { Listeners = [] } = await balancing.send(new DescribeListenersCommand({ LoadBalancerArn }));
          return Listeners.map(({ Port, LoadBalancerArn }) => `port ${Port} of ${LoadBalancerArn}`);
        }),
      );
      return [
        ...TrustStores.map(({ Name }) => `store ${Name}`),
        ...Contents.map(({ Key }) => `file ${Key}`),
        ...open.flat(),
      ];
    },
    secrets: [credentials.secretAccessKey],
    close: async () => {
      stop();
      balancing.destroy();
      bucket.destroy();
      await close();
    },
  };
}

adapterConformance("alb over the simulated AWS", { issuers, setUp: () => setUp() });

adapterConformance("alb that rehearses, over the simulated AWS", { issuers, setUp: () => setUp(9443) });
