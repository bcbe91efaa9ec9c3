import { constants } from "node:crypto";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { Clock } from "@handfast/core";
import { type CertificateFacts, readCertificate, readPresented } from "./certificate-facts.ts";
import { passthroughHeaders, verifyHeaders } from "./certificate-headers.ts";
import { checkClient, type RefusalReason } from "./check-client.ts";
import { type RevocationList, readRevocationList } from "./revocation-list.ts";
import type { ListenerView } from "./sources.ts";
import type { TlsPair } from "./tls-pair.ts";

/** One line of a balancer's connection log. */
export interface ConnectionRecord {
  /** When the handshake ended, in milliseconds since the epoch, on the balancer's clock. */
  readonly at: number;
  /** Which node, from 0. */
  readonly node: number;
  /** Address and port of the client. */
  readonly clientAddress: string;
  /** The mode that this node had in effect when the connection came. */
  readonly mode: ListenerView["mode"];
  readonly verdict: "accepted" | "refused";
  /** Why it was refused. */
  readonly reason?: RefusalReason | undefined;
  /** `TLSv1.2` or `TLSv1.3`; absent when the handshake broke off. */
  readonly protocol?: string | undefined;
  /** What the client showed: serial in upper-case hex, subject by RFC 2253. */
  readonly leaf?: { readonly serial: string; readonly subject: string } | undefined;
}

/** What a connection tells the requests that come over it. */
export interface Negotiated {
  readonly clientAddress: string;
  /** The headers that carry the client's certificate. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Enforced {
  readonly context: SecureContext;
  readonly anchors: readonly CertificateFacts[];
  readonly crls: readonly (RevocationList | undefined)[];
}

/** How a node terminates TLS. */
export interface TerminatorOptions {
  readonly node: number;
  readonly server: TlsPair;
  readonly clock: Clock;
  readonly intermediateAnchors: boolean;
  readonly view: () => ListenerView;
  readonly http: HttpServer;
  readonly record: (entry: ConnectionRecord) => void;
  readonly handshakeMs: number;
  readonly readCrl: (pem: string) => RevocationList | undefined;
}

/** Terminates TLS for one node: each connection gets what the node has in effect when it comes, for its whole life. */
export interface Terminator {
  handle(raw: Socket, close: () => void): void;
  negotiated(request: IncomingMessage): Negotiated;
}

/** The TLS side of one node. Client certificates are judged here and not by OpenSSL, so that the given clock counts. */
export function terminator(options: TerminatorOptions): Terminator {
  const { server, http, clock, record, node } = options;
  const makeContext = (advertised: readonly string[], tickets: boolean): SecureContext =>
    createSecureContext({
      cert: server.certificate,
      key: server.key,
      // OpenSSL names the certificates of `ca` in its request; an empty list asks for a certificate of any issuer.
      ca: [...advertised],
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.3",
      sessionIdContext: `node-${node}`,
      ...(tickets ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
    });
  const open = makeContext([], true);
  const asking = makeContext([], false);
  const enforced = new WeakMap<ListenerView, Enforced>();
  const connections = new WeakMap<Socket, Negotiated>();

  const enforce = (view: ListenerView): Enforced => {
    const known = enforced.get(view);
    if (known !== undefined) return known;
    const verifying = view.mode === "verify";
    const anchors = verifying ? view.anchors.flatMap(readAnchor) : [];
    const made: Enforced = {
      context:
        view.mode === "off"
          ? open
          : verifying && view.advertiseNames
            ? makeContext(
                anchors.map(({ x509 }) => x509.toString()),
                false,
              )
            : asking,
      anchors,
      crls: verifying ? view.crls.map(options.readCrl) : [],
    };
    enforced.set(view, made);
    return made;
  };

  const judge = (
    view: ListenerView,
    presented: readonly CertificateFacts[],
  ): { reason: RefusalReason } | { headers: Record<string, string> } => {
    const [leaf] = presented;
    if (view.mode === "off") return { headers: {} };
    if (view.mode === "passthrough") return { headers: passthroughHeaders(presented) };
    if (view.storeRemoved || leaf === undefined) return { reason: "UnmappedConnectionError" };
    const { anchors, crls } = enforce(view);
    const { ignoreExpiry } = view;
    const { intermediateAnchors } = options;
    const reason = checkClient({
      presented,
      anchors,
      crls,
      ignoreExpiry,
      intermediateAnchors,
      at: clock.now(),
    });
    return reason === undefined ? { headers: verifyHeaders(leaf) } : { reason };
  };

  return {
    handle: (raw, close) => {
      const view = options.view();
      const clientAddress = `${raw.remoteAddress ?? ""}:${raw.remotePort ?? 0}`;
      const entry = { node, clientAddress, mode: view.mode };
      raw.setNoDelay(true);
      raw.on("error", close);
      const tls = new TLSSocket(raw, {
        isServer: true,
        secureContext: enforce(view).context,
        requestCert: view.mode !== "off",
        rejectUnauthorized: false,
      });
      let negotiated = false;
      tls.setTimeout(options.handshakeMs, () => {
        if (!negotiated) raw.destroy();
      });
      tls.on("error", close);
      tls.once("close", () => {
        if (!negotiated) {
          record({ ...entry, at: clock.now(), verdict: "refused", reason: "UnmappedConnectionError" });
        }
      });
      tls.once("secure", () => {
        negotiated = true;
        const presented = view.mode === "off" ? [] : readPresented(tls);
        const [leaf] = presented ?? [];
        const seen = {
          ...entry,
          at: clock.now(),
          protocol: tls.getProtocol() ?? undefined,
          leaf: leaf === undefined ? undefined : { serial: leaf.serial, subject: leaf.subject },
        };
        const verdict =
          presented === undefined ? { reason: "ClientCertInvalid" as const } : judge(view, presented);
        if ("reason" in verdict) {
          record({ ...seen, verdict: "refused", reason: verdict.reason });
          // Inside this event the last flight is not sent yet, so under TLS 1.2 the client's handshake fails; under
          // TLS 1.3 the client has finished by now and finds out when it reads.
          raw.resetAndDestroy();
          return;
        }
        record({ ...seen, verdict: "accepted" });
        connections.set(tls, { clientAddress, headers: verdict.headers });
        tls.setTimeout(0);
        http.emit("connection", tls);
      });
    },
    negotiated: (request) => connections.get(request.socket) ?? { clientAddress: "", headers: {} },
  };
}

/** An anchor that can't be read trusts nobody; the others go on working. */
function readAnchor(pem: string): CertificateFacts[] {
  try {
    return [readCertificate(pem)];
  } catch {
    return [];
  }
}

/** Reads CRLs once for all nodes; `undefined` stands for one that can't be read. Keeps the last 64. */
export function crlReader(): (pem: string) => RevocationList | undefined {
  const read = new Map<string, RevocationList | undefined>();
  return (pem) => {
    if (read.has(pem)) return read.get(pem);
    let list: RevocationList | undefined;
    try {
      list = readRevocationList(pem);
    } catch {
      list = undefined;
    }
    const [oldest] = read.keys();
    if (read.size >= 64 && oldest !== undefined) read.delete(oldest);
    read.set(pem, list);
    return list;
  };
}
