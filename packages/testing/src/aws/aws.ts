import { createHash } from "node:crypto";
import { type Clock, systemClock } from "@handfast/core";
import type { ListenerView, Source } from "../data-plane/sources.ts";
import { type Faults, faults as noFaults } from "../faults.ts";
import type { SimulatedService } from "../service.ts";
import type { PlacedService } from "../simulator/simulate.ts";
import { type AccessKey, access as accessKeys } from "./access.ts";
import { readBundle } from "./elbv2/bundle.ts";
import type { Elbv2Lags, Elbv2Quotas, Elbv2Settings } from "./elbv2/call.ts";
import { listenerSource } from "./elbv2/listener-source.ts";
import { elbv2Models, type LoadBalancer, type TrustStore, withEntry } from "./elbv2/models.ts";
import { elbv2Service } from "./elbv2/routes.ts";
import { authoriser } from "./iam/authorise.ts";
import { type AskedRight, iamModels, type PolicyDocument, type Principal } from "./iam/models.ts";
import { iamService } from "./iam/routes.ts";
import { type AwsInventory, readInventory } from "./inventory.ts";
import { checksumOf } from "./s3/checksums.ts";
import { type Bucket, s3Models, type Versioning } from "./s3/models.ts";
import { s3Service } from "./s3/routes.ts";
import { presign } from "./signature.ts";
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
  readonly lags?: Partial<Elbv2Lags> | undefined;
  readonly quotas?: Partial<Elbv2Quotas> | undefined;
}

/** A simulated AWS account in one region: the services, and what can't be made through them. */
export interface Aws {
  readonly s3: SimulatedService;
  readonly elbv2: SimulatedService;
  readonly iam: SimulatedService;
  readonly sts: SimulatedService;
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
  addLoadBalancer(
    name: string,
    options?: Pick<ListenerOptions, "tags">,
  ): { readonly arn: string; readonly dnsName: string };
  /** Adds a listener with a fixed response as its action. */
  addListener(loadBalancerArn: string, options?: ListenerOptions): string;
  /** Adds an ACTIVE trust store of another account, shared with this one. */
  addForeignTrustStore(options: ForeignTrustStoreOptions): string;
  /** The owner of a foreign store stops sharing it: what uses it goes on, nothing new can. */
  unshareTrustStore(trustStoreArn: string): void;
  /** The owner of a foreign store cuts it from a listener (DeleteSharedTrustStoreAssociation): handshakes fail. */
  removeForeignAssociation(trustStoreArn: string, listenerArn: string): void;
  /** What a listener enforces, for a data plane to follow. A listener that is gone is `off`. */
  listenerSource(listenerArn: string): Source<ListenerView>;
  /** Everything that the account holds, for a test to compare. */
  inventory(): AwsInventory;
  /** Remembers what is there now. Calling the answer puts it back, as often as it is called; subscribers hear of it. */
  snapshot(): () => void;
}

/** Options of {@link Aws.addCredentials}. */
export interface PrincipalOptions {
  readonly kind: "root" | "user" | "role";
  /** @default "handfast" */
  readonly name?: string | undefined;
  /** @default "/" */
  readonly path?: string | undefined;
  /** Policies of a user or role. Default: none, which allow nothing. */
  readonly policies?: readonly PolicyDocument[] | undefined;
  readonly boundary?: PolicyDocument | undefined;
  /** Narrows this session of a role; SimulatePrincipalPolicy does not know of it. */
  readonly session?: PolicyDocument | undefined;
  /** When the session of a role ends. */
  readonly expiresInSeconds?: number | undefined;
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

/** Options of {@link Aws.addListener}. */
export interface ListenerOptions {
  /** @default 443 */
  readonly port?: number | undefined;
  /** @default "HTTPS" */
  readonly protocol?: "HTTP" | "HTTPS" | undefined;
  /** ARNs; an HTTPS listener gets one of its own when none is given. */
  readonly certificates?: readonly string[] | undefined;
  /** Also those that only AWS may set. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Options of {@link Aws.addForeignTrustStore}. */
export interface ForeignTrustStoreOptions {
  readonly name: string;
  /** @default "444455556666" */
  readonly owner?: string | undefined;
  /** PEM of its CA certificates. */
  readonly bundle: string;
}

const defaultLags: Elbv2Lags = { visible: 2_000, active: 20_000, activeAgain: 20_000, held: 5_000 };

const defaultQuotas: Elbv2Quotas = {
  trustStores: 20,
  certificates: 25,
  certificateBytes: 16_384,
  subjectBytes: 10_000,
  revocationLists: 30,
  revokedEntries: 500_000,
  revocationFileBytes: 50 * 1024 * 1024,
  verifyListeners: 2,
  listeners: 50,
  tags: 50,
};

/**
 * Amazon S3 and Elastic Load Balancing v2, simulated: their wire protocols, their refusals, and their delays on a
 * clock that a test can turn. Everything is the same in every run.
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
  const settings: Elbv2Settings = {
    region,
    accountId,
    lags: { ...defaultLags, ...options.lags },
    quotas: { ...defaultQuotas, ...options.quotas },
  };
  const access = accessKeys();
  const iam = iamModels();
  const authorise = authoriser(iam);
  const issue = (principal: Principal, expiresAt?: number): AccessKey => {
    iam.add(principal);
    return access.issue(principal, expiresAt);
  };
  const adminOf = (account: string): Principal => ({
    kind: "user",
    accountId: account,
    name: "simulated-admin",
    path: "/",
    policies: [{ Statement: { Effect: "Allow", Action: "*", Resource: "*" } }],
  });
  const credentials = issue(adminOf(accountId));
  const objects = s3Models(clock);
  const buckets: Bucket[] = [];
  const balancing = elbv2Models();
  let origins: Readonly<Record<string, string>> = {};

  // The service keeps its copies in a bucket of its own and hands out presigned URLs to it.
  const serviceAccount = "000000000000";
  const serviceKey = issue(adminOf(serviceAccount));
  const copies = objects.createBucket({
    name: `elasticloadbalancing-trust-stores-${region}`,
    region,
    owner: serviceAccount,
    versioning: "never",
    readers: new Set(),
  });

  const publish = (bytes: Uint8Array<ArrayBuffer>, name: string, request: Request): string => {
    const key = `${createHash("sha256").update(bytes).digest("hex")}/${name}`;
    objects.put(copies, key, {
      bytes,
      contentType: "application/x-pem-file",
      headers: {},
      tags: {},
      checksum: checksumOf(bytes, "CRC32"),
    });
    const local = new URL(request.url).hostname.endsWith(".amazonaws.com") ? undefined : origins.s3;
    const url =
      local === undefined
        ? new URL(`https://${copies.name}.s3.${region}.amazonaws.com/${key}`)
        : new URL(`/${copies.name}/${key}`, local);
    return presign({ url, region, key: serviceKey, now: clock.now(), expiresInSeconds: 600 }).href;
  };

  const s3 = s3Service({ models: objects, access, authorise, clock, faults });
  const placed: PlacedService = {
    ...elbv2Service({
      models: balancing,
      settings,
      access,
      authorise,
      clock,
      faults,
      publish,
      readObject: (caller, bucketName, key, versionId) => {
        const bucket = objects.bucket(bucketName);
        if (bucket === undefined || bucket.region !== region) return "missing";
        if (bucket.owner !== accountId && !bucket.readers.has(accountId)) return "denied";
        const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
        const resource = `arn:aws:s3:::${bucketName}/${key}`;
        if (authorise(caller, { action, resource }, region) !== undefined) return "denied";
        const version =
          versionId === undefined
            ? objects.current(bucket, key)
            : bucket.objects.get(key)?.find((candidate) => candidate.versionId === versionId);
        return version === undefined || version.deleteMarker ? "missing" : { bytes: version.bytes };
      },
    }),
    placedAt: (placedOrigins) => {
      origins = placedOrigins;
    },
  };

  const changeStore = (arn: string, change: (store: TrustStore) => TrustStore): TrustStore => {
    const store = balancing.now().stores.get(arn);
    if (store === undefined || store.owner === accountId)
      throw new TypeError(`${arn} is no foreign trust store`);
    const changed = change(store);
    balancing.write({ stores: withEntry(balancing.now().stores, arn, changed) });
    return changed;
  };

  return {
    s3,
    elbv2: placed,
    iam: iamService({ models: iam, access, authorise, clock, faults }),
    sts: stsService({ region, access, clock, faults }),
    region,
    accountId,
    credentials,
    credentialsOf: (account) => issue(adminOf(account)),
    addCredentials: ({ name = "handfast", path = "/", policies = [], expiresInSeconds, ...rest }) =>
      issue(
        { ...rest, accountId, name, path, policies },
        expiresInSeconds === undefined ? undefined : clock.now() + expiresInSeconds * 1000,
      ),
    rightsAsked: (accessKeyId) => iam.asked.filter((right) => right.accessKeyId === accessKeyId),
    createBucket: (name, bucket = {}) => {
      const created = objects.createBucket({
        name,
        region: bucket.region ?? region,
        owner: bucket.owner ?? accountId,
        versioning: bucket.versioning ?? "never",
        readers: new Set(bucket.readers),
      });
      buckets.push(created);
    },
    addLoadBalancer: (name, { tags = {} } = {}) => {
      const id = balancing.nextId();
      const balancer: LoadBalancer = {
        arn: `arn:aws:elasticloadbalancing:${region}:${accountId}:loadbalancer/app/${name}/${id}`,
        name,
        dnsName: `${name}-${Number.parseInt(id.slice(0, 8), 16)}.${region}.elb.amazonaws.com`,
        createdAt: clock.now(),
        tags,
      };
      balancing.write({ loadBalancers: withEntry(balancing.now().loadBalancers, balancer.arn, balancer) });
      return { arn: balancer.arn, dnsName: balancer.dnsName };
    },
    addListener: (loadBalancerArn, listener = {}) => {
      if (!balancing.now().loadBalancers.has(loadBalancerArn)) {
        throw new TypeError(`there is no load balancer ${loadBalancerArn}`);
      }
      const { port = 443, protocol = "HTTPS", certificates = [], tags = {} } = listener;
      const secure = protocol === "HTTPS";
      const arn = `${loadBalancerArn.replace(":loadbalancer/", ":listener/")}/${balancing.nextId()}`;
      const own = `arn:aws:acm:${region}:${accountId}:certificate/${balancing.nextId()}`;
      balancing.write({
        listeners: withEntry(balancing.now().listeners, arn, {
          arn,
          loadBalancerArn,
          port,
          protocol,
          sslPolicy: secure ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : undefined,
          certificateArn: secure ? (certificates[0] ?? own) : undefined,
          actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }],
          mutualAuthentication: undefined,
          attributes: {},
          tags,
        }),
      });
      return arn;
    },
    addForeignTrustStore: ({ name, owner = "444455556666", bundle }) => {
      const bytes = new TextEncoder().encode(bundle);
      const arn = `arn:aws:elasticloadbalancing:${region}:${owner}:truststore/${name}/${balancing.nextId()}`;
      const store: TrustStore = {
        arn,
        name,
        owner,
        visibleAt: clock.now(),
        activeAt: clock.now(),
        bundle: { bytes },
        anchors: readBundle(bytes, settings.quotas),
        revocations: [],
        crls: [],
        nextRevocationId: 1,
        heldUntil: 0,
        shared: true,
        tags: {},
      };
      balancing.write({ stores: withEntry(balancing.now().stores, arn, store) });
      return arn;
    },
    unshareTrustStore: (arn) => void changeStore(arn, (store) => ({ ...store, shared: false })),
    removeForeignAssociation: (storeArn, listenerArn) => {
      const store = changeStore(storeArn, (unchanged) => unchanged);
      const listener = balancing.now().listeners.get(listenerArn);
      const mutual = listener?.mutualAuthentication;
      if (listener === undefined || mutual?.trustStoreArn !== store.arn) {
        throw new TypeError(`${listenerArn} does not use ${storeArn}`);
      }
      balancing.write({
        listeners: withEntry(balancing.now().listeners, listenerArn, {
          ...listener,
          mutualAuthentication: { ...mutual, association: "removed" },
        }),
      });
    },
    listenerSource: (listenerArn) => listenerSource(balancing, listenerArn),
    inventory: () => readInventory(balancing.now(), buckets, accountId),
    snapshot: () => {
      const state = balancing.now();
      const kept = buckets.map((bucket) => {
        const { versioning } = bucket;
        return { bucket, versioning, objects: [...bucket.objects], revisions: [...bucket.revisions] };
      });
      return () => {
        for (const { bucket, versioning, objects, revisions } of kept) {
          bucket.versioning = versioning;
          refill(bucket.objects, objects);
          refill(bucket.revisions, revisions);
        }
        balancing.write(state);
      };
    },
  };
}

function refill<K, V>(map: Map<K, V>, entries: readonly (readonly [K, V])[]): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
