/** Simulated AWS and Cloudflare with one listener and one zone, and their APIs on loopback; no data plane. */
import type { Clock } from "@handfast/core";
import {
  type AwsOptions,
  aws,
  type CloudflareOptions,
  cloudflare,
  type Faults,
  simulate,
} from "@handfast/testing";

export const hostname = "shop.example.com";
const region = "eu-central-1";
const bucket = "shop-trust";
/** Where bundles for CloudFront lie, which takes them from us-east-1. */
const edgeBucket = "shop-edge-trust";

/** The simulated providers, reachable. */
export type Providers = Awaited<ReturnType<typeof startProviders>>;

/** How the providers are started. */
export interface ProvidersOptions {
  readonly clock: Clock;
  /** Faults that hit the calls. Default none. */
  readonly faults?: Faults | undefined;
  /** How slow they are, where it is not to be as usual. */
  readonly lags?: AwsOptions["lags"];
  readonly cloudfront?: AwsOptions["cloudfront"];
  readonly timing?: CloudflareOptions["timing"];
  /** What Cloudflare shows by global origin pulls. Default nothing. */
  readonly sharedCertificate?: CloudflareOptions["sharedCertificate"];
}

/** The account that the simulated Cloudflare has. */
export const cloudflareAccount = "00000000000000000000000000000001";

/** Starts the APIs. `close` ends them. */
export async function startProviders({ clock, faults, lags, cloudfront, ...edge }: ProvidersOptions) {
  const cloud = aws({ region, clock, faults, lags, cloudfront });
  const flare = cloudflare({ clock, faults, ...edge });
  cloud.createBucket(bucket, { versioning: "Enabled" });
  cloud.createBucket(edgeBucket, { region: "us-east-1", versioning: "Enabled" });
  const listener = cloud.addListener(cloud.addLoadBalancer("shop").arn);
  const zone = flare.addZone({ name: "example.com", sslMode: "strict", plan: "enterprise" }).id;
  flare.addDnsRecord(zone, hostname, { proxied: true });
  const token = flare.addToken({
    permissions: [
      "SSL and Certificates Write",
      "Zone Settings Write",
      "Zone Read",
      "Config Settings Read",
      "DNS Read",
      "Zone WAF Write",
      "Account: SSL and Certificates Write",
    ],
    zones: [zone],
  });
  const { credentials, s3, elbv2, acm, cloudfront: edges, keyValueStore } = cloud;
  const simulation = simulate({
    services: [s3, elbv2, acm, edges, keyValueStore, flare.service],
    clock,
  });
  const { origins, close } = await simulation.listen();
  const at = ({ name }: { readonly name: string }): string => origins[name] ?? "";
  return {
    clock,
    listener,
    zone,
    token,
    endpoints: { s3: at(s3), elbv2: at(elbv2), cloudflare: `${at(flare.service)}/client/v4` },
    /** What points the AWS SDK at the simulation instead of a real account. */
    awsClients: {
      elbv2: { endpoint: at(elbv2), credentials },
      s3: { endpoint: at(s3), credentials, forcePathStyle: true },
    },
    /** The same for what CloudFront takes. */
    edgeClients: {
      acm: { endpoint: at(acm), credentials },
      cloudfront: { endpoint: at(edges), credentials },
      keyValueStore: { endpoint: at(keyValueStore), credentials },
      s3: { endpoint: at(s3), credentials, forcePathStyle: true },
    },
    credentials,
    bucket,
    edgeBucket,
    region,
    /** Calls to the providers' APIs so far. */
    calls: () => simulation.log.calls.length,
    log: simulation.log,
    cloud,
    flare,
    close,
  };
}
