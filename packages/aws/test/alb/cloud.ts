import { X509Certificate } from "node:crypto";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
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
import type { AlbAction } from "../../src/alb/actions.ts";
import { type AlbOptions, alb } from "../../src/alb/adapter.ts";
import type { AlbState } from "../../src/alb/state.ts";
import type { AlbTarget } from "../../src/alb/target.ts";
import { start, type Trust } from "./trust.ts";

/** How a world differs from the plain one. */
export interface WorldOptions {
  readonly aws?: AwsOptions | undefined;
  readonly bucket?: Partial<AlbOptions["bucket"]> | undefined;
  /** How often the SDK tries. @default 1 */
  readonly maxAttempts?: number | undefined;
  readonly versioning?: "never" | "Enabled" | undefined;
  /** Sees what is sent, by operation; the adapter is given a client and not the configuration of one. */
  readonly watch?: ((operation: string, input: unknown) => void) | undefined;
  readonly credentials?: AccessKey | undefined;
  /** Makes the adapter's credentials, in place of the account's own. */
  readonly issue?: ((cloud: Aws) => AccessKey) | undefined;
}

/**
 * A simulated account on loopback, with a bucket and a listener, and the adapter connected to it by the real SDK.
 * Time passes by itself whenever something waits for it.
 */
export async function makeWorld(trust: Trust, options: WorldOptions = {}) {
  const clock = turnableClock(start);
  const storm = faults();
  const cloud = aws({ clock, faults: storm, ...options.aws });
  cloud.createBucket("bundles", { versioning: options.versioning ?? "Enabled" });
  const balancer = cloud.addLoadBalancer("front").arn;
  const listener = cloud.addListener(balancer);
  const simulation = simulate({ services: [cloud.s3, cloud.elbv2, cloud.iam, cloud.sts], clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();

  const client = {
    region: cloud.region,
    credentials: options.credentials ?? options.issue?.(cloud) ?? cloud.credentials,
    maxAttempts: options.maxAttempts ?? 1,
  };
  const { watch } = options;
  const watched = watch && new ElasticLoadBalancingV2Client({ ...client, endpoint: origins.elbv2 as string });
  watched?.middlewareStack.add(
    (next, { commandName = "" }) =>
      (args) => {
        watch?.(commandName, args.input);
        return next(args);
      },
    { step: "initialize" },
  );
  const { definition, facts } = alb({
    region: cloud.region,
    bucket: { name: "bundles", ...options.bucket },
    elbv2: watched ?? { ...client, endpoint: origins.elbv2 as string },
    s3: { ...client, endpoint: origins.s3 as string, forcePathStyle: true },
    rights: {
      iam: { ...client, region: "us-east-1", endpoint: origins.iam as string },
      sts: { ...client, endpoint: origins.sts as string },
    },
  });
  /** A client of the same account, for what somebody else does there. */
  const elb = new ElasticLoadBalancingV2Client({
    ...client,
    credentials: cloud.credentials,
    endpoint: origins.elbv2 as string,
  });
  const s3 = new S3Client({
    ...client,
    credentials: cloud.credentials,
    endpoint: origins.s3 as string,
    forcePathStyle: true,
  });
  const kept = new Map<string, Uint8Array>();
  const signal = new AbortController().signal;
  const on = (arn = listener): Target<AlbTarget> => ({ key: "shop", target: { listener: arn } });

  const read = async (targets: readonly Target<AlbTarget>[] = [on()]): Promise<readonly Seen<AlbState>[]> =>
    (await definition.read(targets, {
      clock,
      signal,
      keep: async (bytes) => {
        kept.set(sha256(bytes), bytes);
        return { sha256: sha256(bytes), size: bytes.byteLength };
      },
    })) as readonly Seen<AlbState>[];
  const look = async (target = on()): Promise<Seen<AlbState>> => (await read([target]))[0] as Seen<AlbState>;

  const perform = async (step: Step<AlbAction>, target = on(), run = "run-1"): Promise<Outcome> => {
    const [outcome] = await definition.perform([{ target, step }], {
      clock,
      signal,
      idempotencyKey: `${run}#${step.key}`,
      bytes: (digest) => trust.bytes(digest),
      secret: () => Promise.reject(new Error("a verifier has no secret")),
    });
    return outcome as Outcome;
  };
  const check = async (step: Step<AlbAction>, target = on()): Promise<StepCheck> =>
    definition.check(target.target, step, await look(target));

  /** Plans a wish from what is seen now. */
  const plan = async (wanted: Wanted, target = on()): Promise<readonly Step<AlbAction>[]> => {
    const seen = await look(target);
    const realised = definition.realise(target.target, wanted, seen.now, trust.facts);
    if (!("state" in realised)) throw new Error(realised.findings.map(({ message }) => message).join());
    return planTo(realised.state as AlbState, seen.now, target);
  };
  const planTo = (to: AlbState, from: AlbState, target = on()): readonly Step<AlbAction>[] => {
    const { steps, findings } = definition.steps(target.target, from, to);
    if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join());
    return steps as readonly Step<AlbAction>[];
  };
  /** Does steps as core does: a step that settles by status is waited for. */
  const carryOut = async (steps: readonly Step<AlbAction>[], target = on()): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const step of steps) {
      outcomes.push(await perform(step, target));
      for (
        let polls = 0;
        step.settles.by === "status" && (await check(step, target)) !== "done";
        polls += 1
      ) {
        if (polls > 20) throw new Error(`${step.key} does not come to be`);
        await clock.sleep(5_000);
      }
    }
    return outcomes;
  };

  return {
    balancer,
    carryOut,
    check,
    clock,
    client,
    cloud,
    definition,
    elb,
    facts,
    kept,
    listener,
    log: simulation.log,
    look,
    on,
    perform,
    plan,
    planTo,
    read,
    s3,
    storm,
    [Symbol.asyncDispose]: async () => {
      stop();
      await close();
    },
  };
}

/** What a listener enforces, by the names of the CAs. */
export function enforced({ cloud, listener }: Awaited<ReturnType<typeof makeWorld>>, arn = listener) {
  const { mode, anchors, crls, ...rest } = cloud.listenerSource(arn).current();
  return {
    mode,
    anchors: anchors.map((pem) => new X509Certificate(pem).subject),
    crls: crls.length,
    ...rest,
  };
}
