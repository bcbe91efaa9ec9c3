/** Between the wire's words and the port's. Written against shapes, so that it needs no SDK. */
import { HandfastError } from "@handfast/core";
import type { BehaviourRecord, DistributionRecord, OriginRecord, ViewerBlock } from "./port.ts";

interface Items<T> {
  readonly Items?: readonly T[] | undefined;
}

/** CloudFront API `ViewerMtlsConfig`. */
export interface ViewerShape {
  readonly Mode?: string | undefined;
  readonly TrustStoreConfig?:
    | {
        readonly TrustStoreId?: string | undefined;
        readonly AdvertiseTrustStoreCaNames?: boolean | undefined;
        readonly IgnoreCertificateExpiry?: boolean | undefined;
      }
    | undefined;
}

/** CloudFront API `Origin`, as far as it is read. */
interface OriginShape {
  readonly Id?: string | undefined;
  readonly DomainName?: string | undefined;
  readonly S3OriginConfig?: object | undefined;
  readonly CustomOriginConfig?:
    | {
        readonly OriginProtocolPolicy?: string | undefined;
        readonly OriginMtlsConfig?: { readonly ClientCertificateArn?: string | undefined } | undefined;
      }
    | undefined;
  readonly VpcOriginConfig?: object | undefined;
  readonly OriginShield?: { readonly Enabled?: boolean | undefined } | undefined;
}

/** CloudFront API `CacheBehavior` and `DefaultCacheBehavior`, as far as they are read. */
interface BehaviourShape {
  readonly PathPattern?: string | undefined;
  readonly TargetOriginId?: string | undefined;
  readonly ViewerProtocolPolicy?: string | undefined;
  readonly CachePolicyId?: string | undefined;
  readonly OriginRequestPolicyId?: string | undefined;
  readonly LambdaFunctionAssociations?: Items<{ readonly EventType?: string | undefined }> | undefined;
  readonly GrpcConfig?: { readonly Enabled?: boolean | undefined } | undefined;
}

/** What `DistributionConfig` and `DistributionSummary` have in common, as far as it is read. */
export interface ConfigShape {
  readonly Aliases?: Items<string> | undefined;
  readonly Origins?: Items<OriginShape> | undefined;
  readonly OriginGroups?:
    | Items<{
        readonly Id?: string | undefined;
        readonly Members?: Items<{ readonly OriginId?: string | undefined }> | undefined;
      }>
    | undefined;
  readonly DefaultCacheBehavior?: BehaviourShape | undefined;
  readonly CacheBehaviors?: Items<BehaviourShape> | undefined;
  readonly HttpVersion?: string | undefined;
  readonly ConnectionMode?: string | undefined;
  readonly ViewerMtlsConfig?: ViewerShape | undefined;
  readonly ConnectionFunctionAssociation?: { readonly Id?: string | undefined } | undefined;
}

/** What `Distribution` and `DistributionSummary` have in common. */
export interface DistributionShape {
  readonly ARN?: string | undefined;
  readonly Status?: string | undefined;
  readonly DomainName?: string | undefined;
}

/** A distribution from its description and its configuration; a summary is both. */
export function toDistribution(
  { ARN = "", Status, DomainName = "" }: DistributionShape,
  config: ConfigShape,
): DistributionRecord {
  const { CacheBehaviors, DefaultCacheBehavior = {}, OriginGroups } = config;
  return {
    arn: ARN,
    domainName: DomainName,
    aliases: config.Aliases?.Items ?? [],
    deployed: Status === "Deployed",
    // What the service does when nothing is said (CloudFront API `DistributionConfig`).
    httpVersion: (config.HttpVersion ?? "http2").toLowerCase(),
    connectionMode: config.ConnectionMode ?? "direct",
    viewer: readViewer(config.ViewerMtlsConfig, ARN),
    connectionFunctionId: config.ConnectionFunctionAssociation?.Id,
    behaviours: [
      ...(CacheBehaviors?.Items ?? []).map(toBehaviour),
      toBehaviour({ ...DefaultCacheBehavior, PathPattern: "*" }),
    ],
    origins: (config.Origins?.Items ?? []).map(toOrigin),
    originGroups: (OriginGroups?.Items ?? []).map(({ Id = "", Members }) => ({
      id: Id,
      originIds: (Members?.Items ?? []).map(({ OriginId = "" }) => OriginId),
    })),
  };
}

/**
 * Who may be refused, from the block; no block is `off`.
 *
 * @param where what was read, for the error
 * @throws HandfastError `REMOTE_UNEXPECTED` for a mode that is not known here: what it refuses can't be told
 */
export function readViewer(block: ViewerShape | undefined, where: string): ViewerBlock {
  const { Mode: mode, TrustStoreConfig: trust } = block ?? {};
  if (mode === undefined && trust === undefined) return { mode: "off" };
  if (mode === "passthrough") return { mode };
  if ((mode === "optional" || mode === "required") && trust?.TrustStoreId !== undefined) {
    return {
      mode,
      storeId: trust.TrustStoreId,
      ignoreExpiry: trust.IgnoreCertificateExpiry ?? false,
      advertiseNames: trust.AdvertiseTrustStoreCaNames ?? false,
    };
  }
  const lacks = trust?.TrustStoreId === undefined ? " without a trust store" : "";
  throw new HandfastError(
    "REMOTE_UNEXPECTED",
    `read distribution failed [distribution=${where}]: the service answered with viewer mTLS ${mode ?? "of no mode"}${lacks}, which this version does not know; update handfast`,
    { operation: "GetDistribution", object: where, facts: { mode: mode ?? "" } },
  );
}

function toOrigin({
  Id = "",
  DomainName = "",
  CustomOriginConfig,
  VpcOriginConfig,
  OriginShield,
}: OriginShape): OriginRecord {
  const origin = { id: Id, domainName: DomainName, shielded: OriginShield?.Enabled === true };
  if (CustomOriginConfig === undefined)
    return { ...origin, kind: VpcOriginConfig === undefined ? "s3" : "vpc" };
  const { OriginProtocolPolicy: policy, OriginMtlsConfig } = CustomOriginConfig;
  return {
    ...origin,
    kind: "custom",
    // What is not known may be plain HTTP, as far as anybody here can tell.
    protocolPolicy: policy === "https-only" || policy === "match-viewer" ? policy : "http-only",
    clientCertificateArn: OriginMtlsConfig?.ClientCertificateArn,
  };
}

function toBehaviour(behaviour: BehaviourShape): BehaviourRecord {
  const events = (behaviour.LambdaFunctionAssociations?.Items ?? []).map(({ EventType = "" }) => EventType);
  const policy = behaviour.ViewerProtocolPolicy;
  return {
    pathPattern: behaviour.PathPattern ?? "",
    originId: behaviour.TargetOriginId ?? "",
    viewerProtocolPolicy: policy === "https-only" || policy === "redirect-to-https" ? policy : "allow-all",
    cachePolicyId: behaviour.CachePolicyId,
    originRequestPolicyId: behaviour.OriginRequestPolicyId,
    lambdaAtEdge: events.length > 0,
    lambdaAtOrigin: events.some((event) => event.startsWith("origin-")),
    grpc: behaviour.GrpcConfig?.Enabled === true,
  };
}
