import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { Clock } from "@handfast/core";
import { type CertificateFacts, readAnchors } from "./certificate-facts.ts";
import { passthroughHeaders, verifyHeaders } from "./certificate-headers.ts";
import { checkClient, type RefusalReason } from "./check-client.ts";
import { type RevocationList, readRevocationList } from "./revocation-list.ts";
import type { ListenerView } from "./sources.ts";
import type { TlsPair } from "./tls-pair.ts";
import { type Handshake, type Reception, serverContext, terminateTls } from "./tls-terminator.ts";

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
  /** OpenSSL's name of the cipher suite; absent when the handshake broke off. */
  readonly cipher?: string | undefined;
  /** How long the handshake took, in real milliseconds. */
  readonly tookMs?: number | undefined;
  /** What the client showed: serial in upper-case hex, subject by RFC 2253; times in milliseconds since the epoch. */
  readonly leaf?:
    | {
        readonly serial: string;
        readonly subject: string;
        readonly notBefore: number;
        readonly notAfter: number;
      }
    | undefined;
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
  handle(raw: Socket): void;
  negotiated(request: IncomingMessage): Negotiated;
}

/** The TLS side of one node. */
export function terminator(options: TerminatorOptions): Terminator {
  const { server, http, clock, record, node } = options;
  const sessionIdContext = `node-${node}`;
  const open = serverContext({ server, sessionIdContext, resumption: "tickets" });
  const asking = serverContext({ server, sessionIdContext, resumption: "none" });
  const enforced = new WeakMap<ListenerView, Enforced>();
  const connections = new WeakMap<Socket, Negotiated>();

  const enforce = (view: ListenerView): Enforced => {
    const known = enforced.get(view);
    if (known !== undefined) return known;
    const verifying = view.mode === "verify";
    const anchors = verifying ? readAnchors(view.anchors) : [];
    const advertised = anchors.map(({ x509 }) => x509.toString());
    const naming = (): SecureContext =>
      serverContext({ server, sessionIdContext, resumption: "none", advertised });
    const made: Enforced = {
      context: view.mode === "off" ? open : verifying && view.advertiseNames ? naming() : asking,
      anchors,
      crls: verifying ? view.crls.map(options.readCrl) : [],
    };
    enforced.set(view, made);
    return made;
  };

  const judge = (
    view: ListenerView,
    presented: Handshake["presented"],
  ): { reason: RefusalReason } | { headers: Record<string, string> } => {
    if (presented === undefined) return { reason: "ClientCertInvalid" };
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

  const receive = (view: ListenerView): Reception => ({
    context: enforce(view).context,
    asks: view.mode !== "off",
    decide: ({ clientAddress, protocol, cipher, tookMs, presented }) => {
      const [leaf] = presented ?? [];
      const seen = {
        at: clock.now(),
        node,
        clientAddress,
        mode: view.mode,
        protocol,
        cipher,
        tookMs,
        leaf: leaf === undefined ? undefined : factsOf(leaf),
      };
      const verdict = judge(view, presented);
      if ("reason" in verdict) {
        record({ ...seen, verdict: "refused", reason: verdict.reason });
        return "refuse";
      }
      record({ ...seen, verdict: "accepted" });
      return (tls) => {
        connections.set(tls, { clientAddress, headers: verdict.headers });
        http.emit("connection", tls);
      };
    },
    broken: ({ clientAddress }) =>
      record({
        at: clock.now(),
        node,
        clientAddress,
        mode: view.mode,
        verdict: "refused",
        reason: "UnmappedConnectionError",
      }),
  });

  return {
    handle: (raw) => terminateTls(raw, receive(options.view()), options.handshakeMs),
    negotiated: (request) => connections.get(request.socket) ?? { clientAddress: "", headers: {} },
  };
}

/** What a log tells of a certificate. */
function factsOf({ serial, subject, notBefore, notAfter }: CertificateFacts): ConnectionRecord["leaf"] {
  return { serial, subject, notBefore, notAfter };
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
