import {
  ElasticLoadBalancingV2Client,
  type ElasticLoadBalancingV2ClientConfig,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { turnableClock } from "../../src/clock.ts";
import { faults } from "../../src/faults.ts";
import { type AwsOptions, aws, simulate } from "../../src/index.ts";

/** The two ways in which a client reaches the simulation. */
export const ways = ["in the process", "on loopback"] as const;

/** A simulated account with real SDK clients connected to it. */
export async function connectedCloud(way: (typeof ways)[number], options: AwsOptions = {}) {
  const clock = turnableClock();
  const storm = faults();
  const cloud = aws({ clock, faults: storm, ...options });
  const simulation = simulate({ services: [cloud.s3, cloud.elbv2], clock });
  const listening = way === "on loopback" ? await simulation.listen() : undefined;
  if (listening === undefined) simulation.start();

  const settings = { region: cloud.region, credentials: cloud.credentials, maxAttempts: 1 };
  const at = (endpoint: string | undefined) => (endpoint === undefined ? {} : { endpoint });
  const s3 = (config: S3ClientConfig = {}) =>
    new S3Client({
      ...settings,
      ...at(listening?.origins.s3),
      forcePathStyle: listening !== undefined,
      ...config,
    });
  const elb = (config: ElasticLoadBalancingV2ClientConfig = {}) =>
    new ElasticLoadBalancingV2Client({ ...settings, ...at(listening?.origins.elbv2), ...config });

  return {
    clock,
    cloud,
    storm,
    simulation,
    s3: s3(),
    elb: elb(),
    s3With: s3,
    elbWith: elb,
    close: async () => {
      simulation.stop();
      await listening?.close();
    },
  };
}

/** What a client threw: its name and the HTTP status. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ name: string; status: number | undefined; message: string }> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode, message };
  }
  throw new Error("the call was not refused");
}
