import { ACMClient } from "@aws-sdk/client-acm";
import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import {
  type Digest,
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
import type { OriginAction } from "../../src/cloudfront-origin/actions.ts";
import { type CloudFrontOriginOptions, cloudfrontOrigin } from "../../src/cloudfront-origin/adapter.ts";
import type { OriginState } from "../../src/cloudfront-origin/state.ts";
import type { OriginTarget } from "../../src/cloudfront-origin/target.ts";
import { factsOf, type Identity, start } from "./identities.ts";

type NewDistribution = NonNullable<Parameters<Aws["addDistribution"]>[0]>;

/** How a world differs from the plain one. */
export interface WorldOptions {
  readonly aws?: AwsOptions | undefined;
  readonly distribution?: NewDistribution | undefined;
  /** How often the SDK tries. @default 1 */
  readonly maxAttempts?: number | undefined;
  /** Makes the adapter's credentials, in place of the account's own. */
  readonly issue?: ((cloud: Aws) => AccessKey) | undefined;
  readonly adapter?: CloudFrontOriginOptions | undefined;
}

/** A distribution with two applications and a bucket. */
const plain: NewDistribution = {
  origins: [
    { id: "app", domainName: "app.example.com" },
    { id: "api", domainName: "api.example.com" },
    { id: "site", kind: "s3", domainName: "site.s3.eu-west-1.amazonaws.com" },
  ],
  behaviours: [{ pathPattern: "/api/*", origin: "api" }, { origin: "app" }],
};

/**
 * A simulated account on loopback with a distribution, and the adapter connected to it by the real SDK. Time passes by
 * itself whenever something waits for it.
 */
export async function makeWorld(identities: readonly Identity[], options: WorldOptions = {}) {
  const clock = turnableClock(start + 86_400_000);
  const storm = faults();
  const cloud = aws({ clock, faults: storm, ...options.aws });
  const distribution = cloud.addDistribution(options.distribution ?? plain).arn;
  const simulation = simulate({ services: [cloud.acm, cloud.cloudfront, cloud.iam, cloud.sts], clock });
  const { origins, close } = await simulation.listen();
  const stop = clock.autoAdvance();
  const own = options.issue?.(cloud) ?? cloud.credentials;
  const client = (service: string, credentials = own) => ({
    region: "us-east-1",
    credentials,
    maxAttempts: options.maxAttempts ?? 1,
    endpoint: origins[service] as string,
  });
  const connect = () =>
    cloudfrontOrigin({
      acm: client("acm"),
      cloudfront: client("cloudfront"),
      rights: { iam: client("iam"), sts: client("sts") },
      ...options.adapter,
    });
  const { definition, facts } = connect();
  /** Clients of the same account, for what somebody else does there. */
  const acm = new ACMClient(client("acm", cloud.credentials));
  const cloudfront = new CloudFrontClient(client("cloudfront", cloud.credentials));
  const known = new Map<Digest, Uint8Array>(
    identities.flatMap(({ ders }) => ders.map((der) => [sha256(der), der] as const)),
  );
  const kept = new Set<Digest>();
  const { signal } = new AbortController();
  const on = (origin = "app", of = distribution): Target<OriginTarget> => ({
    key: `edge/${origin}`,
    target: { distribution: of, origins: [origin] },
  });

  const read = async (targets = [on()], from = definition): Promise<readonly Seen<OriginState>[]> =>
    (await from.read(targets, {
      clock,
      signal,
      keep: async (bytes) => {
        kept.add(sha256(bytes));
        known.set(sha256(bytes), bytes);
        return { sha256: sha256(bytes), size: bytes.byteLength };
      },
    })) as readonly Seen<OriginState>[];
  const look = async (target = on()): Promise<Seen<OriginState>> =>
    (await read([target]))[0] as Seen<OriginState>;

  const perform = async (step: Step<OriginAction>, target = on(), run = "run-1"): Promise<Outcome> => {
    const [outcome] = await definition.perform([{ target, step }], {
      clock,
      signal,
      idempotencyKey: `${run}#${step.key}`,
      bytes: async (digest) => known.get(digest) ?? Promise.reject(new Error(`nobody gave ${digest}`)),
      secret: async ({ key }) => {
        const index = Number(key.split("-")[1]);
        return identities[index]?.key.export() ?? Promise.reject(new Error(`no key ${key}`));
      },
    });
    return outcome as Outcome;
  };
  const check = async (step: Step<OriginAction>, target = on()): Promise<StepCheck> =>
    definition.check(target.target, step, await look(target));
  /** What is wanted to show one of the identities. */
  const showing = (index: number): Wanted => {
    const { bundle, key } = identities[index] as Identity;
    return { role: "presenter", shows: { ...bundle, secret: { key: `key-${index}`, spki: key.spki } } };
  };
  /** Plans a wish from what is seen now. */
  const plan = async (wanted: Wanted, target = on()): Promise<readonly Step<OriginAction>[]> => {
    const seen = await look(target);
    const realised = definition.realise(target.target, wanted, seen.now, factsOf(...known.values()));
    if (!("state" in realised))
      throw new Error(realised.findings.map(({ code, message }) => `${code}: ${message}`).join());
    return planTo(realised.state as OriginState, seen.now, target);
  };
  const planTo = (to: OriginState, from: OriginState, target = on()): readonly Step<OriginAction>[] => {
    const { steps, findings } = definition.steps(target.target, from, to);
    if (findings.length > 0)
      throw new Error(findings.map(({ code, message }) => `${code}: ${message}`).join());
    return steps as readonly Step<OriginAction>[];
  };
  /** Does steps as core does: a step that settles by status is waited for. */
  const carryOut = async (
    steps: readonly Step<OriginAction>[],
    target = on(),
  ): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const step of steps) {
      outcomes.push(await perform(step, target));
      for (
        let polls = 0;
        step.settles.by === "status" && (await check(step, target)) !== "done";
        polls += 1
      ) {
        if (polls > 20) throw new Error(`${step.key} does not come to be`);
        await clock.sleep(60_000);
      }
    }
    return outcomes;
  };
  /** What the account shows to an origin: the SHA-256 of the certificate, or nothing. */
  const shown = (origin = "app"): string | undefined =>
    cloud.inventory().distributions.find(({ arn }) => arn === distribution)?.originCertificates[origin];

  return {
    acm,
    carryOut,
    check,
    client,
    clock,
    cloud,
    cloudfront,
    connect,
    definition,
    distribution,
    facts,
    kept,
    log: simulation.log,
    look,
    on,
    perform,
    plan,
    planTo,
    read,
    showing,
    shown,
    storm,
    [Symbol.asyncDispose]: async () => {
      stop();
      acm.destroy();
      cloudfront.destroy();
      await close();
    },
  };
}
