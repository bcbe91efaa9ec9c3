import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, type SecureVersion, TLSSocket } from "node:tls";
import { type CertificateFacts, readPresented } from "./certificate-facts.ts";
import type { TlsPair } from "./tls-pair.ts";

/** What a client has shown when its part of the handshake is over. */
export interface Handshake {
  /** Address and port. */
  readonly clientAddress: string;
  /** From SNI; absent when the client sent none, and under TLS 1.2 when it resumed a session. */
  readonly servername: string | undefined;
  /** Whether a session of this server was resumed: its client has been let in before. */
  readonly resumed: boolean;
  readonly protocol: string | undefined;
  /** OpenSSL's name of the cipher suite. */
  readonly cipher: string;
  /** Real milliseconds since the connection came. */
  readonly tookMs: number;
  /** What ALPN came to; absent when nothing was negotiated. */
  readonly alpn: string | undefined;
  /** Leaf first; empty when it was not asked for or not shown, `undefined` when it can't be read. */
  readonly presented: readonly CertificateFacts[] | undefined;
}

/** What a connection that comes now gets, for its whole life. */
export interface Reception {
  readonly context: SecureContext;
  /** Whether a client certificate is asked for. Whoever shows a bad one or none gets as far as `decide`. */
  readonly asks: boolean;
  /** What ALPN may come to, best first. @default no ALPN */
  readonly protocols?: readonly string[] | undefined;
  /** Whether a name in SNI is served; the handshake fails for one that is not. @default every name is */
  readonly knows?: ((servername: string) => boolean) | undefined;
  /** Decides before anything more is sent, so it must do so at once. What it returns takes the connection over. */
  decide(handshake: Handshake): ((tls: TLSSocket) => void) | "refuse";
  /** The handshake broke off before there was anything to decide. */
  broken(handshake: Pick<Handshake, "clientAddress" | "servername">): void;
}

/** A TLS server's side of its handshakes. */
export function serverContext(options: {
  readonly server: TlsPair;
  /** Tells one server's sessions from another's. */
  readonly sessionIdContext: string;
  /** @default "TLSv1.2" */
  readonly minVersion?: SecureVersion | undefined;
  /** PEM of the CAs that are named when a certificate is asked for. */
  readonly advertised?: readonly string[] | undefined;
  /** `none` where a session must not be resumed without its certificate being looked at again. */
  readonly resumption: "tickets" | "none";
}): SecureContext {
  return createSecureContext({
    cert: options.server.certificate,
    key: options.server.key,
    // OpenSSL names the certificates of `ca` in its request; an empty list asks for a certificate of any issuer.
    ca: [...(options.advertised ?? [])],
    minVersion: options.minVersion ?? "TLSv1.2",
    maxVersion: "TLSv1.3",
    sessionIdContext: options.sessionIdContext,
    ...(options.resumption === "tickets" ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
  });
}

/**
 * Takes a client through its handshake. Its certificate is judged by `decide` and not by OpenSSL, so that the given
 * clock and the service's own rules count.
 */
export function terminateTls(raw: Socket, reception: Reception, handshakeMs: number): void {
  const { context, asks, protocols, knows } = reception;
  const clientAddress = `${raw.remoteAddress ?? ""}:${raw.remotePort ?? 0}`;
  const close = (): void => void raw.destroy();
  let servername: string | undefined;
  let finished = false;
  const came = performance.now();
  raw.setNoDelay(true);
  raw.on("error", close);
  const tls = new TLSSocket(raw, {
    isServer: true,
    secureContext: context,
    requestCert: asks,
    rejectUnauthorized: false,
    ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }),
    SNICallback: (name, done) => {
      servername = name.toLowerCase();
      const known = knows === undefined || knows(servername);
      if (known) done(null);
      else raw.resetAndDestroy();
    },
  });
  tls.setTimeout(handshakeMs, () => {
    if (!finished) raw.destroy();
  });
  tls.on("error", close);
  tls.once("close", () => {
    if (!finished) reception.broken({ clientAddress, servername });
  });
  tls.once("secure", () => {
    finished = true;
    const accept = reception.decide({
      clientAddress,
      servername,
      resumed: tls.isSessionReused(),
      protocol: tls.getProtocol() ?? undefined,
      cipher: tls.getCipher().name,
      tookMs: performance.now() - came,
      alpn: tls.alpnProtocol || undefined,
      presented: asks ? readPresented(tls) : [],
    });
    if (accept === "refuse") {
      // Inside this event the last flight is not sent yet, so under TLS 1.2 the client's handshake fails; under
      // TLS 1.3 the client has finished by now and finds out when it reads.
      raw.resetAndDestroy();
      return;
    }
    tls.setTimeout(0);
    accept(tls);
  });
}
