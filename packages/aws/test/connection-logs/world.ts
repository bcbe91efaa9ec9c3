import { gzipSync } from "node:zlib";
import {
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutBucketPolicyCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type HandfastError, isHandfastError } from "@handfast/core";
import { aws, faults, simulate, turnableClock } from "@handfast/testing";
import { type AlbConnectionLogOptions, albConnectionLog } from "../../src/index.ts";

/** Within a file of five minutes. */
export const start = Date.UTC(2026, 5, 1, 12, 1);
export const minutes = 60_000;
export const bucket = "shop-logs";

/** An account on loopback with a bucket of logs and a listener that asks for certificates, reached by the real SDK. */
export async function makeWorld() {
  const clock = turnableClock(start);
  const storm = faults();
  const cloud = aws({ clock, faults: storm });
  cloud.createBucket(bucket);
  const balancer = cloud.addLoadBalancer("front").arn;
  const listener = cloud.addListener(balancer);
  const simulation = simulate({ services: [cloud.s3, cloud.elbv2], clock });
  const { origins, close } = await simulation.listen();
  const config = { region: cloud.region, credentials: cloud.credentials, maxAttempts: 1 };
  const atS3 = { ...config, endpoint: origins.s3 ?? "", forcePathStyle: true };
  const s3 = new S3Client(atS3);
  const elb = new ElasticLoadBalancingV2Client({ ...config, endpoint: origins.elbv2 ?? "" });
  await elb.send(
    new ModifyListenerCommand({ ListenerArn: listener, MutualAuthentication: { Mode: "passthrough" } }),
  );
  const signal = new AbortController().signal;
  const [account, id] = [cloud.accountId, balancer.split("/").slice(1).join(".")];

  return {
    balancer,
    clock,
    cloud,
    elb,
    listener,
    log: simulation.log,
    s3,
    atS3,
    storm,
    read: (
      span: { from: number; to: number } = { from: start - 10 * minutes, to: start + 60 * minutes },
      options: Partial<AlbConnectionLogOptions> = {},
      target: unknown = { listener },
    ) =>
      albConnectionLog({ region: cloud.region, bucket, s3: atS3, elbv2: elb, ...options })({
        verifier: "shop",
        target,
        signal,
        ...span,
      }),
    put: (Key: string, Body: string | Uint8Array) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body })),
    /** The key of a file whose five minutes end then. */
    keyOf: (end: number, { prefix = "", separator = "_", balancer: of = id, random = "20sg8hgm" } = {}) => {
      const [day, time] = new Date(end).toISOString().split("T") as [string, string];
      const stamp = `${day.replaceAll("-", "")}T${time.slice(0, 5).replace(":", "")}Z`;
      return `${prefix}AWSLogs/${account}/elasticloadbalancing/eu-west-1/${day.replaceAll("-", "/")}/conn_log${separator}${account}_elasticloadbalancing_eu-west-1_app.${of.replace(/^app\./, "")}_${stamp}_203.0.113.9_${random}.log.gz`;
    },
    /** Lets the load balancer write into the bucket. */
    allow: (path = "AWSLogs") =>
      s3.send(
        new PutBucketPolicyCommand({
          Bucket: bucket,
          Policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
                Action: "s3:PutObject",
                Resource: `arn:aws:s3:::${bucket}/${path}/${account}/*`,
              },
            ],
          }),
        }),
      ),
    turnOn: (attributes: Readonly<Record<string, string>> = {}) =>
      elb.send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn: balancer,
          Attributes: Object.entries({
            "connection_logs.s3.enabled": "true",
            "connection_logs.s3.bucket": bucket,
            ...attributes,
          }).map(([Key, Value]) => ({ Key, Value })),
        }),
      ),
    [Symbol.asyncDispose]: close,
  };
}

/** A file of these lines. */
export function file(...lines: readonly string[]): Uint8Array {
  return gzipSync(lines.map((line) => `${line}\n`).join(""));
}

/** What a call throws. */
export async function refusalOf(answer: Promise<unknown>): Promise<HandfastError> {
  const thrown: unknown = await answer.then(
    () => new Error("nothing was thrown"),
    (error: unknown) => error,
  );
  if (isHandfastError(thrown)) return thrown;
  throw thrown;
}
