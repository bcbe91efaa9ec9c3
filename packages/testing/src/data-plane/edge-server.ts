import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Clock } from "@handfast/core";
import type { CertificateFacts } from "./certificate-facts.ts";
import { AnswerTimeout, copyHeaders, forwardRequest, sendBack } from "./forward-request.ts";
import { type LaggingView, laggingView } from "./lagging-view.ts";
import { type EdgeOrigin, OriginAgent, OriginUnreachable, type WarmLimits } from "./origin-agent.ts";
import type { EdgeView, Source } from "./sources.ts";

/** One hostname behind an edge. */
export interface EdgeHostname {
  readonly source: Source<EdgeView>;
  readonly origin: EdgeOrigin;
}

/** A request as an edge server saw it through. */
export interface EdgeRequest {
  /** When it came, in milliseconds since the epoch, on the edge's clock. */
  readonly at: number;
  /** The id that visitor and origin get in `cf-ray`. */
  readonly ray: string;
  /** Which server, from 0. */
  readonly server: number;
  readonly hostname: string;
  /** What the visitor got. */
  readonly status: number;
  /** The connection that carried the answer; absent where there was no answer. */
  readonly connection?:
    | {
        /** Counts this server's connections for the hostname, from 1. */
        readonly number: number;
        /** Milliseconds since the epoch: proof that dates from before a change tells nothing about it. */
        readonly openedAt: number;
        /** Serial (upper-case hex) of the certificate that the edge was ready to show on it; absent for none. */
        readonly shown?: string | undefined;
        /** It had carried a request before. */
        readonly reused: boolean;
      }
    | undefined;
  /** A kept connection was found closed, and the request was sent again over a fresh one. */
  readonly retried: boolean;
}

/** One of an edge's servers: its own views, its own connections. */
export interface EdgeServer {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** How many changes have not reached this server yet. */
  pending(): number;
  close(): void;
}

/** What the servers of one edge have in common. */
export interface EdgeServerOptions {
  readonly server: number;
  readonly hostnames: ReadonlyMap<string, EdgeHostname>;
  readonly lag: () => number;
  readonly clock: Clock;
  readonly limits: WarmLimits;
  readonly originCa: readonly CertificateFacts[];
  readonly nextRay: () => string;
  readonly record: (entry: EdgeRequest) => void;
  readonly answerMs: number;
}

interface Route {
  readonly view: LaggingView<EdgeView>;
  readonly kept: OriginAgent;
  readonly fresh: OriginAgent;
}

/** One server of an edge. */
export function edgeServer(options: EdgeServerOptions): EdgeServer {
  const { server, hostnames, clock, limits, originCa, lag } = options;
  const routes = new Map<string, Route>();
  const routeOf = (hostname: string): Route | undefined => {
    const known = routes.get(hostname);
    const entry = hostnames.get(hostname);
    if (known !== undefined || entry === undefined) return known;
    const view = laggingView(entry.source, clock, lag);
    let opened = 0;
    const nextNumber = (): number => ++opened;
    const agent = { origin: entry.origin, view: view.current, clock, originCa, nextNumber };
    const route = {
      view,
      kept: new OriginAgent({ ...agent, limits }),
      fresh: new OriginAgent({ ...agent, limits: { perServer: 0 } }),
    };
    routes.set(hostname, route);
    return route;
  };
  for (const hostname of hostnames.keys()) routeOf(hostname);

  return {
    handle: async (request, response) => {
      const at = clock.now();
      const ray = options.nextRay();
      const hostname = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
      const route = routeOf(hostname);
      const entry = { at, ray, server, hostname };
      const refuse = (status: number, text: string): void => {
        options.record({ ...entry, status, retried: false });
        if (response.headersSent) response.destroy();
        else response.writeHead(status, { "content-type": "text/plain", "cf-ray": ray }).end(text);
      };
      if (route === undefined) {
        refuse(409, "error code: 1001");
        return;
      }
      const visitor = request.socket.remoteAddress ?? "";
      const before = request.headers["x-forwarded-for"];
      try {
        const body = await buffer(request);
        route.kept.dropOld();
        const forwarded = await forwardRequest({
          method: request.method ?? "GET",
          path: request.url ?? "/",
          headers: {
            ...copyHeaders(request),
            "cf-ray": ray,
            "cf-connecting-ip": visitor,
            "x-forwarded-for": before === undefined ? visitor : `${before}, ${visitor}`,
            "x-forwarded-proto": "https",
          },
          body,
          to: {},
          kept: route.kept,
          fresh: route.fresh,
          timeoutMs: options.answerMs,
        });
        const agent = forwarded.retried ? route.fresh : route.kept;
        const connection = agent.connectionOf(forwarded.response.socket);
        options.record({
          ...entry,
          status: forwarded.response.statusCode ?? 520,
          retried: forwarded.retried,
          connection: connection && {
            number: connection.number,
            openedAt: connection.openedAt,
            shown: connection.shown,
            reused: forwarded.reused,
          },
        });
        await sendBack(forwarded.response, response, { "cf-ray": ray });
      } catch (error) {
        const status = statusOf(error);
        refuse(status, `error code: ${status}`);
      }
    },
    pending: () => Math.max(0, ...[...routes.values()].map(({ view }) => view.pending())),
    close: () => {
      for (const { view, kept, fresh } of routes.values()) {
        view.close();
        kept.destroy();
        fresh.destroy();
      }
    },
  };
}

/** What Cloudflare answers for a failed origin pull (support page "Cloudflare 5xx errors"). */
function statusOf(error: unknown): number {
  if (error instanceof OriginUnreachable) return error.status;
  return error instanceof AnswerTimeout ? 524 : 520;
}
