import {
  defineAdapter,
  type Finding,
  isHandfastError,
  readPem,
  sha256,
  type VerifierAdapter,
} from "@handfast/core";
import { cloudFrontBundle, limitOf } from "@handfast/core/rules";
import type { Distributions } from "../distribution/port.ts";
import { type CloudFrontSource, connectDistributions } from "../distribution/sdk-client.ts";
import { checkRights } from "../iam/check-rights.ts";
import type { CallerRights } from "../iam/port.ts";
import { rightsLike } from "../iam/rights-like.ts";
import { connectRights, type RightsSources } from "../iam/sdk-client.ts";
import { once } from "../once.ts";
import { memory } from "../remember.ts";
import type { KeyValues, RevocationControl } from "../revocation/port.ts";
import { revocationOn } from "../revocation/revocation.ts";
import { connectKeyValues, connectRevocationControl, type KeyValueSource } from "../revocation/sdk-client.ts";
import { bucketFindings, hasNoBlocker } from "../s3/bucket-findings.ts";
import { scopeOfBucket, trimPrefix } from "../s3/bucket-scope.ts";
import type { BundleBucket } from "../s3/port.ts";
import { connectBucket, type S3Source } from "../s3/sdk-client.ts";
import { type CloudFrontAction, cloudFrontActionSchema } from "./actions.ts";
import { afterCloudFront, checkCloudFront } from "./after.ts";
import { Ids } from "./ids.ts";
import { madeByCloudFront, ownedByCloudFront } from "./owned.ts";
import { performCloudFront } from "./perform.ts";
import { permissionsOfCloudFront } from "./permissions.ts";
import type { TrustStores } from "./port.ts";
import { readCloudFront } from "./read.ts";
import { CrlMemory } from "./read-lists.ts";
import { type Ders, StoreMemory } from "./read-stores.ts";
import { realiseCloudFront } from "./realise.ts";
import { cloudFrontRemovals } from "./removals.ts";
import { connectTrustStores } from "./sdk-client.ts";
import { type CloudFrontState, cloudFrontFace, cloudFrontStateSchema } from "./state.ts";
import type { StepOptions } from "./step.ts";
import { cloudFrontSteps } from "./steps.ts";
import { type CloudFrontTarget, cloudFrontTargetSchema } from "./target.ts";

/** Options of {@link cloudfront}. */
export interface CloudFrontOptions {
  /** Where bundles lie from which the service copies them into trust stores, and CRLs. It must exist. */
  readonly bucket: {
    readonly name: string;
    /** The bucket's region, any one: the service wants to be told. */
    readonly region: string;
    /** Stands before every key. @default "handfast" */
    readonly prefix?: string | undefined;
    /** Account id: a bucket of anybody else is refused. */
    readonly expectedOwner?: string | undefined;
  };
  /** A CloudFront client of yours, or the configuration of one (credentials, endpoint, …). */
  readonly cloudfront?: CloudFrontSource | undefined;
  /** A client of yours for what is in CloudFront's key value stores, or the configuration of one. Needed for CRLs alone. */
  readonly keyValueStore?: KeyValueSource | undefined;
  /** An S3 client of yours, or the configuration of one. */
  readonly s3?: S3Source | undefined;
  /**
   * IAM and STS clients of yours, or configurations: by them a plan's permissions are looked up before anything is
   * written. Default: as for `cloudfront`, unless that has an endpoint of its own. Where `@aws-sdk/client-iam` or
   * `@aws-sdk/client-sts` is not installed, or the caller may not use `iam:SimulatePrincipalPolicy`, nothing is refused
   * beforehand.
   */
  readonly rights?: RightsSources | undefined;
  /**
   * What is in trust stores that others made, as PEM by the store's name: CloudFront tells only how many certificates a
   * store has, and where the number differs what is said here does not count.
   */
  readonly bundles?: Readonly<Record<string, string>> | undefined;
  /**
   * Over how many trust stores of the same content distributions are spread. CloudFront lets a store serve 25
   * distributions: to give more than that the same trust in one plan, name a number here, half as many again as are
   * filled, and leave it. A store that is full is followed by a further one in any case.
   *
   * @default 1
   */
  readonly storesPerTrust?: number | undefined;
  /** Trust stores that the account may have (Service Quotas). @default 20 */
  readonly storeQuota?: number | undefined;
  /**
   * How long until every edge has a change of a revocation list, in milliseconds. The service tells neither when nor how
   * long.
   *
   * @default 60_000
   */
  readonly listSettleMs?: number | undefined;
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

/** What {@link cloudfront} returns. */
export type CloudFrontAdapter<N extends string = string> = VerifierAdapter<
  N,
  CloudFrontTarget,
  "off" | "request" | "optional" | "required",
  "crl"
>;

/** The API of CloudFront is in one region for all. */
const apiRegion = "us-east-1";
/** How long what is only noticed counts, in milliseconds: a run that waits for a step does not ask for it anew. */
const noticesFreshMs = 300_000;
/** The same for tags, of which there is one call for each distribution. */
const tagsFreshMs = 3_600_000;

/** The services, connected at first use. */
interface CloudFrontPorts {
  distributions(): Promise<Distributions>;
  stores(): Promise<TrustStores>;
  control(): Promise<RevocationControl>;
  values(): Promise<KeyValues>;
  bucket(): Promise<BundleBucket>;
  /** Undefined where nobody may be asked. */
  readonly rights: (() => Promise<CallerRights>) | undefined;
}

/**
 * The verifier adapter for viewers of CloudFront distributions ("Mutual TLS authentication with CloudFront (Viewer
 * mTLS)"). Trust stores are named by their content and put beside what is there; the one switch is the distribution's
 * viewer mTLS, written without touching any other field. CRLs become a key value store in which a connection function
 * looks serials up. The AWS SDK is loaded, and clients are made, at first use.
 *
 * @throws TypeError when `as` is not a name of the form `provider.service`, `storesPerTrust` is not a number from 1 on,
 * or a value of `bundles` is not PEM of certificates
 * @example
 * ```ts
 * import { cloudfront } from "@handfast/aws";
 *
 * export const viewers = cloudfront({
 *   bucket: { name: "shop-trust", region: "us-east-1", expectedOwner: "111122223333" },
 * });
 * export const verifier = {
 *   adapter: "aws.cloudfront",
 *   distribution: "arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE2ABC3",
 *   mode: "required",
 *   trust: "devices",
 * };
 * ```
 */
export function cloudfront(
  options: CloudFrontOptions & { readonly as?: undefined },
): CloudFrontAdapter<"aws.cloudfront">;
/** Under another name, for a second account: `as` stands in specs, plans and journals. */
export function cloudfront<const N extends string>(
  options: CloudFrontOptions & { readonly as: N },
): CloudFrontAdapter<N>;
export function cloudfront(
  options: CloudFrontOptions & { readonly as?: string | undefined },
): CloudFrontAdapter {
  const { bucket, cloudfront: source, keyValueStore, s3, timeoutMs = 30_000 } = options;
  const sources = options.rights ?? rightsLike(source);
  return cloudFrontOn(options.as ?? "aws.cloudfront", options, {
    distributions: once(() => connectDistributions({ source, timeoutMs })),
    stores: once(() => connectTrustStores({ source, timeoutMs })),
    control: once(() => connectRevocationControl({ source, timeoutMs })),
    values: once(() => connectKeyValues({ source: keyValueStore, timeoutMs })),
    bucket: once(() => connectBucket({ ...bucket, timeoutMs }, s3)),
    rights: sources && once(() => connectRights({ region: apiRegion, sources, timeoutMs })),
  });
}

/** The adapter on ports of any make. */
function cloudFrontOn<const N extends string>(
  name: N,
  options: CloudFrontOptions,
  ports: CloudFrontPorts,
): CloudFrontAdapter<N> {
  const { bucket, storesPerTrust = 1, storeQuota = 20 } = options;
  if (!Number.isInteger(storesPerTrust) || storesPerTrust < 1) {
    throw new TypeError(`cloudfront: storesPerTrust is ${storesPerTrust}, not a whole number from 1 on`);
  }
  const prefix = trimPrefix(bucket.prefix ?? "handfast");
  const stepOptions: StepOptions = {
    bucket: bucket.name,
    prefix,
    listSettleMs: options.listSettleMs ?? 60_000,
    deployAtMostMs: options.deployAtMostMs ?? 5_400_000,
  };
  const policy = { storesPerTrust, storeQuota };
  const bundles = readBundles(options.bundles ?? {});
  const revocation = revocationOn(ports);
  const [storeMemory, crls] = [new StoreMemory(), new CrlMemory()];
  const ids = new Ids();
  const bucketNotices = memory<readonly Finding[]>(noticesFreshMs, hasNoBlocker);
  const tags = memory<Readonly<Record<string, string>>>(tagsFreshMs);
  const headers = memory<readonly string[] | "all">(noticesFreshMs);
  const connect = async () => ({
    distributions: await ports.distributions(),
    stores: await ports.stores(),
    bucket: await ports.bucket(),
    functions: ports.control,
    ids,
    revocation,
  });

  return defineAdapter<
    N,
    "off" | "request" | "optional" | "required",
    "crl",
    CloudFrontTarget,
    CloudFrontState,
    CloudFrontAction
  >(
    {
      name,
      version: "1",
      scope: scopeOfBucket(bucket, prefix),
      role: "verifier",
      modes: ["off", "request", "optional", "required"],
      revocation: "crl",
      anchorRoom: limitOf(cloudFrontBundle, "too-many-anchors"),
      // "Maximum certificate chain depth: 4", read with care: leaf, two intermediates, anchor.
      maxIntermediates: 2,
      // Every certificate in a trust store is an anchor ("Certificate revocation").
      partialChain: true,
      crlRule: "listed",
      rules: { bundle: cloudFrontBundle },
    },
    {
      schema: {
        target: cloudFrontTargetSchema,
        state: cloudFrontStateSchema,
        action: cloudFrontActionSchema,
      },
      identify: ({ distribution }) => distribution,
      read: async (targets, context) => {
        const connected = await connect();
        const { distributions } = connected;
        const { clock, signal } = context;
        const notices = {
          bucket: () => bucketNotices.recall("", clock, () => bucketFindings(connected.bucket, signal)),
          tags: (arn: string) => tags.recall(arn, clock, () => distributions.tags(arn, signal)),
          headers: (id: string) =>
            headers.recall(id, clock, () => headersOr(distributions.originRequestHeaders(id, signal))),
        };
        const readers = { ...connected, prefix, bundles, memory: storeMemory, crls, storesPerTrust, notices };
        return readCloudFront(targets, readers, context);
      },
      face: (_target, state) => cloudFrontFace(state),
      realise: (target, wanted, base, facts) => realiseCloudFront(target, wanted, base, facts, policy),
      steps: (target, from, to) => cloudFrontSteps(target, from, to, stepOptions),
      after: afterCloudFront,
      check: (_target, step, seen) => checkCloudFront(step, seen),
      perform: async (steps, context) =>
        performCloudFront(steps, { ...(await connect()), bucketRegion: bucket.region }, context),
      removals: (target, seen, keeping) => cloudFrontRemovals(target, seen, keeping, stepOptions),
      owned: (_target, state) => ownedByCloudFront(state),
      makes: ({ distribution }, { action }) => madeByCloudFront(distribution, action, bucket.name),
      checkPermissions: (permissions, { signal }) =>
        ports.rights === undefined
          ? Promise.resolve({ refused: [], unknown: permissions })
          : checkRights(permissions, {
              connect: ports.rights,
              regionOf: ({ allow }) => (allow.startsWith("s3:") ? bucket.region : apiRegion),
              signal,
            }),
      permissions: ({ distribution }, step) =>
        permissionsOfCloudFront(distribution, step?.action, stepOptions),
    },
  );
}

/** What an origin request policy passes on; nothing that is known where it may not be read. */
async function headersOr(answer: Promise<readonly string[] | "all">): Promise<readonly string[] | "all"> {
  try {
    return await answer;
  } catch (error) {
    if (!isHandfastError(error)) throw error;
    if (error.code !== "REMOTE_UNAUTHORIZED" && error.code !== "REMOTE_NOT_FOUND") throw error;
    return [];
  }
}

function readBundles(bundles: Readonly<Record<string, string>>): ReadonlyMap<string, Ders> {
  return new Map(
    Object.entries(bundles).map(([store, pem]) => {
      try {
        const ders = readPem(pem, "CERTIFICATE", `bundles["${store}"]`);
        return [store, new Map(ders.map((der) => [sha256(der), der]))];
      } catch (cause) {
        throw new TypeError(`cloudfront: bundles["${store}"] is not PEM of certificates`, { cause });
      }
    }),
  );
}
