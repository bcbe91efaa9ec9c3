import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { SecureVersion } from "node:tls";
import type { Clock } from "@handfast/core";
import type { CertificateFacts } from "./certificate-facts.ts";
import { AnswerTimeout, copyHeaders, sendBack } from "./forward-request.ts";
import { type LaggingView, laggingView } from "./lagging-view.ts";
import type { Address } from "./loopback.ts";
import { type OriginFailure, type OriginTarget, OriginUnreachable, type WarmLimits } from "./origin-agent.ts";
import { type OriginConnections, originConnections, type UsedConnection } from "./origin-connections.ts";
import { errorPage, type RefusalPage, rulePage } from "./refusal-page.ts";
import type { EdgeView, Source, VisitorView } from "./sources.ts";
import type { VisitorCertificate } from "./visitor-certificate.ts";
import { type EndingRule, visitorRules } from "./visitor-rules.ts";

/** An origin as the edge reaches it. */
export interface EdgeOrigin extends Address {
  /** The name in SNI, which a strict mode looks for in the origin's certificate. */
  readonly servername: string;
  /** Where plain HTTP goes in the SSL modes `off` and `flexible`. @default nothing listens there: visitors get 521 */
  readonly plain?: Address | undefined;
  /** The best TLS version that the edge offers to the origin. @default "TLSv1.3" */
  readonly maxVersion?: SecureVersion | undefined;
}

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
  readonly connection?: UsedConnection | undefined;
  /** A kept connection was found closed, and the request was sent again over a fresh one. */
  readonly retried: boolean;
  /** The certificate on the visitor's connection. */
  readonly visitor: VisitorCertificate;
  /** The rule that ended the request before it went to the origin. */
  readonly endedBy?: EndingRule | undefined;
}

/** One of an edge's servers: its own views, its own connections. */
export interface EdgeServer {
  handle(request: IncomingMessage, response: ServerResponse, visitor: VisitorCertificate): Promise<void>;
  /** What this server asks of visitors of a hostname by now. */
  visitorsOf(hostname: string): VisitorView | undefined;
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
  readonly connections: OriginConnections;
}

/** One server of an edge. */
export function edgeServer(options: EdgeServerOptions): EdgeServer {
  const { server, hostnames, clock, limits, originCa, lag } = options;
  const routes = new Map<string, Route>();
  const findEnding = visitorRules();
  const routeOf = (hostname: string): Route | undefined => {
    const known = routes.get(hostname);
    const entry = hostnames.get(hostname);
    if (known !== undefined || entry === undefined) return known;
    const view = laggingView(entry.source, clock, lag);
    const target = (): OriginTarget => targetOf(entry.origin, view.current());
    const route = { view, connections: originConnections({ target, clock, limits, originCa }) };
    routes.set(hostname, route);
    return route;
  };
  for (const hostname of hostnames.keys()) routeOf(hostname);

  return {
    visitorsOf: (hostname) => routeOf(hostname)?.view.current().visitors,
    handle: async (request, response, visitor) => {
      const at = clock.now();
      const ray = options.nextRay();
      const hostname = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
      const route = routeOf(hostname);
      const entry = { at, ray, server, hostname, visitor };
      const refuse = ({ status, headers, body }: RefusalPage, endedBy?: EndingRule): void => {
        options.record({ ...entry, status, retried: false, ...(endedBy === undefined ? {} : { endedBy }) });
        if (response.headersSent) response.destroy();
        else response.writeHead(status, { ...headers, "cf-ray": ray }).end(body);
      };
      if (route === undefined) {
        refuse(errorPage(409, 1001));
        return;
      }
      const { method = "GET", url: path = "/" } = request;
      const { rules = [] } = route.view.current().visitors ?? {};
      const ending = findEnding(rules, { hostname, method, path, certificate: visitor });
      if (ending !== undefined) {
        request.resume();
        refuse(rulePage(ending, { hostname, ray, accept: request.headers.accept }), ending);
        return;
      }
      const address = request.socket.remoteAddress ?? "";
      const before = request.headers["x-forwarded-for"];
      try {
        const body = await buffer(request);
        const sent = await route.connections.send({
          method,
          path,
          headers: {
            ...copyHeaders(request),
            "cf-ray": ray,
            "cf-connecting-ip": address,
            "x-forwarded-for": before === undefined ? address : `${before}, ${address}`,
            "x-forwarded-proto": "https",
          },
          body,
          timeoutMs: options.answerMs,
        });
        const { response: answer, connection, retried } = sent;
        options.record({ ...entry, status: answer.statusCode ?? 520, retried, connection });
        await sendBack(answer, response, { "cf-ray": ray });
      } catch (error) {
        const status = statusOf(error);
        refuse(errorPage(status, status));
      }
    },
    pending: () => Math.max(0, ...[...routes.values()].map(({ view }) => view.pending())),
    close: () => {
      for (const { view, connections } of routes.values()) {
        view.close();
        connections.close();
      }
    },
  };
}

function targetOf(origin: EdgeOrigin, { shows, sslMode }: EdgeView): OriginTarget {
  if (sslMode === "off" || sslMode === "flexible") return { name: "plain", address: () => origin.plain };
  const { servername, maxVersion } = origin;
  const judged = sslMode === "strict" || sslMode === "origin_pull";
  return { name: "tls", address: () => origin, tls: { servername, maxVersion, shows, judged } };
}

const statusOfFailure: Readonly<Record<OriginFailure, number>> = {
  refused: 521,
  late: 522,
  handshake: 525,
  untrusted: 526,
};

/** What Cloudflare answers for a failed origin pull (support page "Cloudflare 5xx errors"). */
function statusOf(error: unknown): number {
  if (error instanceof OriginUnreachable) return statusOfFailure[error.failure];
  return error instanceof AnswerTimeout ? 524 : 520;
}
