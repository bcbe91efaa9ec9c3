import type { EventEmitter } from "node:events";
import { isIP, type Socket } from "node:net";
import { type SecureContext, type TLSSocket, connect as tlsConnect } from "node:tls";
import type { Clock } from "@handfast/core";
import { alertOf } from "./alerts.ts";
import { askHttp, type HttpAnswer, isNotHttp, type ProbeRequest } from "./ask-http.ts";
import { describeSession, type SessionDescription } from "./describe-session.ts";
import type { HandshakeWatcher } from "./handshake-watcher.ts";
import type { ProbeEnd } from "./judge.ts";
import { tap } from "./tap.ts";

/** What a conversation needs. */
export interface ConversationOptions {
  readonly socket: Socket;
  readonly host: string;
  readonly port: number;
  readonly servername: string | undefined;
  readonly alpn: readonly string[];
  readonly secureContext: SecureContext;
  readonly checkServer: boolean;
  readonly request: ProbeRequest | undefined;
  readonly clock: Clock;
  readonly watcher: HandshakeWatcher;
}

/** One connection from TCP to the HTTP answer, and what it showed on the way. */
export interface Conversation {
  /** Filled in as the conversation goes on; readable at any time, also after a deadline cut it off. */
  readonly seen: ConversationRecord;
  run(signal: AbortSignal): Promise<ProbeEnd>;
  errno(): string | undefined;
  /** Ends everything; resolves once the socket is closed. */
  close(): Promise<void>;
}

/** See {@link Conversation.seen}. Moments are those of the clock. */
export interface ConversationRecord {
  connectedAt?: number;
  handshakeAt?: number;
  replied: boolean;
  alert?: number;
  answer?: HttpAnswer;
  session: SessionDescription;
}

/** How long a server gets to refuse by itself before a request is sent that nobody asked for. */
const quietMs = 250;

/** A conversation that is ready to run. */
export function conversation(options: ConversationOptions): Conversation {
  const { socket, host, port, servername, clock, watcher } = options;
  const seen: ConversationRecord = { replied: false, session: { serverChain: [] } };
  let secure: TLSSocket | undefined;
  const closed = happens(socket, "close");
  const wire = tap(socket, {
    received: (chunk) => watcher.push(chunk),
    sent: () => {
      seen.replied ||= watcher.view().asked === "request";
    },
  });
  const noteAlert = (error: unknown): void => {
    const alert = error instanceof Error ? alertOf(error) : undefined;
    if (alert !== undefined) seen.alert ??= alert;
  };

  const run = async (signal: AbortSignal): Promise<ProbeEnd> => {
    if (socket.connecting && !(await happens(socket, "connect"))) return "gone";
    seen.connectedAt = clock.now();
    const tls = tlsConnect({
      socket: wire.stream,
      secureContext: options.secureContext,
      host,
      servername: servername ?? "",
      ALPNProtocols: [...options.alpn],
      // The verdict is about the client; the server's chain is reported, and checked below when asked for.
      rejectUnauthorized: false,
    });
    secure = tls;
    tls.on("keylog", (line: Buffer) => watcher.keylog(line));
    const gone = new Promise<"gone">((resolve) => {
      tls.on("error", (error) => {
        noteAlert(error);
        resolve("gone");
      });
      tls.on("close", () => resolve("gone"));
    });
    if ((await Promise.race([gone, happens(tls, "secureConnect")])) !== true) return "gone";
    seen.handshakeAt = clock.now();
    seen.session = describeSession(tls);
    if (options.checkServer && !tls.authorized) return "server-not-trusted";
    if (tls.alpnProtocol !== "h2") {
      if (
        options.request === undefined &&
        (await Promise.race([gone, quiet(signal)])) === "gone" &&
        !spoke(tls)
      )
        return "gone";
      // An HTTP/1.1 server waits to be asked; one that speaks first is something else.
      if (spoke(tls)) return "not-http";
    }
    try {
      seen.answer = await askHttp(tls, authority(servername ?? host, port), options.request ?? {});
      return "answer";
    } catch (error) {
      noteAlert(error);
      return error instanceof Error && isNotHttp(error) ? "not-http" : gone;
    }
  };

  const quiet = (signal: AbortSignal): Promise<"quiet"> =>
    clock.sleep(quietMs, signal).then(
      () => "quiet",
      () => "quiet",
    );

  return {
    seen,
    run,
    errno: wire.errno,
    close: async () => {
      secure?.destroy();
      wire.stream.destroy();
      if (!socket.closed) await closed;
    },
  };
}

/** True at the event; false when the emitter fails or closes first. */
function happens(emitter: EventEmitter, event: string): Promise<boolean> {
  return new Promise((resolve) => {
    emitter.once(event, () => resolve(true));
    emitter.once("error", () => resolve(false));
    emitter.once("close", () => resolve(false));
  });
}

/** Whether bytes of the application lie unread. */
function spoke(tls: TLSSocket): boolean {
  return tls.readableLength > 0;
}

/** Host and port as a URL and the Host header write them. */
function authority(host: string, port: number): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === 443 ? name : `${name}:${port}`;
}
