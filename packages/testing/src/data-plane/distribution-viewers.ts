import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import type { Clock } from "@handfast/core";
import { type CertificateFacts, readAnchors } from "./certificate-facts.ts";
import type { StatusReader } from "./certificate-status.ts";
import type { ViewerRefusal } from "./check-viewer.ts";
import { isOneOf } from "./served-names.ts";
import type { DistributionView } from "./sources.ts";
import type { TlsPair } from "./tls-pair.ts";
import { type Handshake, type Reception, serverContext, terminateTls } from "./tls-terminator.ts";
import { judgeViewer, type ViewerVerdict } from "./viewer-connection.ts";

/** One line of a distribution's connection log. */
export interface ViewerConnection {
  /** When the handshake ended, in milliseconds since the epoch, on the clock. */
  readonly at: number;
  /** Which node, from 0. */
  readonly node: number;
  /** Tells connections apart; connection functions get it as `connectionId`. */
  readonly id: string;
  /** Address and port of the viewer. */
  readonly clientAddress: string;
  /** The name in SNI; not known of a session that was resumed under TLS 1.2. */
  readonly servername?: string | undefined;
  /** The mode that this node had in effect when the connection came. */
  readonly mode: DistributionView["viewer"]["mode"];
  readonly verdict: "accepted" | "refused";
  /** Why it was refused. */
  readonly reason?: ViewerRefusal | undefined;
  /** `TLSv1.2` or `TLSv1.3`; absent when the handshake broke off. */
  readonly protocol?: string | undefined;
  /** What HTTP is spoken: `h2` or `http/1.1`; absent when the viewer did not negotiate it, which means HTTP/1.1. */
  readonly alpn?: string | undefined;
  /** What the viewer showed: serial in upper-case hex, subject by RFC 2253. */
  readonly leaf?: { readonly serial: string; readonly subject: string } | undefined;
  /** What the connection function said with `logCustomData`. */
  readonly customData?: string | undefined;
  /** Why the connection function failed; CloudFront's log does not tell. */
  readonly functionError?: string | undefined;
}

/** What a connection tells the requests that come over it. */
export interface ViewerNegotiated {
  readonly clientAddress: string;
  /** Tell the origin of the certificate. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How a node receives viewers. */
export interface ViewerReceptionOptions {
  readonly node: number;
  readonly server: TlsPair;
  readonly clock: Clock;
  readonly view: () => DistributionView;
  readonly protocols: readonly string[];
  readonly statuses: StatusReader;
  readonly keyValues: (arn: string) => ReadonlyMap<string, string> | undefined;
  readonly distributionId: string;
  readonly functionMs: number | undefined;
  readonly handshakeMs: number;
  readonly nextId: () => string;
  readonly record: (entry: ViewerConnection) => void;
  readonly accept: (tls: TLSSocket, negotiated: ViewerNegotiated) => void;
}

interface Enforced {
  readonly context: SecureContext;
  readonly anchors: readonly CertificateFacts[];
}

/** The TLS side of one node: each connection gets what the node has in effect when it comes, for its whole life. */
export function viewerReception(options: ViewerReceptionOptions): (raw: Socket) => void {
  const { node, server, clock, record } = options;
  const enforced = new WeakMap<DistributionView, Enforced>();

  const enforce = (view: DistributionView): Enforced => {
    const known = enforced.get(view);
    if (known !== undefined) return known;
    const { viewer, minimumProtocol: minVersion } = view;
    const verifying = viewer.mode === "optional" || viewer.mode === "required";
    const anchors = verifying ? readAnchors(viewer.anchors) : [];
    const advertised = verifying && viewer.advertiseNames ? anchors.map(({ x509 }) => x509.toString()) : [];
    const context = serverContext({
      server,
      sessionIdContext: `node-${node}`,
      minVersion,
      advertised,
      resumption: viewer.mode === "off" ? "tickets" : "none",
    });
    const made = { context, anchors };
    enforced.set(view, made);
    return made;
  };

  const judge = (view: DistributionView, id: string, handshake: Handshake): ViewerVerdict => {
    // A connection that does not say whom it wants finds no distribution.
    if (handshake.servername === undefined && !handshake.resumed)
      return { reason: "UnmappedConnectionError", headers: {} };
    const { keyValueStore } = view.connectionFunction ?? {};
    const gate = {
      view,
      anchors: enforce(view).anchors,
      statuses: options.statuses,
      keyValues: keyValueStore === undefined ? undefined : options.keyValues(keyValueStore),
      timeoutMs: options.functionMs,
      at: clock.now(),
    };
    return judgeViewer(gate, handshake.presented, {
      clientIp: ipOf(handshake.clientAddress),
      endpoint: view.names[0] ?? "",
      distributionId: options.distributionId,
      connectionId: id,
    });
  };

  const receive = (view: DistributionView): Reception => {
    const id = options.nextId();
    const entry = { node, id, mode: view.viewer.mode };
    return {
      context: enforce(view).context,
      asks: view.viewer.mode !== "off",
      protocols: options.protocols,
      knows: (name) => isOneOf(view.names, name),
      decide: (handshake) => {
        const { clientAddress, servername, protocol, alpn, presented } = handshake;
        const { reason, headers, ran } = judge(view, id, handshake);
        const [leaf] = presented ?? [];
        record({
          ...entry,
          at: clock.now(),
          clientAddress,
          servername,
          protocol,
          alpn,
          verdict: reason === undefined ? "accepted" : "refused",
          reason,
          leaf: leaf === undefined ? undefined : { serial: leaf.serial, subject: leaf.subject },
          customData: ran?.customData,
          functionError: ran?.error,
        });
        if (reason !== undefined) return "refuse";
        return (tls) => options.accept(tls, { clientAddress, headers });
      },
      broken: ({ clientAddress, servername }) =>
        record({
          ...entry,
          at: clock.now(),
          clientAddress,
          servername,
          verdict: "refused",
          reason: "UnmappedConnectionError",
        }),
    };
  };

  return (raw) => terminateTls(raw, receive(options.view()), options.handshakeMs);
}

/** The address without its port. */
export function ipOf(clientAddress: string): string {
  return clientAddress.slice(0, clientAddress.lastIndexOf(":"));
}
