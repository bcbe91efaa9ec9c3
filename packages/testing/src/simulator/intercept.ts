import { http } from "msw";
import { HttpNetworkFrame, WebSocketNetworkFrame } from "msw/experimental";
import { setupServer } from "msw/node";
import type { SimulatedService } from "../service.ts";

/** Interception of the requests of this process, by msw. */
export interface Interception {
  start(): void;
  stop(): void;
}

/**
 * Passes each request of this process to the service that owns its host. Loopback is left alone; a request to any
 * other host is an error.
 */
export function intercept(options: {
  readonly services: readonly SimulatedService[];
  readonly answer: (service: SimulatedService, request: Request) => Promise<Response>;
  /** Told of each request to a host that no service owns. */
  readonly unknown: (method: string, url: URL) => void;
}): Interception {
  const { services, answer, unknown } = options;
  const answers = new WeakMap<Request, Response>();
  const failures = new WeakMap<Request, Error>();
  let started = false;

  // What a resolver throws msw prints, and turns into status 500. What is thrown for a request that no handler
  // takes reaches the client as it is. So the answer is made while the handler decides whether to take the request.
  const take = async ({ request }: { request: Request }): Promise<boolean> => {
    const url = new URL(request.url);
    if (isLoopback(url.hostname)) return false;
    const service = services.find((candidate) => candidate.owns(url));
    if (service === undefined) {
      unknown(request.method, url);
      failures.set(request, noService(`${request.method} ${url.host}${url.pathname}`));
      return false;
    }
    const response = await answer(service, request.clone());
    if (response.type === "error") failures.set(request, hungUp());
    else answers.set(request, response);
    return response.type !== "error";
  };

  const server = setupServer(http.all(take, ({ request }) => answers.get(request)));

  return {
    start: () => {
      if (started) return;
      started = true;
      server.listen({
        onUnhandledFrame: ({ frame }) => {
          if (frame instanceof HttpNetworkFrame) {
            const failure = failures.get(frame.data.request);
            if (failure !== undefined) throw failure;
          } else if (frame instanceof WebSocketNetworkFrame) {
            const { host, hostname } = new URL(frame.data.connection.client.url);
            if (!isLoopback(hostname)) throw noService(`WebSocket ${host}`);
          }
        },
      });
    },
    stop: () => {
      if (!started) return;
      started = false;
      server.close();
    },
  };
}

/** What Node's own client says when the other side closes the connection. msw wants an `errno` on it. */
function hungUp(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET", errno: -104 });
}

function noService(request: string): Error {
  return Object.assign(new Error(`no simulated service owns the host of ${request}`), {
    code: "ERR_NO_SIMULATED_SERVICE",
    errno: -1,
  });
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname === "[::1]" ||
    hostname.endsWith(".localhost") ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
