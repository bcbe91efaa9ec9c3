import { createHash } from "node:crypto";
import { type StateOverTime, stateOverTime } from "../state.ts";
import type { DistributionConfig } from "./config.ts";

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** A distribution. */
export interface Distribution {
  readonly id: string;
  readonly arn: string;
  readonly domainName: string;
  readonly etag: string;
  readonly modifiedAt: number;
  /** From when on its status is `Deployed`. */
  readonly deployedAt: number;
  readonly config: DistributionConfig;
  /** What some edges may have had when the last change came in: what it names is in use until the change is deployed. */
  readonly superseded: readonly DistributionConfig[];
  readonly tags: Tags;
}

/** What a trust store holds, from a time on. */
export interface StoreContent {
  /** PEM of each CA certificate. */
  readonly anchors: readonly string[];
  /** `UseClientCertificateOCSPEndpoint`. */
  readonly ocsp: boolean;
}

/** A change to a trust store that CloudFront takes its time for. */
export interface StoreChange extends StoreContent {
  /** When it came in, and when it is through. */
  readonly at: number;
  readonly settledAt: number;
  /** Why it fails, if it does. */
  readonly failure: string | undefined;
  /** The ETag while it is under way, and after it. */
  readonly etags: { readonly before: string; readonly after: string };
}

/** A trust store. */
export interface TrustStore {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  /** What it held when the last change came in. */
  readonly settled: StoreContent;
  readonly change: StoreChange;
  /** When it was deleted: it can be read for a while after. */
  readonly deletedAt: number | undefined;
  readonly tags: Tags;
}

/** A configuration with nothing but a name of its own to it: an origin access control, a policy. */
export interface NamedConfig {
  readonly id: string;
  readonly name: string;
  readonly etag: string;
  readonly modifiedAt: number;
  /** The element as it was sent. */
  readonly xml: string;
}

/** The whole state: a value that is never changed, only followed by another. All maps are by id. */
export interface CloudfrontState {
  readonly distributions: ReadonlyMap<string, Distribution>;
  readonly trustStores: ReadonlyMap<string, TrustStore>;
  readonly accessControls: ReadonlyMap<string, NamedConfig>;
  readonly originRequestPolicies: ReadonlyMap<string, NamedConfig>;
  readonly responseHeadersPolicies: ReadonlyMap<string, NamedConfig>;
}

/** The state over time. */
export interface CloudfrontModels extends StateOverTime<CloudfrontState> {
  /** An id or an ETag, such as `E2QWRUHAPOMQZL`: the same in every run, never the same twice. */
  nextToken(): string;
  /** When each change was seen through for the first time, for stores that then flap. */
  readonly sightings: WeakMap<StoreChange, number>;
}

/** CloudFront without resources. */
export function cloudfrontModels(): CloudfrontModels {
  let issued = 0;
  return {
    ...stateOverTime<CloudfrontState>({
      distributions: new Map(),
      trustStores: new Map(),
      accessControls: new Map(),
      originRequestPolicies: new Map(),
      responseHeadersPolicies: new Map(),
    }),
    nextToken: () => {
      issued += 1;
      const hash = BigInt(`0x${createHash("sha256").update(`cloudfront ${issued}`).digest("hex")}`);
      return `E${hash.toString(36).toUpperCase().slice(0, 13)}`;
    },
    sightings: new WeakMap(),
  };
}

/** What distributions use. */
export type UsedKind = "trustStore" | "connectionFunction" | "certificate";

/**
 * The ARNs of the distributions that use something, for other services to refuse its deletion: by their configuration,
 * and by one that was replaced, until the new one was deployed and for `held` milliseconds after.
 *
 * @param reference the id of a trust store or connection function, the ARN of a certificate
 */
export function usersOf(
  state: CloudfrontState,
  kind: UsedKind,
  reference: string,
  { now, held }: { readonly now: number; readonly held: number },
): readonly string[] {
  return [...state.distributions.values()]
    .filter(({ config, superseded, deployedAt }) =>
      [config, ...(now < deployedAt + held ? superseded : [])].some((each) =>
        referencesOf(each, kind).includes(reference),
      ),
    )
    .map(({ arn }) => arn);
}

/** What a configuration names, of one kind. */
export function referencesOf(config: DistributionConfig, kind: UsedKind): readonly string[] {
  if (kind === "trustStore") return listOf(config.viewerMtls?.trustStore);
  if (kind === "connectionFunction") return listOf(config.connectionFunction);
  const { source, reference } = config.viewerCertificate;
  const clients = config.origins.flatMap(({ clientCertificate }) => listOf(clientCertificate));
  return [...(source === "acm" ? listOf(reference) : []), ...clients];
}

function listOf(reference: string | undefined): readonly string[] {
  return reference === undefined ? [] : [reference];
}
