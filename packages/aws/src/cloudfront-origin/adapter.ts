import { defineAdapter, type PresenterAdapter } from "@handfast/core";
import { cloudFrontOriginIdentity } from "@handfast/core/rules";
import type { Certificates } from "../acm/port.ts";
import { type AcmSource, connectCertificates } from "../acm/sdk-client.ts";
import { deploymentWithin } from "../distribution/deployment.ts";
import type { Distributions } from "../distribution/port.ts";
import { type CloudFrontSource, connectDistributions } from "../distribution/sdk-client.ts";
import { checkRights } from "../iam/check-rights.ts";
import type { CallerRights } from "../iam/port.ts";
import { rightsLike } from "../iam/rights-like.ts";
import { connectRights, type RightsSources } from "../iam/sdk-client.ts";
import { once } from "../once.ts";
import { OneAtATime } from "../one-at-a-time.ts";
import { memory } from "../remember.ts";
import { type OriginAction, originActionSchema } from "./actions.ts";
import { afterOrigin, checkOrigin } from "./after.ts";
import type { Tags } from "./certificates.ts";
import { Imports } from "./imports.ts";
import { findOwn } from "./own.ts";
import { madeByOrigin, ownedByOrigin } from "./owned.ts";
import { performOrigin } from "./perform.ts";
import { permissionsOfOrigin } from "./permissions.ts";
import { readOrigins } from "./read.ts";
import { realiseOrigin } from "./realise.ts";
import { originRemovals } from "./removals.ts";
import { acmRegion, type OriginState, originFace, originStateSchema } from "./state.ts";
import { originSteps } from "./steps.ts";
import { type OriginTarget, originObject, originTargetSchema } from "./target.ts";

/** Options of {@link cloudfrontOrigin}. */
export interface CloudFrontOriginOptions {
  /** An ACM client of yours for `us-east-1`, or the configuration of one (credentials, endpoint, …). */
  readonly acm?: AcmSource | undefined;
  /** A CloudFront client of yours, or the configuration of one. */
  readonly cloudfront?: CloudFrontSource | undefined;
  /**
   * IAM and STS clients of yours, or configurations: by them a plan's permissions are looked up before anything is
   * written. Default: as for `cloudfront`, unless that has an endpoint of its own. Where `@aws-sdk/client-iam` or
   * `@aws-sdk/client-sts` is not installed, or the caller may not use `iam:SimulatePrincipalPolicy`, nothing is refused
   * beforehand.
   */
  readonly rights?: RightsSources | undefined;
  /**
   * Milliseconds until a call without an answer is given up; the SDK by itself would wait for ever. A client of yours, or
   * a `requestHandler` in its configuration, has limits of its own.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * For how long a change of a distribution may be on its way to the edges before the run stops, in milliseconds. It takes
   * 5 to 15 minutes as a rule.
   *
   * @default 5_400_000
   */
  readonly deployAtMostMs?: number | undefined;
}

/** What {@link cloudfrontOrigin} returns. */
export type CloudFrontOriginAdapter<N extends string = string> = PresenterAdapter<N, OriginTarget, false>;

/**
 * The presenter adapter for origins of CloudFront distributions: the client certificate that CloudFront shows to each of
 * them ("Origin mutual TLS with CloudFront"). An identity is imported into ACM in us-east-1 under an ARN of its own,
 * never over another one, and the origin is switched to it; all else in the distribution's configuration stays as it is.
 * The AWS SDK is loaded, and clients are made, at first use.
 *
 * @throws TypeError when `as` is not a name of the form `provider.service`
 * @example
 * ```ts
 * import { cloudfrontOrigin } from "@handfast/aws";
 *
 * export const edge = cloudfrontOrigin({});
 * export const presenter = {
 *   adapter: "aws.cloudfront-origin",
 *   distribution: "arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE2ABC3",
 *   origins: ["shop", "api"],
 *   shows: "edge-2027",
 * };
 * ```
 */
export function cloudfrontOrigin(
  options: CloudFrontOriginOptions & { readonly as?: undefined },
): CloudFrontOriginAdapter<"aws.cloudfront-origin">;
/** Under another name, for a second account: `as` stands in specs, plans and journals. */
export function cloudfrontOrigin<const N extends string>(
  options: CloudFrontOriginOptions & { readonly as: N },
): CloudFrontOriginAdapter<N>;
export function cloudfrontOrigin(
  options: CloudFrontOriginOptions & { readonly as?: string | undefined },
): CloudFrontOriginAdapter {
  const { acm, cloudfront, timeoutMs = 30_000 } = options;
  const sources = options.rights ?? rightsLike(cloudfront);
  return originsOn(options.as ?? "aws.cloudfront-origin", options.deployAtMostMs, {
    distributions: once(() => connectDistributions({ source: cloudfront, timeoutMs })),
    certificates: once(() => connectCertificates({ region: acmRegion, source: acm, timeoutMs })),
    rights: sources && once(() => connectRights({ region: acmRegion, sources, timeoutMs })),
  });
}

/** How long a distribution's tags count, in milliseconds: they are only told, and a run that waits asks no more for them. */
const tagsFreshMs = 3_600_000;

/** The services, connected at first use. */
interface OriginPorts {
  distributions(): Promise<Distributions>;
  certificates(): Promise<Certificates>;
  /** Undefined where nobody may be asked. */
  readonly rights: (() => Promise<CallerRights>) | undefined;
}

/** The adapter on ports of any make. */
function originsOn<const N extends string>(
  name: N,
  deployAtMostMs: number | undefined,
  ports: OriginPorts,
): CloudFrontOriginAdapter<N> {
  const deployment = deploymentWithin(deployAtMostMs);
  const imports = new Imports();
  const own = findOwn(imports);
  const turns = new OneAtATime();
  const tags = memory<Tags>(tagsFreshMs);
  const connect = async () => ({
    distributions: await ports.distributions(),
    certificates: await ports.certificates(),
    imports,
    findOwn: own,
    turns,
  });

  return defineAdapter<N, false, OriginTarget, OriginState, OriginAction>(
    {
      name,
      version: "1",
      role: "presenter",
      inherits: false,
      each: "origins",
      rules: { identity: cloudFrontOriginIdentity },
    },
    {
      schema: { target: originTargetSchema, state: originStateSchema, action: originActionSchema },
      identify: originObject,
      read: async (targets, context) => {
        const writers = await connect();
        const { clock, signal } = context;
        const tagsOn = (arn: string) =>
          tags.recall(arn, clock, () => writers.distributions.tags(arn, signal));
        return readOrigins(targets, { ...writers, tagsOn }, context);
      },
      face: (_target, state) => originFace(state),
      realise: realiseOrigin,
      steps: (target, from, to) => originSteps(target, from, to, deployment),
      after: afterOrigin,
      check: (_target, step, seen) => checkOrigin(step, seen),
      perform: async (steps, context) => performOrigin(steps, await connect(), context),
      removals: (target, seen, keeping) => originRemovals(target, seen, keeping),
      owned: (_target, state) => ownedByOrigin(state),
      makes: ({ distribution }, { action }) => madeByOrigin(distribution, action),
      permissions: ({ distribution }, step) => permissionsOfOrigin(distribution, step?.action),
      checkPermissions: (permissions, { signal }) =>
        ports.rights === undefined
          ? Promise.resolve({ refused: [], unknown: permissions })
          : checkRights(permissions, { connect: ports.rights, regionOf: () => acmRegion, signal }),
    },
  );
}
