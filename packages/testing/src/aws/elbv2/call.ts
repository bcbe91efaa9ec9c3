import type { Query } from "../query/query.ts";
import type { Copied, Elbv2Models, Elbv2State, TrustStore } from "./models.ts";
import { type Elbv2RefusalCode, refuse } from "./refusals.ts";
import type { WriteLog } from "./write-log.ts";

/** How slow the service is, in milliseconds. */
export interface Elbv2Lags {
  /** From CreateTrustStore until Describe finds the store. @default 2_000 */
  readonly visible: number;
  /** From CreateTrustStore until the store is ACTIVE. @default 20_000 */
  readonly active: number;
  /** From ModifyTrustStore until the store is ACTIVE again. @default 20_000 */
  readonly activeAgain: number;
  /** For how long a store counts as in use after its last listener let go. @default 5_000 */
  readonly held: number;
  /** From the end of five minutes until their connection logs are in the bucket. @default 120_000 */
  readonly logs: number;
}

/** What there is room for (Quotas for your Application Load Balancers). */
export interface Elbv2Quotas {
  /** @default 20 */
  readonly trustStores: number;
  /** CA certificates in a store. @default 25 */
  readonly certificates: number;
  /** @default 16_384 */
  readonly certificateBytes: number;
  /** @default 10_000 */
  readonly subjectBytes: number;
  /** CRLs in a store. @default 30 */
  readonly revocationLists: number;
  /** @default 500_000 */
  readonly revokedEntries: number;
  /** @default 50 * 1024 * 1024 */
  readonly revocationFileBytes: number;
  /** Listeners in `verify` mode per load balancer. @default 2 */
  readonly verifyListeners: number;
  /** Listeners per load balancer. @default 50 */
  readonly listeners: number;
  /** Tags per resource. @default 50 */
  readonly tags: number;
}

/** What holds for the whole service. */
export interface Elbv2Settings {
  readonly region: string;
  readonly accountId: string;
  readonly lags: Elbv2Lags;
  readonly quotas: Elbv2Quotas;
}

/** One call to the service. */
export interface Elbv2Call {
  readonly query: Query;
  readonly models: Elbv2Models;
  /** What a read sees: as a rule the state now, under a fault an older one. */
  readonly view: Elbv2State;
  readonly settings: Elbv2Settings;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Reads an object from S3 with the caller's right to; `missing` when there is none in this region. */
  readObject(bucket: string, key: string, version: string | undefined): Copied | "missing" | "denied";
  /** A URL at which the bytes can be fetched for ten minutes. */
  publish(bytes: Uint8Array<ArrayBuffer>, name: string): string;
  readonly writeLog: WriteLog;
}

export type { QueryResult as Elbv2Result } from "../query/query-service.ts";

/** The ARN of something of ours. */
export function arnOf(settings: Elbv2Settings, path: string): string {
  return `arn:aws:elasticloadbalancing:${settings.region}:${settings.accountId}:${path}`;
}

/** @throws AwsRefused ValidationError when it is not the ARN of a resource of that kind */
export function checkArn(arn: string, kind: "truststore" | "listener" | "loadbalancer"): string {
  if (!new RegExp(`^arn:aws:elasticloadbalancing:[a-z0-9-]+:\\d{12}:${kind}/[^\\s]+$`).test(arn)) {
    throw refuse("ValidationError", `'${arn}' is not a valid ${kind} ARN`);
  }
  return arn;
}

/**
 * The trust store that a parameter names.
 *
 * @param right `write` is refused for a store that another account shares with us
 * @throws AwsRefused TrustStoreNotFound, AccessDenied, ValidationError
 */
export function findStore(call: Elbv2Call, arn: string, right: "read" | "write"): TrustStore {
  checkArn(arn, "truststore");
  const state = right === "read" ? call.view : call.models.now();
  const store = state.stores.get(arn);
  if (store === undefined || !isVisible(call, store, right)) {
    throw refuse("TrustStoreNotFound", `One or more trust stores not found: '${arn}'`);
  }
  if (right === "write" && store.owner !== call.settings.accountId) {
    throw refuse("AccessDenied", `Trust store '${arn}' is owned by another account`);
  }
  return store;
}

/** Whether a read finds the store by now; a write finds it from the start. */
export function isVisible(call: Elbv2Call, store: TrustStore, right: "read" | "write" = "read"): boolean {
  if (store.owner !== call.settings.accountId && !store.shared) return false;
  return right === "write" || store.visibleAt <= call.now;
}

/**
 * One page of a list, by the parameters `Marker` and `PageSize`.
 *
 * @throws AwsRefused ValidationError
 */
export function pageOf<T>(
  query: Query,
  items: readonly T[],
  keyOf: (item: T) => string,
): { readonly page: readonly T[]; readonly next: string | undefined } {
  const size = query.integer("PageSize", 1, 400) ?? 400;
  const marker = query.text("Marker") ?? "";
  let from = 0;
  if (marker !== "") {
    const last = Buffer.from(marker, "base64url").toString();
    from = items.findIndex((item) => keyOf(item) === last) + 1;
    if (from === 0) throw refuse("ValidationError", `The marker '${marker}' is invalid`);
  }
  const page = items.slice(from, from + size);
  const end = page.at(-1);
  const more = from + page.length < items.length && end !== undefined;
  return { page, next: more ? Buffer.from(keyOf(end)).toString("base64url") : undefined };
}

/**
 * The file that three parameters name.
 *
 * @throws AwsRefused AccessDenied, and `missing` when there is no such object
 */
export function copyObject(
  call: Elbv2Call,
  at: { readonly bucket: string; readonly key: string; readonly version: string | undefined },
  missing: Elbv2RefusalCode,
): Copied {
  const found = call.readObject(at.bucket, at.key, at.version);
  if (found === "denied") throw refuse("AccessDenied", `Access denied to s3://${at.bucket}/${at.key}`);
  if (found === "missing") {
    const version = at.version === undefined ? "" : ` (version ${at.version})`;
    throw refuse(
      missing,
      `The S3 object '${at.key}'${version} could not be found in the bucket '${at.bucket}'`,
    );
  }
  return found;
}
