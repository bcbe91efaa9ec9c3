import { X509Certificate } from "node:crypto";
import {
  CloudFrontClient,
  type DistributionConfig,
  GetDistributionConfigCommand,
  ListTrustStoresCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { CloudFrontKeyValueStoreClient } from "@aws-sdk/client-cloudfront-keyvaluestore";
import { S3Client } from "@aws-sdk/client-s3";
import {
  type Outcome,
  type Seen,
  type Step,
  type StepCheck,
  sha256,
  type Target,
  type Wanted,
} from "@handfast/core";
import {
  type AccessKey,
  type Aws,
  type AwsOptions,
  aws,
  faults,
  simulate,
  turnableClock,
} from "@handfast/testing";
import type { CloudFrontAction } from "../../src/cloudfront/actions.ts";
import { type CloudFrontOptions, cloudfront } from "../../src/cloudfront/adapter.ts";
import type { CloudFrontState } from "../../src/cloudfront/state.ts";
import type { CloudFrontTarget } from "../../src/cloudfront/target.ts";
import { start, type Trust } from "../alb/trust.ts";
import { placedAt } from "./placed-at.ts";

/** How a world differs from the plain one. */
export interface WorldOptions {
  readonly aws?: AwsOptions | undefined;
  readonly distribution?: Parameters<Aws["addDistribution"]>[0];
  readonly versioning?: "never" | "Enabled" | undefined;
  /** How often the SDK tries. @default 1 */
  readonly maxAttempts?: number | undefined;
  /** Makes the adapter's credentials, in place of the account's own. */
  readonly issue?: ((cloud: Aws) => AccessKey) | undefined;
  readonly adapter?: Partial<CloudFrontOptions> | undefined;
}

/**
 * A simulated account on loopback with a distribution and a bucket in another region, and the adapter connected to it by
 * the real SDK. Time passes by itself whenever something waits for it.
 */
export async function makeWorld(trust: Trust, options: WorldOptions = {}) {
  const clock = turnableClock(start + 86_400_000);
  const storm = faults();
  const cloud = aws({ clock, faults: storm, ...options.aws });
  cloud.createBucket("bundles", { versioning: options.versioning ?? "Enabled" });
  const distribution = cloud.addDistribution(options.distribution).arn;
  const services = [cloud.s3, cloud.cloudfront, cloud.keyValueStore, cloud.iam, cloud.sts];
  const simulation = simulate({ services, clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();

  const { region, credentials: admin } = cloud;
  const credentials = options.issue?.(cloud) ?? admin;
  const client = { region: "us-east-1", credentials, maxAttempts: options.maxAttempts ?? 1 };
  const source = { ...client, endpoint: origins.cloudfront ?? "" };
  const values = { ...client, ...placedAt(origins["cloudfront-keyvaluestore"]) };
  const s3 = { ...client, region, endpoint: origins.s3 ?? "", forcePathStyle: true };
  const make = () =>
    cloudfront({
      bucket: { name: "bundles", region },
      cloudfront: source,
      keyValueStore: values,
      s3,
      rights: {
        iam: { ...client, endpoint: origins.iam ?? "" },
        sts: { ...client, endpoint: origins.sts ?? "" },
      },
      ...options.adapter,
      as: undefined,
    });
  const adapter = make();
  let { definition } = adapter;
  const signal = new AbortController().signal;
  const kept = new Map<string, Uint8Array>();
  const on = (arn = distribution, fields: Partial<CloudFrontTarget> = {}): Target<CloudFrontTarget> => ({
    key: "site",
    target: { distribution: arn, ...fields },
  });

  const read = async (
    targets: readonly Target<CloudFrontTarget>[] = [on()],
  ): Promise<readonly Seen<CloudFrontState>[]> =>
    (await definition.read(targets, {
      clock,
      signal,
      keep: async (bytes) => {
        kept.set(sha256(bytes), bytes);
        return { sha256: sha256(bytes), size: bytes.byteLength };
      },
    })) as readonly Seen<CloudFrontState>[];
  const look = async (target = on()): Promise<Seen<CloudFrontState>> =>
    (await read([target]))[0] as Seen<CloudFrontState>;
  const perform = async (step: Step<CloudFrontAction>, target = on(), run = "run-1"): Promise<Outcome> => {
    const [outcome] = await definition.perform([{ target, step }], {
      clock,
      signal,
      idempotencyKey: `${run}#${step.key}`,
      bytes: (digest) => Promise.resolve(kept.get(digest) ?? trust.bytes(digest)),
      secret: () => Promise.reject(new Error("a verifier has no secret")),
    });
    return outcome as Outcome;
  };
  const check = async (step: Step<CloudFrontAction>, target = on()): Promise<StepCheck> =>
    definition.check(target.target, step, await look(target));
  const planTo = (
    to: CloudFrontState,
    from: CloudFrontState,
    target = on(),
  ): readonly Step<CloudFrontAction>[] => {
    const { steps, findings } = definition.steps(target.target, from, to);
    if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join());
    return steps as readonly Step<CloudFrontAction>[];
  };
  /** Plans a wish from what is seen now. */
  const plan = async (wanted: Wanted, target = on()): Promise<readonly Step<CloudFrontAction>[]> => {
    const seen = await look(target);
    const realised = definition.realise(target.target, wanted, seen.now, trust.facts);
    if (!("state" in realised)) throw new Error(realised.findings.map(({ message }) => message).join());
    return planTo(realised.state as CloudFrontState, seen.now, target);
  };
  const settle = async (step: Step<CloudFrontAction>, target = on()): Promise<void> => {
    for (let polls = 0; (await check(step, target)) !== "done"; polls += 1) {
      if (polls > 60) throw new Error(`${step.key} does not come to be`);
      await clock.sleep(15_000);
    }
  };
  /** Does steps as core does: each is waited for. */
  const carryOut = async (
    steps: readonly Step<CloudFrontAction>[],
    target = on(),
  ): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const step of steps) {
      outcomes.push(await perform(step, target));
      if (step.effect !== "remove") await settle(step, target);
    }
    return outcomes;
  };
  /** A client of the account itself, for what somebody else does there. */
  const delivery = new CloudFrontClient({ ...source, credentials: admin });

  return {
    adapter,
    again: () => {
      definition = make().definition;
    },
    carryOut,
    check,
    clock,
    cloud,
    definition,
    delivery,
    distribution,
    kept,
    log: simulation.log,
    look,
    on,
    perform,
    plan,
    planTo,
    read,
    s3: new S3Client({ ...s3, credentials: admin }),
    settle,
    storm,
    values: new CloudFrontKeyValueStoreClient({ ...values, credentials: admin }),
    /** Somebody else changes the distribution. */
    edit: async (change: (config: DistributionConfig) => void, arn = distribution): Promise<void> => {
      const Id = arn.split("/")[1] ?? "";
      const { DistributionConfig, ETag } = await delivery.send(new GetDistributionConfigCommand({ Id }));
      if (DistributionConfig === undefined) throw new Error("no configuration");
      change(DistributionConfig);
      await delivery.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig }));
    },
    storeNamed: async (wanted: string) => {
      const { TrustStoreList = [] } = await delivery.send(new ListTrustStoresCommand({}));
      const found = TrustStoreList.find(({ Name }) => Name === wanted);
      if (found === undefined) throw new Error(`no store ${wanted}`);
      return found;
    },
    /** What the distribution enforces, by the names of the CAs. */
    enforced: (arn = distribution) => {
      const { viewer, connectionFunction } = cloud.distributionSource(arn).current();
      if (!("anchors" in viewer)) return { mode: viewer.mode };
      const { anchors, ...rest } = viewer;
      return {
        ...rest,
        anchors: anchors.map((pem) => new X509Certificate(pem).subject),
        function: connectionFunction?.name,
      };
    },
    /** The serials on the lists, by list. */
    listed: () =>
      Object.fromEntries(
        cloud
          .inventory()
          .keyValueStores.map(({ name, items }) => [
            name,
            Object.keys(items).filter((key) => /^[0-9a-f]+$/.test(key)),
          ]),
      ),
    [Symbol.asyncDispose]: async () => {
      stop();
      delivery.destroy();
      await close();
    },
  };
}

export type World = Awaited<ReturnType<typeof makeWorld>>;
