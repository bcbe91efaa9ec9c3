export type { ConnectionRecord } from "./balancer-node.ts";
export type { RefusalReason } from "./check-client.ts";
export { type Edge, type EdgeOptions, edge } from "./edge.ts";
export type { EdgeHostname, EdgeRequest } from "./edge-server.ts";
export {
  type BalancerNode,
  type LoadBalancerNodes,
  type LoadBalancerOptions,
  loadBalancerNodes,
} from "./load-balancer-nodes.ts";
export type { Address } from "./loopback.ts";
export type { EdgeOrigin, WarmLimits } from "./origin-agent.ts";
export { type OriginRequest, type OriginServer, originServer } from "./origin-server.ts";
export { type DirectAnswer, type DirectRequest, requestDirectly } from "./request-directly.ts";
export {
  type RequestCounts,
  type RequestFailure,
  type RequestStream,
  type RequestStreamOptions,
  requestStream,
} from "./request-stream.ts";
export type { EdgeView, ListenerView, Source } from "./sources.ts";
