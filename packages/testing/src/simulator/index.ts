export type { Call, CallLog } from "./call-log.ts";
export { type LoopbackServer, serveOnLoopback } from "./loopback.ts";
export { operationOf, withOperation } from "./operation.ts";
export {
  type ListeningSimulation,
  type PlacedService,
  type SimulateOptions,
  type Simulation,
  simulate,
} from "./simulate.ts";
