import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { type Clock, systemClock } from "@handfast/core";
import { readOriginCa } from "./check-server.ts";
import { type EdgeHostname, type EdgeRequest, edgeServer } from "./edge-server.ts";
import { type Address, listenOnLoopback, openSockets, stopListening } from "./loopback.ts";
import type { WarmLimits } from "./origin-agent.ts";
import { checkPair } from "./tls-pair.ts";
import { noCertificate, type VisitorCertificate } from "./visitor-certificate.ts";
import { visitorReception } from "./visitor-reception.ts";

/** What to build an edge of. */
export interface EdgeOptions {
  /** Each hostname's association and origin. Names added to a map later are served too. */
  readonly hostnames: ReadonlyMap<string, EdgeHostname> | Readonly<Record<string, EdgeHostname>>;
  /** What visitors see: a certificate for all hostnames (its chain may follow) and its key, PEM. */
  readonly visitorTls: { readonly certificate: string; readonly key: string };
  /** Dates changes, requests and connections. @default systemClock */
  readonly clock?: Clock | undefined;
  /** How many servers, each with its own views and connections. @default 2 */
  readonly servers?: number | undefined;
  /** How long a change takes to reach a server (from 0), in milliseconds on the clock. @default 0 */
  readonly lag?: ((server: number) => number) | undefined;
  /** Which connections to origins are kept. @default 4 per server and hostname, 100 requests, 60 seconds */
  readonly warm?: WarmLimits | undefined;
  /** PEM of each CA that `strict` and `origin_pull` take origin certificates from. @default none */
  readonly originCa?: readonly string[] | undefined;
  /** How long an origin may take to answer, in real milliseconds; then the visitor gets 524. @default 100000 */
  readonly answerMs?: number | undefined;
}

/** A running edge. */
export interface Edge {
  /** One address whose connections go to the servers in turn. */
  readonly front: Address;
  /** The servers' own addresses. */
  readonly servers: readonly Address[];
  /** Every request, in the order in which they were answered. */
  readonly requests: readonly EdgeRequest[];
  /** The most changes that any server still has to pick up, for any hostname. */
  pending(): number;
  /** Closes every server and connection. */
  close(): Promise<void>;
}

const handshakeMs = 10_000;

/**
 * The data plane of a simulated Cloudflare: an HTTPS front for visitors that passes requests to origins and presents
 * what is associated with the hostname. Connections to origins are kept warm: one that was opened before a change goes
 * on being used with what was shown when it was opened, up to its age or number of requests.
 *
 * Where the view says so, visitors are asked for a certificate in the handshake, which never fails for it: the rules of
 * the view decide, request by request, and whom one blocks gets 403 with error 1020. What a connection has shown, and
 * how it was judged, holds until it ends.
 *
 * A visitor gets 521 (origin refuses TCP), 522 (no connection in time), 525 (TLS handshake failed), 526 (strict, and
 * the origin's certificate is not good), 520 (closed after the handshake, as a refusal under TLS 1.3 is) or 524 (no
 * answer in time), after the support page "Cloudflare 5xx errors".
 *
 * Throws a `HandfastError` (`CERTIFICATE_UNREADABLE`, `KEY_UNREADABLE`, `KEY_MISMATCH`) for a pair that no server can
 * use or a CA that can't be read, and a `TypeError` for a number of servers below 1.
 *
 * @example
 * ```ts
 * import { type Address, edge, type EdgeView, type Source } from "@handfast/testing";
 *
 * export function startEdge(source: Source<EdgeView>, balancer: Address, visitorTls: { certificate: string; key: string }) {
 *   const origin = { ...balancer, servername: "origin.example.com" };
 *   return edge({ hostnames: { "app.example.com": { source, origin } }, visitorTls, lag: (server) => server * 2_000 });
 * }
 * ```
 */
export async function edge(options: EdgeOptions): Promise<Edge> {
  const { visitorTls, clock = systemClock, servers = 2, lag = () => 0, warm = { perServer: 4 } } = options;
  if (!Number.isInteger(servers) || servers < 1) throw new TypeError("edge: servers must be 1 or more");
  checkPair("edge", visitorTls);
  const requests: EdgeRequest[] = [];
  const hostnames = isMap(options.hostnames) ? options.hostnames : new Map(Object.entries(options.hostnames));
  const originCa = readOriginCa("edge", options.originCa ?? []);
  const sockets = openSockets();
  let rays = 0;

  const parts = Array.from({ length: servers }, (_, server) => {
    const running = edgeServer({
      server,
      hostnames,
      lag: () => lag(server),
      clock,
      limits: warm,
      originCa,
      nextRay: () => `${(++rays).toString(16).padStart(16, "0")}-S${server}`,
      record: (entry) => requests.push(entry),
      answerMs: options.answerMs ?? 100_000,
    });
    const certificates = new WeakMap<Socket, VisitorCertificate>();
    const http = createHttpServer(
      { maxHeaderSize: 128 * 1024, keepAliveTimeout: 60_000 },
      (request, response) =>
        void running.handle(request, response, certificates.get(request.socket) ?? noCertificate),
    );
    const receive = visitorReception({
      server,
      visitorTls,
      clock,
      handshakeMs,
      viewOf: running.visitorsOf,
      accept: (tls, certificate) => {
        certificates.set(tls, certificate);
        http.emit("connection", tls);
      },
    });
    const take = (raw: Socket): void => {
      sockets.add(raw);
      receive(raw);
    };
    return { running, take, listener: createServer(take) };
  });

  let connected = 0;
  const frontServer = createServer((raw) => parts[connected++ % servers]?.take(raw));
  const addresses = await Promise.all(parts.map(({ listener }) => listenOnLoopback(listener)));
  const front = await listenOnLoopback(frontServer);

  return {
    front,
    servers: addresses,
    requests,
    pending: () => Math.max(...parts.map(({ running }) => running.pending())),
    close: async () => {
      const closed = [frontServer, ...parts.map(({ listener }) => listener)].map(stopListening);
      for (const { running } of parts) running.close();
      sockets.destroyAll();
      await Promise.all(closed);
    },
  };
}

function isMap(hostnames: EdgeOptions["hostnames"]): hostnames is ReadonlyMap<string, EdgeHostname> {
  return hostnames instanceof Map;
}
