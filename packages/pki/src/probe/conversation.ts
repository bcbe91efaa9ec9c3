import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContext, type TLSSocket, connect as tlsConnect } from "node:tls";
import type { Clock } from "@handfast/core";
import { alertOf } from "./alerts.ts";
import { answerFault, askHttp, type HttpAnswer, type ProbeRequest } from "./ask-http.ts";
import { describeSession, type SessionDescription } from "./describe-session.ts";
import type { HandshakeWatcher } from "./handshake-watcher.ts";
import type { Http2End } from "./http2-end.ts";
import type { ProbeEnd } from "./judge.ts";
import type { Way, WayFailure } from "./open-way.ts";
import { type Tap, tap } from "./tap.ts";

/** What a conversation needs. */
export interface ConversationOptions {
  readonly way: Way;
  readonly host: string;
  readonly port: number;
  readonly servername: string | undefined;
  readonly alpn: readonly string[];
  readonly makeContext: () => SecureContext;
  /** Whether a CA was given, that the server's chain must lead to. */
  readonly checkServer: boolean;
  /** Whether the server's certificate must be for `servername`, also without a CA. */
  readonly checkName: boolean;
  readonly request: ProbeRequest;
  readonly clock: Clock;
  readonly watcher: HandshakeWatcher;
}

/** One connection from TCP to the HTTP answer, and what it showed on the way. */
export interface Conversation {
  /** Filled in as the conversation goes on; readable at any time, also after a deadline cut it off. */
  readonly seen: ConversationRecord;
  run(): Promise<ProbeEnd>;
  errno(): string | undefined;
  /** Ends everything; resolves once the socket is closed. */
  close(): Promise<void>;
}

/** See {@link Conversation.seen}. Moments are those of the clock. */
export interface ConversationRecord {
  failure?: WayFailure;
  connectedAt?: number;
  /** Whether any byte came from the server. */
  heard: boolean;
  handshakeAt?: number;
  session: SessionDescription;
  serverVerified?: boolean;
  /** Whether the request went out. */
  requested: boolean;
  alert?: number;
  /** Code of what OpenSSL found wrong with what came. */
  tlsError?: string;
  answerAt?: number;
  answer?: HttpAnswer;
  http2End?: Http2End;
}

/** A conversation that is ready to run. */
export function conversation(options: ConversationOptions): Conversation {
  const { way, host, port, servername, clock, watcher } = options;
  const seen: ConversationRecord = { heard: false, requested: false, session: {} };
  let wire: Tap | undefined;
  let secure: TLSSocket | undefined;

  const noteError = (error: unknown): void => {
    const alert = error instanceof Error ? alertOf(error) : undefined;
    if (alert !== undefined) seen.alert ??= alert;
    else if (isTlsError(error)) seen.tlsError ??= error.code;
  };

  const startTls = (stream: Duplex, secureContext: SecureContext): TLSSocket => {
    wire = tap(stream, {
      received: (chunk) => {
        seen.heard = true;
        if (seen.handshakeAt === undefined) watcher.received(chunk);
      },
      sent: (chunk) => {
        if (seen.handshakeAt === undefined) watcher.sent(chunk);
      },
    });
    const tls = tlsConnect({
      socket: wire.stream,
      secureContext,
      host,
      // Addresses are no names (RFC 6066, 3).
      servername: servername === undefined || isIP(servername) !== 0 ? "" : servername,
      ALPNProtocols: [...options.alpn],
      // The verdict is about the client; the server's chain is reported, and checked below when asked for.
      rejectUnauthorized: false,
      ...(options.checkName ? {} : { checkServerIdentity: () => undefined }),
    });
    secure = tls;
    tls.on("keylog", (line: Buffer) => watcher.keylog(line));
    tls.on("error", noteError);
    return tls;
  };

  const run = async (): Promise<ProbeEnd> => {
    // Node sets out for the server at the next tick; the context is made while that is under way.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const secureContext = options.makeContext();
    const opened = await way.opened;
    if (opened.kind === "failed") {
      seen.failure = opened.failure;
      return "gone";
    }
    seen.connectedAt = clock.now();
    const tls = startTls(opened.stream, secureContext);
    const gone = ends(tls);
    if ((await Promise.race([gone, secured(tls)])) === "gone") return "gone";
    seen.handshakeAt = clock.now();
    seen.session = describeSession(tls);
    const problem = checkServer(tls);
    if (problem !== undefined) return problem;
    // What ends before it is asked for anything did not fail at what it was asked for.
    const mayRefuse = watcher.view().asked === "request";
    return (mayRefuse && (await Promise.race([gone, lookAround()]))) || ask(tls, gone);
  };

  const checkServer = (tls: TLSSocket): ProbeEnd | undefined => {
    if (options.checkServer) {
      seen.serverVerified = tls.authorized;
      const error: unknown = tls.authorizationError;
      if (!tls.authorized)
        return error === "ERR_TLS_CERT_ALTNAME_INVALID" ? "wrong-name" : "server-not-trusted";
    }
    if (!options.checkName || servername === undefined) return undefined;
    const leaf = watcher.view().serverChain[0] ?? tls.getPeerX509Certificate()?.raw;
    return leaf !== undefined && !isFor(leaf, servername) ? "wrong-name" : undefined;
  };

  const ask = async (tls: TLSSocket, gone: Promise<"gone">): Promise<ProbeEnd> => {
    // An HTTP/1.1 server waits to be asked; one that speaks first is something else.
    if (tls.alpnProtocol !== "h2" && tls.readableLength > 0) return "not-http";
    seen.requested = true;
    try {
      await askHttp(tls, authority(servername ?? host, port), options.request, {
        answer: (answer) => {
          seen.answerAt = clock.now();
          seen.answer = answer;
        },
        ended: (end) => {
          seen.http2End ??= end;
        },
      });
      return "answer";
    } catch (error) {
      noteError(error);
      // What ended the connection may still be on its way here.
      return answerFault(error) ?? (seen.http2End === undefined ? gone : "gone");
    }
  };

  return {
    seen,
    run,
    errno: () => wire?.errno() ?? seen.failure?.errno,
    close: async () => {
      secure?.destroy();
      wire?.stream.destroy();
      await way.close();
    },
  };
}

/** When a connection is over, by an error or not. */
function ends(tls: TLSSocket): Promise<"gone"> {
  return new Promise((resolve) => {
    if (tls.destroyed) resolve("gone");
    tls.once("error", () => resolve("gone"));
    tls.once("close", () => resolve("gone"));
  });
}

/** When the client's half of the handshake is done. */
function secured(tls: TLSSocket): Promise<"secured"> {
  return new Promise((resolve) => {
    tls.once("secureConnect", () => resolve("secured"));
  });
}

/**
 * Lets what has arrived by now be read. A server that has refused may have reset the connection already; a write would
 * end it here too, and the alert that came before the reset would be lost.
 */
async function lookAround(): Promise<undefined> {
  // The first turn ends the one under way, the second comes after the next look at the sockets.
  await nextTurn();
  await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** An error of OpenSSL about what came; the end of the stream without a farewell is none. */
function isTlsError(error: unknown): error is { readonly code: string } {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return (
    typeof code === "string" && code.startsWith("ERR_SSL_") && code !== "ERR_SSL_UNEXPECTED_EOF_WHILE_READING"
  );
}

/** Whether a certificate names the host; one that can't be read names nobody. */
function isFor(der: Uint8Array, servername: string): boolean {
  try {
    const certificate = new X509Certificate(der);
    const name = isIP(servername) === 0 ? certificate.checkHost(servername) : certificate.checkIP(servername);
    return name !== undefined;
  } catch {
    return false;
  }
}

/** Host and port as a URL and the Host header write them. */
function authority(host: string, port: number): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === 443 ? name : `${name}:${port}`;
}
