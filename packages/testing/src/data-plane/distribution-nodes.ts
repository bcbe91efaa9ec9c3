import { createHash } from "node:crypto";
import { type Clock, systemClock } from "@handfast/core";
import { type OcspResponder, statusReader } from "./certificate-status.ts";
import { readOriginCa } from "./check-server.ts";
import { exampleNames } from "./connection-event.ts";
import {
  type DistributionRequest,
  type FetchFromS3,
  type ResolveOrigin,
  requestHandler,
} from "./distribution-requests.ts";
import { type ViewerConnection, viewerReception } from "./distribution-viewers.ts";
import { type KeyValueSources, keyValueViews } from "./key-value-views.ts";
import { laggingView } from "./lagging-view.ts";
import type { Address } from "./loopback.ts";
import { listenForNodes } from "./node-listeners.ts";
import type { WarmLimits } from "./origin-agent.ts";
import type { DistributionView, Source } from "./sources.ts";
import { checkPair } from "./tls-pair.ts";
import { viewerServers } from "./viewer-servers.ts";

/** What to build a distribution's edge of. */
export interface DistributionNodesOptions {
  /** What the control plane has; every node follows it in its own time. */
  readonly source: Source<DistributionView>;
  /** How many nodes. @default 3 */
  readonly nodes?: number | undefined;
  /** How long a change takes to reach a node (from 0), in milliseconds on the clock. @default 0 */
  readonly lag?: ((node: number) => number) | undefined;
  /** Dates the changes, the records and the validity of certificates. @default systemClock */
  readonly clock?: Clock | undefined;
  /** The certificate that viewers see (its chain may follow) and its key, PEM. */
  readonly server: { readonly certificate: string; readonly key: string };
  /** Whether HTTP/2 is offered beside HTTP/1.1. @default true */
  readonly http2?: boolean | undefined;
  /** Where a custom origin's domain name leads, for each new connection; 502 where it leads nowhere. @default nowhere */
  readonly resolve?: ResolveOrigin | undefined;
  /** PEM of each CA that origins' certificates may come from. Every origin's is judged. @default none */
  readonly originCa?: readonly string[] | undefined;
  /** What answers for S3 origins: `aws(…).siteOrigin(arn)` does. @default 502 */
  readonly s3?: FetchFromS3 | undefined;
  /** Which connections to origins are kept. @default 4 per node and origin, 100 requests, 60 seconds */
  readonly warm?: WarmLimits | undefined;
  /** How long an origin may take to answer, in real milliseconds; then the viewer gets 504. @default 30000 */
  readonly answerMs?: number | undefined;
  /** Closes a viewer's connection that carries nothing for so long, in real milliseconds. @default 60000 */
  readonly idleMs?: number | undefined;
  /** What connection functions read. @default no store */
  readonly keyValues?: KeyValueSources | undefined;
  /** How long a change of a key value store takes to reach a node, in milliseconds on the clock. @default 1000 × node */
  readonly keyValueLag?: ((node: number) => number) | undefined;
  /** Who is asked for the status of certificates. @default nobody, so that no status can be had */
  readonly ocspResponder?: OcspResponder | undefined;
  /** What connection functions get as `distributionId`. @default "EDFDVBD6EXAMPLE" */
  readonly distributionId?: string | undefined;
  /** How long a connection function may run, in real milliseconds. @default 1000 */
  readonly functionMs?: number | undefined;
  /** Called with each line of the connection log. */
  readonly log?: ((entry: ViewerConnection) => void) | undefined;
}

/** One edge server of a distribution; its own address takes TLS. */
export interface DistributionNode extends Address {
  /** Where it takes plain HTTP. */
  readonly plain: Address;
  /** What the node has in effect for a connection and a request that come now. */
  view(): DistributionView;
  /** How many changes of the distribution, or of a key value store, have not reached the node yet. */
  pending(): number;
}

/** A running edge. */
export interface DistributionNodes {
  readonly nodes: readonly DistributionNode[];
  /** One address whose connections go to the nodes in turn. */
  readonly front: Address;
  /** The same for plain HTTP. */
  readonly plainFront: Address;
  /** The nodes' addresses in turn, as a name server would give them. */
  resolve(): Address;
  /** The connection log, oldest first. */
  readonly connections: readonly ViewerConnection[];
  /** Every request, in the order in which they were answered. */
  readonly requests: readonly DistributionRequest[];
  /** Closes every server and connection. */
  close(): Promise<void>;
}

const handshakeMs = 10_000;

/**
 * The data plane of a simulated CloudFront distribution: several real TLS servers on loopback, which pick up a change
 * one after the other, enforce viewer mTLS and run the connection function in the handshake, and pass requests on to
 * origins, presenting what the view shows. HTTP/1.1 and HTTP/2 over TLS 1.2 and 1.3; no resumption once certificates
 * are asked for. Nothing is cached. What a connection has negotiated holds until it ends, on both sides: a viewer's
 * that was let in stays, and one to an origin goes on being used with the certificate that it was opened with.
 *
 * A refused viewer's connection is reset and gets no HTTP answer. A name that is not the distribution's gets no
 * handshake when it is in SNI, and 403 when it is in `Host`; a disabled distribution answers 403.
 *
 * Throws a `HandfastError` (`CERTIFICATE_UNREADABLE`, `KEY_UNREADABLE`, `KEY_MISMATCH`) for a pair that no server can
 * use or a CA that can't be read, and a `TypeError` for a number of nodes below 1.
 *
 * @example
 * ```ts
 * import { type Address, distributionNodes, type DistributionView, type Source } from "@handfast/testing";
 *
 * export function startEdge(
 *   source: Source<DistributionView>,
 *   origin: Address,
 *   server: { certificate: string; key: string },
 *   originCa: readonly string[],
 * ) {
 *   return distributionNodes({ source, server, originCa, resolve: () => origin, lag: (node) => node * 60_000 });
 * }
 * ```
 */
export async function distributionNodes(options: DistributionNodesOptions): Promise<DistributionNodes> {
  const { source, server, nodes = 3, lag = () => 0, clock = systemClock } = options;
  const { keyValueLag = (node: number) => node * 1_000, distributionId = exampleNames.distributionId } =
    options;
  if (!Number.isInteger(nodes) || nodes < 1)
    throw new TypeError("distributionNodes: nodes must be 1 or more");
  checkPair("distributionNodes", server);
  const originCa = readOriginCa("distributionNodes", options.originCa ?? []);
  const connections: ViewerConnection[] = [];
  const requests: DistributionRequest[] = [];
  const protocols = options.http2 === false ? ["http/1.1"] : ["h2", "http/1.1"];
  let ids = 0;
  const nextId = (): string => {
    ids += 1;
    return `${createHash("sha512").update(`${distributionId} ${ids}`).digest("base64url").slice(0, 54)}==`;
  };

  const parts = Array.from({ length: nodes }, (_, node) => {
    const view = laggingView(source, clock, () => lag(node));
    const stores = keyValueViews({ source, stores: options.keyValues, clock, lag: () => keyValueLag(node) });
    const handler = requestHandler({
      node,
      view: view.current,
      clock,
      limits: options.warm ?? { perServer: 4 },
      originCa,
      resolve: options.resolve ?? (() => undefined),
      s3: options.s3,
      answerMs: options.answerMs ?? 30_000,
      nextId,
      record: (entry) => requests.push(entry),
    });
    const http = viewerServers(handler.handle, options.idleMs ?? 60_000);
    const takeTls = viewerReception({
      node,
      server,
      clock,
      view: view.current,
      protocols,
      statuses: statusReader(options.ocspResponder, clock),
      keyValues: stores.read,
      distributionId,
      functionMs: options.functionMs,
      handshakeMs,
      nextId,
      record: (entry) => {
        connections.push(entry);
        options.log?.(entry);
      },
      accept: http.acceptTls,
    });
    return { view, stores, handler, takeTls, takePlain: http.acceptPlain };
  });
  const tls = await listenForNodes(parts.map(({ takeTls }) => takeTls));
  const plain = await listenForNodes(parts.map(({ takePlain }) => takePlain));

  return {
    nodes: parts.map(({ view, stores }, index) => ({
      ...(tls.addresses[index] ?? tls.front),
      plain: plain.addresses[index] ?? plain.front,
      view: view.current,
      pending: () => view.pending() + stores.pending(),
    })),
    front: tls.front,
    plainFront: plain.front,
    resolve: tls.resolve,
    connections,
    requests,
    close: async () => {
      for (const { view, stores, handler } of parts) {
        view.close();
        stores.close();
        handler.close();
      }
      await Promise.all([tls.close(), plain.close()]);
    },
  };
}
