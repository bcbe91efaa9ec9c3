import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { S3Client } from "@aws-sdk/client-s3";
import { alb } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import { createHandfast, type Handfast, type Journal, type Prober, type SecretSource } from "@handfast/core";
import type { Providers } from "../../providers.ts";
import { type Mortal, startMortal } from "./mortal.ts";

/** What an instance is made of. */
export interface InstanceOptions {
  readonly providers: Providers;
  readonly journal: Journal;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly prober?: Prober | undefined;
  /** How often the AWS SDK tries by itself. */
  readonly maxAttempts: number;
  /** How long `alb` waits after a switch, in milliseconds on the clock. */
  readonly settleMs: number;
  /** Real milliseconds until a call without an answer is given up. */
  readonly timeoutMs: number;
}

/** An instance of handfast as a process of its own would make it, on the real clients; it can die. */
export interface Instance extends Disposable {
  readonly handfast: Handfast<ReturnType<typeof alb> | ReturnType<typeof cloudflareHostname>, string>;
  readonly mortal: Mortal;
}

/** Makes one. It has nothing in common with others but the journal. */
export function startInstance(options: InstanceOptions): Instance {
  const { providers, maxAttempts, timeoutMs, settleMs } = options;
  const { region, bucket, cloud, token, endpoints, awsClients, clock } = providers;
  const mortal = startMortal();
  const fetch = mortal.fetch();
  const settings = {
    region,
    maxAttempts,
    requestHandler: { requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  };
  const elbv2 = new ElasticLoadBalancingV2Client({ ...settings, ...awsClients.elbv2 });
  const s3 = new S3Client({ ...settings, ...awsClients.s3 });
  elbv2.middlewareStack.add((next) => (args) => mortal.outlive(() => next(args)), {
    step: "finalizeRequest",
  });
  s3.middlewareStack.add((next) => (args) => mortal.outlive(() => next(args)), { step: "finalizeRequest" });
  const adapters = [
    alb({
      region,
      bucket: { name: bucket, expectedOwner: cloud.accountId },
      elbv2,
      s3,
      fetch,
      settleMs,
      timeoutMs,
    }),
    cloudflareHostname({ token, baseUrl: endpoints.cloudflare, fetch, timeoutMs }),
  ] as const;
  const handfast = createHandfast({
    adapters,
    journal: mortal.journal(options.journal),
    secrets: options.secrets,
    prober: options.prober,
    clock: mortal.clock(clock),
  });
  return {
    handfast,
    mortal,
    [Symbol.dispose]: () => {
      elbv2.destroy();
      s3.destroy();
    },
  };
}
