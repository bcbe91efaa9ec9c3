/** `@handfast/testing`: simulated providers with a real TLS data plane, clocks, faults, and conformance suites. */
export type { AccessKey } from "./aws/access.ts";
export type { AcmInventory, AcmOptions, IssuedCertificate } from "./aws/acm/acm.ts";
export type { AcmLags, AcmQuotas } from "./aws/acm/call.ts";
export {
  type Aws,
  type AwsOptions,
  aws,
  type BucketOptions,
} from "./aws/aws.ts";
export type { AddedDistribution } from "./aws/cloudfront/cloudfront.ts";
export type { CloudfrontInventory } from "./aws/cloudfront/inventory.ts";
export type { NewBehaviour, NewDistribution, NewOrigin } from "./aws/cloudfront/new-distribution.ts";
export type { CloudfrontLags, CloudfrontOptions, CloudfrontQuotas } from "./aws/cloudfront/settings.ts";
export type { EdgeFunctionInventory, InventoriedStage } from "./aws/connection-functions/edge-functions.ts";
export type {
  ConnectionFunctionOptions,
  ConnectionFunctionQuotas,
} from "./aws/connection-functions/settings.ts";
export type { PrincipalOptions } from "./aws/credentials.ts";
export type { ForeignTrustStoreOptions, ListenerOptions } from "./aws/elbv2/additions.ts";
export type { Elbv2Lags, Elbv2Quotas } from "./aws/elbv2/call.ts";
export type { AskedRight, PolicyDocument, PolicyStatement } from "./aws/iam/models.ts";
export type { AwsInventory } from "./aws/inventory.ts";
export { type KeyValueStoreEndpoint, keyValueStoreEndpoint } from "./aws/key-value-store/client-endpoint.ts";
export type { KeyValueLags, KeyValueOptions, KeyValueQuotas } from "./aws/key-value-store/settings.ts";
export {
  type FunctionCode,
  type FunctionContext,
  FunctionFailure,
  type FunctionOptions,
} from "./aws/lambda/functions.ts";
export type { Versioning } from "./aws/s3/models.ts";
export type { OriginRead, SiteOrigin } from "./aws/s3/site-origin.ts";
export type { AddedServerlessCa, ServerlessCaOptions } from "./aws/serverless-ca/serverless-ca.ts";
export { scaledClock, type TurnableClock, turnableClock } from "./clock.ts";
export {
  type CloudflareOptions,
  cloudflare,
  type NewToken,
  type SimulatedCloudflare,
} from "./cloudflare/cloudflare.ts";
export type { CloudflareEdgeView, SharedCertificate } from "./cloudflare/edge-view.ts";
export type { CloudflareInventory, InventoriedRule } from "./cloudflare/inventory.ts";
export type { NewAccountCertificate } from "./cloudflare/mtls-certificates/add-certificate.ts";
export type { AccountCertificateType } from "./cloudflare/mtls-certificates/models.ts";
export type { BatchHandling, Deployments } from "./cloudflare/origin-pull/models.ts";
export type { ChainHandling } from "./cloudflare/origin-pull/read-upload.ts";
export type { CloudflarePermission } from "./cloudflare/permission.ts";
export type { CloudflareQuotas } from "./cloudflare/quotas.ts";
export type { CloudflareRateLimit } from "./cloudflare/rate-limit.ts";
export type { CloudflareTiming } from "./cloudflare/timing.ts";
export type { NewCustomRule, NewRecord, NewRule, NewZone } from "./cloudflare/world.ts";
export type { CloudflarePlan, SslMode, ZoneSettings } from "./cloudflare/zones/models.ts";
export type { ConnectionRecord } from "./data-plane/balancer-node.ts";
export type { OcspResponder } from "./data-plane/certificate-status.ts";
export type { RefusalReason } from "./data-plane/check-client.ts";
export type { ViewerRefusal } from "./data-plane/check-viewer.ts";
export {
  type ConnectionEvent,
  type ConnectionEventOptions,
  type EventCertificate,
  type EventRevocation,
  makeConnectionEvent,
} from "./data-plane/connection-event.ts";
export {
  type ConnectionFunctionResult,
  type ConnectionFunctionRun,
  runConnectionFunction,
} from "./data-plane/connection-function.ts";
export {
  type DistributionNode,
  type DistributionNodes,
  type DistributionNodesOptions,
  distributionNodes,
} from "./data-plane/distribution-nodes.ts";
export type { DistributionRequest, FetchFromS3, ResolveOrigin } from "./data-plane/distribution-requests.ts";
export type { ViewerConnection } from "./data-plane/distribution-viewers.ts";
export { type Edge, type EdgeOptions, edge } from "./data-plane/edge.ts";
export type { EdgeHostname, EdgeOrigin, EdgeRequest } from "./data-plane/edge-server.ts";
export type { KeyValueSources } from "./data-plane/key-value-views.ts";
export {
  type BalancerNode,
  type LoadBalancerNodes,
  type LoadBalancerOptions,
  loadBalancerNodes,
} from "./data-plane/load-balancer-nodes.ts";
export type { Address } from "./data-plane/loopback.ts";
export type { WarmLimits } from "./data-plane/origin-agent.ts";
export type { UsedConnection } from "./data-plane/origin-connections.ts";
export { type OriginRequest, type OriginServer, originServer } from "./data-plane/origin-server.ts";
export { type DirectAnswer, type DirectRequest, requestDirectly } from "./data-plane/request-directly.ts";
export {
  type RequestCounts,
  type RequestFailure,
  type RequestStream,
  type RequestStreamOptions,
  requestStream,
} from "./data-plane/request-stream.ts";
export type {
  DistributionBehaviour,
  DistributionOrigin,
  DistributionView,
  EdgeView,
  ListenerView,
  Source,
  VisitorView,
} from "./data-plane/sources.ts";
export type { VisitorCertificate } from "./data-plane/visitor-certificate.ts";
export type { EndingRule } from "./data-plane/visitor-rules.ts";
export {
  type Fault,
  type FaultCall,
  type FaultInForce,
  type FaultMoment,
  type FaultRule,
  type Faults,
  faults,
} from "./faults.ts";
export type { SimulatedService } from "./service.ts";
export type { Call, CallLog } from "./simulator/call-log.ts";
export { type LoopbackServer, serveOnLoopback } from "./simulator/loopback.ts";
export { operationOf, withOperation } from "./simulator/operation.ts";
export {
  type ListeningSimulation,
  type PlacedService,
  type SimulateOptions,
  type Simulation,
  simulate,
} from "./simulator/simulate.ts";
