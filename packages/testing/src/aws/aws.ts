import { type Clock, systemClock } from "@handfast/core";
import type { ConnectionRecord } from "../data-plane/balancer-node.ts";
import type { DistributionView, ListenerView, Source } from "../data-plane/sources.ts";
import { type Faults, faults as noFaults } from "../faults.ts";
import type { SimulatedService } from "../service.ts";
import type { PlacedService } from "../simulator/simulate.ts";
import { type AccessKey, access as accessKeys } from "./access.ts";
import { type AcmOptions, acm as certificateManager, type IssuedCertificate } from "./acm/acm.ts";
import { type AddedDistribution, cloudfront as contentDelivery } from "./cloudfront/cloudfront.ts";
import { cloudfrontModels, usersOf } from "./cloudfront/models.ts";
import type { NewDistribution } from "./cloudfront/new-distribution.ts";
import { type CloudfrontOptions, cloudfrontSettings } from "./cloudfront/settings.ts";
import { edgeFunctions } from "./connection-functions/edge-functions.ts";
import type { ConnectionFunctionOptions } from "./connection-functions/settings.ts";
import { credentials as credentialsIn, type PrincipalOptions } from "./credentials.ts";
import { type BalancingAdditions, balancingAdditions } from "./elbv2/additions.ts";
import type { Elbv2Lags, Elbv2Quotas, Elbv2Settings } from "./elbv2/call.ts";
import { connectionLogs } from "./elbv2/connection-logs.ts";
import { copies as copiesIn, serviceAccount } from "./elbv2/copies.ts";
import { defaultLags, defaultQuotas } from "./elbv2/defaults.ts";
import { listenerSource } from "./elbv2/listener-source.ts";
import { elbv2Models, listenersWith } from "./elbv2/models.ts";
import { elbv2Service } from "./elbv2/routes.ts";
import { logWriter } from "./elbv2/write-log.ts";
import { authoriser } from "./iam/authorise.ts";
import { type AskedRight, iamModels } from "./iam/models.ts";
import { iamService } from "./iam/routes.ts";
import { type AwsInventory, readInventory } from "./inventory.ts";
import type { KeyValueOptions } from "./key-value-store/settings.ts";
import { type FunctionCode, type FunctionOptions, lambdaFunctions } from "./lambda/functions.ts";
import { lambdaService } from "./lambda/lambda-service.ts";
import { s3Models, type Versioning } from "./s3/models.ts";
import { objectReader } from "./s3/read-object.ts";
import { bucketRights } from "./s3/rights.ts";
import { s3Service } from "./s3/routes.ts";
import { type SiteOrigin, siteOrigin } from "./s3/site-origin.ts";
import {
  type AddedServerlessCa,
  type ServerlessCaOptions,
  serverlessCas,
} from "./serverless-ca/serverless-ca.ts";
import { stsService } from "./sts/routes.ts";

/** Options of {@link aws}. */
export interface AwsOptions {
  /** @default "eu-west-1" */
  readonly region?: string | undefined;
  /** The account that {@link Aws.credentials} belong to. @default "111122223333" */
  readonly accountId?: string | undefined;
  /** Dates and delays. Defaults to the machine's clock. */
  readonly clock?: Clock | undefined;
  readonly faults?: Faults | undefined;
  /** Of Elastic Load Balancing. */
  readonly lags?: Partial<Elbv2Lags> | undefined;
  /** Of Elastic Load Balancing. */
  readonly quotas?: Partial<Elbv2Quotas> | undefined;
  readonly acm?: AcmOptions | undefined;
  readonly cloudfront?: CloudfrontOptions | undefined;
  readonly keyValueStore?: KeyValueOptions | undefined;
  readonly connectionFunctions?: ConnectionFunctionOptions | undefined;
}

/** A simulated AWS account, regional services in one region: the services, and what can't be made through them. */
export interface Aws extends BalancingAdditions {
  readonly s3: SimulatedService;
  readonly elbv2: SimulatedService;
  readonly iam: SimulatedService;
  readonly sts: SimulatedService;
  /** In all regions: the one that a request is signed for. */
  readonly acm: SimulatedService;
  readonly cloudfront: SimulatedService;
  /** What is in CloudFront's key value stores. Their own operations, and connection functions, are CloudFront's. */
  readonly keyValueStore: SimulatedService;
  /** Of AWS Lambda, that functions can be invoked. */
  readonly lambda: SimulatedService;
  readonly region: string;
  readonly accountId: string;
  /** An access key of a user of the account that may do everything, as SDK clients take it. Of no use anywhere else. */
  readonly credentials: AccessKey;
  /** An access key of another account. */
  credentialsOf(accountId: string): AccessKey;
  /** An access key of a new user, of a session of a new role, or of the account's root. All services enforce its policies. */
  addCredentials(principal: PrincipalOptions): AccessKey;
  /** What the services asked IAM on behalf of an access key, oldest first. */
  rightsAsked(accessKeyId: string): readonly AskedRight[];
  createBucket(name: string, options?: BucketOptions): void;
  /**
   * Adds a Lambda function that runs in this process, or gives one other code.
   *
   * @returns its ARN
   * @throws {TypeError} for a name or a timeout that Lambda does not take
   */
  addFunction(name: string, code: FunctionCode, options?: FunctionOptions): string;
  /** Adds the open-source serverless CA: its function `tls-cert` and its external bucket. */
  addServerlessCa(options?: ServerlessCaOptions): AddedServerlessCa;
  /** How a distribution reads from its S3 origins, for a data plane to ask. */
  siteOrigin(distributionArn: string): SiteOrigin;
  /** What a listener enforces, for a data plane to follow. A listener that is gone is `off`. */
  listenerSource(listenerArn: string): Source<ListenerView>;
  /**
   * What keeps a listener's connection log in S3, for the `log` of `loadBalancerNodes`: a file for each node and five minutes
   * of the clock, some minutes late, while the load balancer's attribute `connection_logs.s3.enabled` is set.
   */
  connectionLog(listenerArn: string): (entry: ConnectionRecord) => void;
  /**
   * Adds a CloudFront distribution that is full of settings, as real ones are.
   *
   * @throws {TypeError} when it has no origin, or no behaviour for all paths
   */
  addDistribution(distribution?: NewDistribution): AddedDistribution;
  /** What a distribution does, for a data plane to follow. One that is gone answers to no name. */
  distributionSource(distributionArn: string): Source<DistributionView>;
  /** What a key value store holds, for a data plane to follow: nothing when it is gone. */
  keyValueSource(storeArn: string): Source<ReadonlyMap<string, string>>;
  /**
   * Validates the names of a certificate that was requested of ACM, and issues it.
   *
   * @throws {TypeError} when none is pending there, or what is issued is not what was requested
   */
  issueCertificate(certificateArn: string, issued: IssuedCertificate): void;
  /** Everything that the account holds, for a test to compare. */
  inventory(): AwsInventory;
  /** Remembers what is there now. Calling the answer puts it back, as often as it is called; subscribers hear of it. */
  snapshot(): () => void;
}

/** Options of {@link Aws.createBucket}. */
export interface BucketOptions {
  /** @default "never" */
  readonly versioning?: Versioning | undefined;
  /** Defaults to the simulation's. */
  readonly region?: string | undefined;
  /** The account that owns it. Defaults to the simulation's. */
  readonly owner?: string | undefined;
  /** Other accounts that may read. */
  readonly readers?: readonly string[] | undefined;
}

/**
 * Amazon S3, Elastic Load Balancing v2, CloudFront with its key value stores, ACM, IAM, STS and Lambda's Invoke, simulated:
 * their wire protocols, their refusals, and their delays on a clock that a test can turn. Everything is the same in every
 * run, but for what a serverless CA signs.
 *
 * @example
 * ```ts
 * import { aws, turnableClock } from "@handfast/testing";
 *
 * const clock = turnableClock();
 * const cloud = aws({ region: "eu-west-1", clock });
 * cloud.createBucket("bundles", { versioning: "Enabled" });
 * const { arn } = cloud.addLoadBalancer("front");
 * export const listener: string = cloud.addListener(arn);
 * ```
 */
export function aws(options: AwsOptions = {}): Aws {
  const {
    region = "eu-west-1",
    accountId = "111122223333",
    clock = systemClock,
    faults = noFaults(),
  } = options;

  const access = accessKeys();
  const iam = iamModels();
  const authorise = authoriser(iam);
  const identities = credentialsIn({ access, iam, clock, accountId });
  const credentials = identities.adminOf(accountId);
  const wire = { access, authorise, clock, faults };

  const objects = s3Models(clock);
  const rights = bucketRights(authorise);
  const readObject = objectReader(objects, rights);

  const settings: Elbv2Settings = {
    region,
    accountId,
    lags: { ...defaultLags, ...options.lags },
    quotas: { ...defaultQuotas, ...options.quotas },
  };
  const balancing = elbv2Models();
  const writeLog = logWriter({ objects, rights, region });
  const copies = copiesIn({ objects, region, clock, key: identities.adminOf(serviceAccount) });
  const elbv2: PlacedService = {
    ...elbv2Service({
      ...wire,
      models: balancing,
      settings,
      publish: copies.publish,
      writeLog,
      readObject: (caller, bucket, key, version) => readObject(caller, { region, bucket, key, version }),
    }),
    placedAt: copies.placedAt,
  };

  const distributions = cloudfrontModels();
  const certificates = certificateManager({
    ...wire,
    accountId,
    options: options.acm,
    balancersOf: (arn) => listenersWith(balancing.now(), arn).map(({ loadBalancerArn }) => loadBalancerArn),
    distributionsOf: (arn, held) =>
      usersOf(distributions.now(), "certificate", arn, { now: clock.now(), held }),
  });
  balancing.subscribe(certificates.listenersChanged);
  const { held } = cloudfrontSettings(accountId, options.cloudfront).lags;
  const edgeCode = edgeFunctions({
    ...wire,
    accountId,
    readObject,
    keyValueStore: options.keyValueStore,
    connectionFunctions: options.connectionFunctions,
    distributionsUsing: (id, now) => usersOf(distributions.now(), "connectionFunction", id, { now, held }),
  });

  const edge = contentDelivery({
    ...wire,
    accountId,
    models: distributions,
    options: options.cloudfront,
    certificates: {
      find: certificates.find,
      subscribe: (changed) => certificates.models.subscribe(() => changed()),
    },
    functions: edgeCode.functions,
    tagged: edgeCode.tagged,
    readObject,
    routes: edgeCode.routes,
  });

  const functions = lambdaFunctions(region, accountId);
  const authorities = serverlessCas({ functions, objects, region, accountId, clock });

  return {
    s3: s3Service({ ...wire, models: objects, rights, exists: (arn) => iam.find(arn) !== undefined }),
    elbv2,
    iam: iamService({ ...wire, models: iam }),
    sts: stsService({ region, access, clock, faults }),
    acm: certificates.service,
    cloudfront: edge.service,
    keyValueStore: edgeCode.service,
    lambda: lambdaService({ ...wire, functions, region, accountId }),
    region,
    accountId,
    credentials,
    credentialsOf: identities.adminOf,
    addCredentials: identities.add,
    rightsAsked: (accessKeyId) => iam.asked.filter((right) => right.accessKeyId === accessKeyId),
    createBucket: (name, bucket = {}) => {
      objects.createBucket({
        name,
        region: bucket.region ?? region,
        owner: bucket.owner ?? accountId,
        versioning: bucket.versioning ?? "never",
        readers: new Set(bucket.readers),
      });
    },
    addFunction: functions.add,
    addServerlessCa: authorities.add,
    siteOrigin: (distributionArn) => siteOrigin({ models: objects, rights }, distributionArn),
    ...balancingAdditions(balancing, settings, clock),
    listenerSource: (listenerArn) => listenerSource(balancing, listenerArn),
    connectionLog: connectionLogs({ models: balancing, settings, clock, write: writeLog }),
    addDistribution: edge.add,
    distributionSource: edge.source,
    keyValueSource: edgeCode.source,
    issueCertificate: certificates.issue,
    inventory: () => {
      const buckets = objects.buckets().filter(({ owner }) => owner !== serviceAccount);
      return {
        ...readInventory(balancing.now(), buckets, accountId),
        ...edge.inventory(),
        ...edgeCode.inventory(),
        ...certificates.inventory(),
      };
    },
    snapshot: () => {
      const putBack = objects.keep();
      const state = balancing.now();
      const issued = certificates.models.now();
      const distributed = distributions.now();
      const putCodeBack = edgeCode.keep();
      const run = functions.models.now();
      const putAuthoritiesBack = authorities.keep();
      return () => {
        putBack();
        putCodeBack();
        functions.models.write(run);
        putAuthoritiesBack();
        balancing.write(state);
        certificates.models.write(issued);
        distributions.write(distributed);
      };
    },
  };
}
