import { Agent, createServer, type RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { type Clock, systemClock } from "@handfast/core";
import { type ConnectionRecord, crlReader, type Terminator, terminator } from "./balancer-node.ts";
import { mtlsHeaderPrefix } from "./certificate-headers.ts";
import { closeWhenIdle } from "./close-when-idle.ts";
import { copyHeaders, forwardRequest, sendBack } from "./forward-request.ts";
import { type LaggingView, laggingView } from "./lagging-view.ts";
import type { Address } from "./loopback.ts";
import { listenForNodes } from "./node-listeners.ts";
import type { ListenerView, Source } from "./sources.ts";
import { checkPair } from "./tls-pair.ts";

/** What to build a balancer of. */
export interface LoadBalancerOptions {
  /** What the control plane has; every node follows it in its own time. */
  readonly source: Source<ListenerView>;
  /** How many nodes. @default 3 */
  readonly nodes?: number | undefined;
  /** How long a change takes to reach a node (from 0), in milliseconds on the clock. @default 0 */
  readonly lag?: ((node: number) => number) | undefined;
  /** Dates the changes, the records and the validity of certificates. @default systemClock */
  readonly clock?: Clock | undefined;
  /** The listener's own certificate (its chain may follow) and key, PEM. */
  readonly server: { readonly certificate: string; readonly key: string };
  /**
   * Where requests go: the address of a plain HTTP server, or a function that answers them. The function finds the
   * balancer's headers in `request.headers`; `rawHeaders` is what the client sent.
   */
  readonly target: URL | RequestListener;
  /** Closes a connection that carries nothing for so long, in real milliseconds. @default 60000 */
  readonly idleMs?: number | undefined;
  /** Whether a chain may end at an anchor that is no root; AWS does not say. @default "refuse" */
  readonly intermediateAnchors?: "refuse" | "accept" | undefined;
  /** Called with each line of the connection log. */
  readonly log?: ((entry: ConnectionRecord) => void) | undefined;
}

/** One TLS server of a balancer. */
export interface BalancerNode extends Address {
  /** What the node enforces on a connection that comes now. */
  view(): ListenerView;
  /** How many changes have not reached the node yet. */
  pending(): number;
}

/** A running balancer. */
export interface LoadBalancerNodes {
  readonly nodes: readonly BalancerNode[];
  /** One address whose connections go to the nodes in turn. */
  readonly front: Address;
  /** The nodes' addresses in turn, as a name server would give them. */
  resolve(): Address;
  /** The connection log, oldest first. */
  readonly connections: readonly ConnectionRecord[];
  /** Closes every server and connection. */
  close(): Promise<void>;
}

const handshakeMs = 10_000;
const answerMs = 60_000;

/**
 * The data plane of a simulated Application Load Balancer: several real TLS servers on loopback, which pick up a
 * change of the listener one after the other. HTTP/1.1, TLS 1.2 and 1.3; no resumption once certificates are asked for.
 * A refused client's connection is reset and gets no HTTP answer (user guide page "Mutual authentication with TLS in
 * Application Load Balancer"). What a connection has negotiated holds until it ends. A listener speaks no HTTP/2 and no
 * WebSocket.
 *
 * Throws a `HandfastError` (`CERTIFICATE_UNREADABLE`, `KEY_UNREADABLE`, `KEY_MISMATCH`) for a pair that no server can
 * use, and a `TypeError` for a number of nodes below 1.
 *
 * @example
 * ```ts
 * import { type ListenerView, loadBalancerNodes, type Source } from "@handfast/testing";
 *
 * export async function countNodes(listener: Source<ListenerView>, server: { certificate: string; key: string }) {
 *   const balancer = await loadBalancerNodes({
 *     source: listener,
 *     lag: (node) => node * 5_000,
 *     server,
 *     target: (_request, response) => response.end("hello"),
 *   });
 *   await balancer.close();
 *   return balancer.nodes.length;
 * }
 * ```
 */
export async function loadBalancerNodes(options: LoadBalancerOptions): Promise<LoadBalancerNodes> {
  const { source, nodes = 3, lag = () => 0, clock = systemClock, server, target, idleMs = 60_000 } = options;
  if (!Number.isInteger(nodes) || nodes < 1)
    throw new TypeError("loadBalancerNodes: nodes must be 1 or more");
  checkPair("loadBalancerNodes", server);
  const connections: ConnectionRecord[] = [];
  const record = (entry: ConnectionRecord): void => {
    connections.push(entry);
    options.log?.(entry);
  };
  const kept = new Agent({ keepAlive: true });
  const fresh = new Agent({ keepAlive: false });
  const readCrl = crlReader();

  const parts = Array.from({ length: nodes }, (_, node) => {
    const view: LaggingView<ListenerView> = laggingView(source, clock, () => lag(node));
    const http = createServer({ maxHeaderSize: 64 * 1024 });
    const tls = terminator({
      node,
      server,
      clock,
      intermediateAnchors: options.intermediateAnchors === "accept",
      view: view.current,
      http,
      record,
      handshakeMs,
      readCrl,
    });
    closeWhenIdle(http, idleMs);
    http.on("request", targetOf(target, tls, { kept, fresh }));
    return { view, tls };
  });
  const listeners = await listenForNodes(parts.map(({ tls }) => tls.handle));

  return {
    nodes: parts.map(({ view }, index) => ({
      ...(listeners.addresses[index] ?? listeners.front),
      view: view.current,
      pending: view.pending,
    })),
    front: listeners.front,
    resolve: listeners.resolve,
    connections,
    close: async () => {
      for (const { view } of parts) view.close();
      kept.destroy();
      fresh.destroy();
      await listeners.close();
    },
  };
}

function targetOf(
  target: URL | RequestListener,
  tls: Terminator,
  agents: { readonly kept: Agent; readonly fresh: Agent },
): RequestListener {
  return async (request, response) => {
    const { headers, clientAddress } = tls.negotiated(request);
    // A client that may set these headers itself could pass for anyone.
    for (const name of Object.keys(request.headers)) {
      if (name.startsWith(mtlsHeaderPrefix)) delete request.headers[name];
    }
    Object.assign(request.headers, headers);
    try {
      if (typeof target === "function") {
        target(request, response);
        return;
      }
      const ip = clientAddress.slice(0, clientAddress.lastIndexOf(":"));
      const before = request.headers["x-forwarded-for"];
      const forwarded = await forwardRequest({
        method: request.method ?? "GET",
        path: request.url ?? "/",
        headers: {
          ...copyHeaders(request, (name) => name.startsWith(mtlsHeaderPrefix)),
          ...headers,
          "x-forwarded-for": before === undefined ? ip : `${before}, ${ip}`,
          "x-forwarded-proto": "https",
        },
        body: await buffer(request),
        to: { host: target.hostname, port: target.port },
        timeoutMs: answerMs,
        ...agents,
      });
      await sendBack(forwarded.response, response);
    } catch {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    }
  };
}
