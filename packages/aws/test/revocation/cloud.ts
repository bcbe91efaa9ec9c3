import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { CloudFrontKeyValueStoreClient } from "@aws-sdk/client-cloudfront-keyvaluestore";
import type { CrlFacts } from "@handfast/core";
import { type AwsOptions, aws, faults, simulate, turnableClock } from "@handfast/testing";
import type { RevocationContext, RevocationSeen } from "../../src/revocation/operations.ts";
import { revocationOn } from "../../src/revocation/revocation.ts";
import {
  connectKeyValues,
  connectRevocationControl,
  type KeyValueSource,
} from "../../src/revocation/sdk-client.ts";
import { contextWith } from "./memory-values.ts";

/** A simulated account on loopback, and the operations on it by the real SDK. */
export async function makeCloud(options: AwsOptions & { readonly maxAttempts?: number } = {}) {
  const { maxAttempts = 1, ...rest } = options;
  const clock = turnableClock();
  const storm = faults();
  const cloud = aws({ clock, faults: storm, ...rest });
  const simulation = simulate({ services: [cloud.cloudfront, cloud.keyValueStore], clock });
  const { origins, close } = await simulation.listen();
  const client = { region: "us-east-1", credentials: cloud.credentials, maxAttempts };
  const source = { ...client, endpoint: origins.cloudfront ?? "" };
  const values = { ...client, ...placedAt(origins["cloudfront-keyvaluestore"] ?? "") };
  const timeoutMs = 5_000;
  const operations = revocationOn({
    control: () => connectRevocationControl({ source, timeoutMs }),
    values: () => connectKeyValues({ source: values, timeoutMs }),
  });
  const stop = clock.autoAdvance();
  const arn = cloud.addDistribution().arn;
  return {
    arn,
    clock,
    cloud,
    log: simulation.log,
    operations,
    storm,
    /** Clients of the same account, for what somebody else does there. */
    control: new CloudFrontClient(source),
    values: new CloudFrontKeyValueStoreClient(values),
    context: (crls: readonly CrlFacts[] = [], run = "run-1"): RevocationContext => ({
      ...contextWith(crls, run),
      clock,
    }),
    look: async (): Promise<RevocationSeen> => {
      const rows = await operations.read([arn], new AbortController().signal);
      return rows.get(arn) as RevocationSeen;
    },
    [Symbol.asyncDispose]: async () => {
      stop();
      await close();
    },
  };
}

/** The client puts the account's number before the host of an endpoint, which an address can't have. */
function placedAt(origin: string): KeyValueSource {
  const scheme = {
    name: "sigv4a",
    signingName: "cloudfront-keyvaluestore",
    signingRegion: "us-east-1",
    signingRegionSet: ["*"],
    properties: {},
  };
  return { endpointProvider: () => ({ url: new URL(origin), properties: { authSchemes: [scheme] } }) };
}
