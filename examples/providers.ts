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

/** The simulated providers, reachable. */
export type Providers = Awaited<ReturnType<typeof startProviders>>;

/** How the providers are started. */
export interface ProvidersOptions {
  readonly clock: Clock;
  /** Faults that hit the calls. Default none. */
  readonly faults?: Faults | undefined;
  /** How slow they are, where it is not to be as usual. */
  readonly lags?: AwsOptions["lags"];
  readonly timing?: CloudflareOptions["timing"];
}

/** Starts the APIs. `close` ends them. */
export async function startProviders({ clock, faults, lags, timing }: ProvidersOptions) {
  const cloud = aws({ region, clock, faults, lags });
  const flare = cloudflare({ clock, faults, timing });
  cloud.createBucket(bucket, { versioning: "Enabled" });
  const listener = cloud.addListener(cloud.addLoadBalancer("shop").arn);
  const zone = flare.addZone({ name: "example.com", sslMode: "strict" }).id;
  flare.addDnsRecord(zone, hostname, { proxied: true });
  const token = flare.addToken({
    permissions: [
      "SSL and Certificates Write",
      "Zone Settings Write",
      "Zone Read",
      "Config Settings Read",
      "DNS Read",
    ],
    zones: [zone],
  });
  const simulation = simulate({ services: [cloud.s3, cloud.elbv2, flare.service], clock });
  const { origins, close } = await simulation.listen();
  const { s3 = "", elbv2 = "", cloudflare: api = "" } = origins;
  const { credentials } = cloud;
  return {
    clock,
    listener,
    zone,
    token,
    endpoints: { s3, elbv2, cloudflare: `${api}/client/v4` },
    /** What points the AWS SDK at the simulation instead of a real account. */
    awsClients: {
      elbv2: { endpoint: elbv2, credentials },
      s3: { endpoint: s3, credentials, forcePathStyle: true },
    },
    credentials,
    bucket,
    region,
    /** Calls to the providers' APIs so far. */
    calls: () => simulation.log.calls.length,
    log: simulation.log,
    cloud,
    flare,
    close,
  };
}
