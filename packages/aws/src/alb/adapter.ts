import { defineAdapter, type Finding, type VerifierAdapter } from "@handfast/core";
import { albBundle, albCrls, limitOf } from "@handfast/core/rules";
import { checkRights } from "../iam/check-rights.ts";
import type { CallerRights } from "../iam/port.ts";
import { rightsLike } from "../iam/rights-like.ts";
import { connectRights, type RightsSources } from "../iam/sdk-client.ts";
import { once } from "../once.ts";
import { memory } from "../remember.ts";
import { bucketFindings, hasNoBlocker } from "../s3/bucket-findings.ts";
import { scopeOfBucket, trimPrefix } from "../s3/bucket-scope.ts";
import type { BundleBucket } from "../s3/port.ts";
import { connectBucket, type S3Source } from "../s3/sdk-client.ts";
import { type AlbAction, albActionSchema } from "./actions.ts";
import { afterAlb, checkAlb } from "./after.ts";
import { madeByAlb, ownedByAlb } from "./owned.ts";
import { performAlb } from "./perform.ts";
import { permissionsOfAlb } from "./permissions.ts";
import type { LoadBalancing } from "./port.ts";
import { type AlbNotices, countVerifying, readAlb } from "./read.ts";
import { realiseAlb } from "./realise.ts";
import { albRemovals } from "./removals.ts";
import { connectBalancing, type ElbSource } from "./sdk-client.ts";
import { type AlbState, albFace, albStateSchema } from "./state.ts";
import { albSteps, type StepOptions } from "./steps.ts";
import { type AlbTarget, albTargetSchema } from "./target.ts";

/** Options of {@link alb}. */
export interface AlbOptions {
  /** Region of the load balancers, e.g. `eu-central-1`. */
  readonly region: string;
  /** Where bundles and CRLs lie from which the service copies them into trust stores. It must exist. */
  readonly bucket: {
    readonly name: string;
    /** @default the load balancers' region */
    readonly region?: string | undefined;
    /** Stands before every key. @default "handfast" */
    readonly prefix?: string | undefined;
    /** Account id: a bucket of anybody else is refused. */
    readonly expectedOwner?: string | undefined;
  };
  /** An ELBv2 client of yours, or the configuration of one (credentials, endpoint, …). */
  readonly elbv2?: ElbSource | undefined;
  /** An S3 client of yours, or the configuration of one. */
  readonly s3?: S3Source | undefined;
  /**
   * IAM and STS clients of yours, or configurations: by them a plan's permissions are looked up before anything is
   * written. Default: as for `elbv2`, unless that has an endpoint of its own. Where `@aws-sdk/client-iam` or
   * `@aws-sdk/client-sts` is not installed, or the caller may not use `iam:SimulatePrincipalPolicy`, nothing is refused
   * beforehand.
   */
  readonly rights?: RightsSources | undefined;
  /**
   * How long until every node of a load balancer has a listener's change, in milliseconds. The service tells neither
   * when nor how long; fresh connections prove it.
   *
   * @default 60_000
   */
  readonly settleMs?: number | undefined;
  /**
   * Milliseconds until a call without an answer is given up; the SDK by itself would wait for ever. A client of yours, or
   * a `requestHandler` in its configuration, has limits of its own.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
  /** Follows the presigned links to what is in a trust store. @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What {@link alb} returns. */
export type AlbAdapter<N extends string = string> = VerifierAdapter<
  N,
  AlbTarget,
  "off" | "request" | "required",
  "crl"
>;

/** How long what is only noticed counts, in milliseconds: a run that waits for a step does not ask for it anew. */
const noticesFreshMs = 300_000;

/** The services, connected at first use. */
interface AlbPorts {
  balancing(): Promise<LoadBalancing>;
  bucket(): Promise<BundleBucket>;
  /** Undefined where nobody may be asked. */
  readonly rights: (() => Promise<CallerRights>) | undefined;
}

/**
 * The verifier adapter for listeners of Application Load Balancers (ELBv2 trust stores, "Mutual authentication with TLS
 * in Application Load Balancer"). What it makes is named by its content and put beside what is there; the one switch
 * is the listener's mutual-authentication block. The AWS SDK is loaded, and clients are made, at first use.
 *
 * @throws TypeError when `as` is not a name of the form `provider.service`
 * @example
 * ```ts
 * import { alb } from "@handfast/aws";
 *
 * export const europe = alb({ region: "eu-central-1", bucket: { name: "shop-trust", expectedOwner: "111122223333" } });
 * export const america = alb({ region: "us-east-1", bucket: { name: "shop-trust-us" }, as: "aws.alb-us" });
 * ```
 */
export function alb(options: AlbOptions & { readonly as?: undefined }): AlbAdapter<"aws.alb">;
/** Under another name, for a second region or account: `as` stands in specs, plans and journals. */
export function alb<const N extends string>(options: AlbOptions & { readonly as: N }): AlbAdapter<N>;
export function alb(options: AlbOptions & { readonly as?: string | undefined }): AlbAdapter {
  const { region, bucket, elbv2, s3, fetch, timeoutMs = 30_000 } = options;
  const sources = options.rights ?? rightsLike(elbv2);
  return albOn(options.as ?? "aws.alb", options, {
    balancing: once(() => connectBalancing({ region, source: elbv2, fetch, timeoutMs })),
    bucket: once(() => connectBucket({ ...bucket, region: bucket.region ?? region, timeoutMs }, s3)),
    rights: sources && once(() => connectRights({ region, sources, timeoutMs })),
  });
}

/** The adapter on ports of any make. */
function albOn<const N extends string>(
  name: N,
  { region, bucket, settleMs = 60_000 }: Pick<AlbOptions, "region" | "bucket" | "settleMs">,
  ports: AlbPorts,
): AlbAdapter<N> {
  const prefix = trimPrefix(bucket.prefix ?? "handfast");
  const options: StepOptions = { region, bucket: bucket.name, prefix, settleMs };
  const connect = async () => ({ balancing: await ports.balancing(), bucket: await ports.bucket() });
  const bucketNotices = memory<readonly Finding[]>(noticesFreshMs, hasNoBlocker);
  const verifying = memory<number>(noticesFreshMs);
  const balancerTags = memory<Awaited<ReturnType<LoadBalancing["tags"]>>>(noticesFreshMs);

  return defineAdapter<N, "off" | "request" | "required", "crl", AlbTarget, AlbState, AlbAction>(
    {
      name,
      version: "1",
      scope: { region, ...scopeOfBucket({ ...bucket, region: bucket.region ?? region }, prefix) },
      role: "verifier",
      modes: ["off", "request", "required"],
      revocation: "crl",
      anchorRoom: limitOf(albBundle, "too-many-anchors"),
      // "Maximum certificate chain depth: 4", read with care: leaf, two intermediates, anchor.
      maxIntermediates: 2,
      // Not documented, so an intermediate alone does not count as an anchor.
      partialChain: false,
      crlRule: "whole",
      rules: { bundle: albBundle, crls: albCrls },
    },
    {
      schema: { target: albTargetSchema(region), state: albStateSchema, action: albActionSchema },
      identify: ({ listener }) => listener,
      read: async (targets, context) => {
        const { balancing, bucket } = await connect();
        const { clock, signal } = context;
        const notices: AlbNotices = {
          bucket: () => bucketNotices.recall("", clock, () => bucketFindings(bucket, signal)),
          tagsOn: (arns) => balancerTags.recall(arns.join(), clock, () => balancing.tags(arns, signal)),
          verifyingOn: (arn) => verifying.recall(arn, clock, () => countVerifying(arn, balancing, signal)),
        };
        return readAlb(targets, balancing, notices, context);
      },
      face: (_target, state) => albFace(state),
      realise: realiseAlb,
      steps: (target, from, to) => albSteps(target, from, to, options),
      after: afterAlb,
      check: (_target, step, seen) => checkAlb(step, seen),
      perform: async (steps, context) => performAlb(steps, await connect(), context),
      removals: (target, seen, keeping) => albRemovals(target, seen, keeping, options),
      owned: (_target, state) => ownedByAlb(state),
      makes: ({ listener }, { action }) => madeByAlb(listener, action, bucket.name),
      checkPermissions: (permissions, { signal }) =>
        ports.rights === undefined
          ? Promise.resolve({ refused: [], unknown: permissions })
          : checkRights(permissions, {
              connect: ports.rights,
              regionOf: ({ allow }) => (allow.startsWith("s3:") ? (bucket.region ?? region) : region),
              signal,
            }),
      permissions: ({ listener }, step) => permissionsOfAlb(listener, step?.action, options),
    },
  );
}
