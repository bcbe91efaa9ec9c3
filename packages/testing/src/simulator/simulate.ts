import { type Clock, systemClock } from "@handfast/core";
import type { SimulatedService } from "../service.ts";
import { type CallLog, callLog } from "./call-log.ts";
import { intercept } from "./intercept.ts";
import { type LoopbackServer, serveOnLoopback } from "./loopback.ts";
import { operationOf } from "./operation.ts";

/** A service that hands out addresses of other services, and so must know where on loopback they are. */
export interface PlacedService extends SimulatedService {
  /** Called by {@link Simulation.listen} with the origin of every service, by name. */
  placedAt(origins: Readonly<Record<string, string>>): void;
}

/** Options of {@link simulate}. */
export interface SimulateOptions {
  readonly services: readonly SimulatedService[];
  /** Dates the call log. Defaults to the machine's clock; pass the one that the services were made with. */
  readonly clock?: Clock | undefined;
}

/** Simulated services, reachable. */
export interface Simulation {
  /**
   * From now on requests of this process to the providers' real hosts reach the services. Loopback is left
   * alone; a request to any other host fails with an error that names it.
   */
  start(): void;
  /** Undoes `start`, if it was called. */
  stop(): void;
  /** Starts one plain HTTP server on loopback per service. */
  listen(): Promise<ListeningSimulation>;
  /** What was called, in both ways. */
  readonly log: CallLog;
}

/** Services on loopback. */
export interface ListeningSimulation {
  /** Origin by service name, e.g. `{ s3: "http://127.0.0.1:41234" }`. */
  readonly origins: Readonly<Record<string, string>>;
  /** Ends the servers and every connection to them. */
  close(): Promise<void>;
}

/**
 * Makes simulated services reachable: in the process by intercepting requests, and over plain HTTP on loopback.
 *
 * @throws {TypeError} when two services have the same name
 * @example
 * ```ts
 * import { aws, simulate, turnableClock } from "@handfast/testing";
 *
 * const clock = turnableClock();
 * const cloud = aws({ region: "eu-west-1", clock });
 * const simulation = simulate({ services: [cloud.s3, cloud.elbv2], clock });
 * const { origins, close } = await simulation.listen();
 * export const endpoints: readonly (string | undefined)[] = [origins.s3, origins.elbv2];
 * await close();
 * ```
 */
export function simulate({ services, clock = systemClock }: SimulateOptions): Simulation {
  const names = new Set(services.map(({ name }) => name));
  if (names.size !== services.length) throw new TypeError("simulate needs services with different names");
  const log = callLog();
  const answer = async (service: SimulatedService, request: Request): Promise<Response> => {
    const at = clock.now();
    const fallback = `${request.method} ${new URL(request.url).pathname}`;
    const response = await service.handle(request);
    log.record({
      service: service.name,
      operation: operationOf(response) ?? fallback,
      at,
      status: response.status,
    });
    return response;
  };

  const interception = intercept({
    services,
    answer,
    unknown: (method, url) =>
      log.record({
        service: "unknown",
        operation: `${method} ${url.host}${url.pathname}`,
        at: clock.now(),
        status: 0,
      }),
  });

  return {
    log,
    start: interception.start,
    stop: interception.stop,
    listen: async () => {
      const servers: [string, LoopbackServer][] = [];
      const close = async (): Promise<void> => {
        await Promise.all(servers.map(([, { close }]) => close()));
      };
      try {
        for (const service of services) {
          servers.push([service.name, await serveOnLoopback((request) => answer(service, request))]);
        }
      } catch (error) {
        await close();
        throw error;
      }
      const origins = Object.fromEntries(servers.map(([name, { origin }]) => [name, origin]));
      for (const service of services) if (isPlaced(service)) service.placedAt(origins);
      return { origins, close };
    },
  };
}

function isPlaced(service: SimulatedService): service is PlacedService {
  return "placedAt" in service;
}
