import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Clock } from "@handfast/core";
import { type CertificateFacts, readAnchors } from "./certificate-facts.ts";
import { peekServerName } from "./peek-server-name.ts";
import type { VisitorView } from "./sources.ts";
import type { TlsPair } from "./tls-pair.ts";
import { serverContext, terminateTls } from "./tls-terminator.ts";
import { noCertificate, readVisitorCertificate, type VisitorCertificate } from "./visitor-certificate.ts";

/** How a server of an edge receives visitors. */
export interface VisitorReceptionOptions {
  readonly server: number;
  readonly visitorTls: TlsPair;
  readonly clock: Clock;
  readonly handshakeMs: number;
  /** What this server goes by for a hostname. */
  readonly viewOf: (hostname: string) => VisitorView | undefined;
  readonly accept: (tls: TLSSocket, certificate: VisitorCertificate) => void;
}

interface Judge {
  readonly anchors: readonly CertificateFacts[];
  readonly revoked: ReadonlySet<string>;
}

/**
 * The TLS side of one server of an edge. Whom SNI names decides whether a certificate is asked for; no handshake fails
 * for want of one, or for a bad one. A connection is judged once, when it comes, and that holds until it ends.
 */
export function visitorReception(options: VisitorReceptionOptions): (raw: Socket) => void {
  const { server, visitorTls, clock, handshakeMs } = options;
  // A session from where nobody is asked must not be resumed where somebody is: it has no certificate.
  const contexts = {
    asking: serverContext({
      server: visitorTls,
      sessionIdContext: `edge-${server}-asking`,
      resumption: "none",
    }),
    plain: serverContext({ server: visitorTls, sessionIdContext: `edge-${server}`, resumption: "tickets" }),
  };
  const judges = new WeakMap<VisitorView, Judge>();
  const judgeOf = (view: VisitorView): Judge => {
    const known = judges.get(view);
    if (known !== undefined) return known;
    const made = { anchors: readAnchors(view.anchors), revoked: new Set(view.revoked) };
    judges.set(view, made);
    return made;
  };

  return (raw) => {
    const close = (): void => void raw.destroy();
    raw.on("error", close);
    raw.setTimeout(handshakeMs, close);
    peekServerName(raw, (servername) => {
      raw.setTimeout(0);
      raw.off("timeout", close);
      const view = servername === undefined ? undefined : options.viewOf(servername);
      const asking = view?.asks === true ? view : undefined;
      const reception = {
        context: asking === undefined ? contexts.plain : contexts.asking,
        asks: asking !== undefined,
        protocols: ["http/1.1"],
        decide: ({ presented }: { readonly presented: readonly CertificateFacts[] | undefined }) => {
          const certificate =
            asking === undefined
              ? noCertificate
              : readVisitorCertificate({ presented, ...judgeOf(asking), at: clock.now() });
          return (tls: TLSSocket) => options.accept(tls, certificate);
        },
        broken: () => undefined,
      };
      terminateTls(raw, reception, handshakeMs);
    });
  };
}
