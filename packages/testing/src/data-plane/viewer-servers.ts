import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { closeWhenIdle } from "./close-when-idle.ts";
import type { RequestHandler } from "./distribution-requests.ts";
import type { ViewerNegotiated } from "./distribution-viewers.ts";
import { readViewerRequest } from "./viewer-request.ts";

/** The HTTP side of one node: takes over connections and hands their requests on. */
export interface ViewerServers {
  /** Takes what speaks the HTTP that ALPN came to. */
  acceptTls(tls: TLSSocket, negotiated: ViewerNegotiated): void;
  acceptPlain(raw: Socket): void;
}

const maxHeaderBytes = 64 * 1024;

/** Speaks HTTP/1.1 and HTTP/2 to viewers. Connections end when they are idle, requests under way are finished. */
export function viewerServers(handle: RequestHandler["handle"], idleMs: number): ViewerServers {
  const first = createServer({ maxHeaderSize: maxHeaderBytes });
  const plain = createServer({ maxHeaderSize: maxHeaderBytes });
  const second = createHttp2Server({ settings: { maxHeaderListSize: maxHeaderBytes } });
  const overTls = new WeakMap<Socket, ViewerNegotiated>();
  const sessions = new WeakMap<Http2Session, ViewerNegotiated>();
  const nothing: ViewerNegotiated = { clientAddress: "", headers: {} };

  closeWhenIdle(first, idleMs);
  closeWhenIdle(plain, idleMs);
  first.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { clientAddress, headers } = overTls.get(request.socket) ?? nothing;
    const connection = { secure: true, clientAddress, certificateHeaders: headers };
    void handle(readViewerRequest(request, connection), response);
  });
  plain.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { remoteAddress = "", remotePort = 0 } = request.socket;
    const clientAddress = `${remoteAddress}:${remotePort}`;
    void handle(
      readViewerRequest(request, { secure: false, clientAddress, certificateHeaders: {} }),
      response,
    );
  });
  second.on("request", (request, response) => {
    const session = request.stream.session;
    const { clientAddress, headers } = (session && sessions.get(session)) ?? nothing;
    const connection = { secure: true, clientAddress, certificateHeaders: headers };
    void handle(readViewerRequest(request, connection), response);
  });

  return {
    acceptTls: (tls, negotiated) => {
      if (tls.alpnProtocol !== "h2") {
        overTls.set(tls, negotiated);
        first.emit("connection", tls);
        return;
      }
      second.once("session", (session) => {
        sessions.set(session, negotiated);
        // Says goodbye, and finishes what is under way.
        session.setTimeout(idleMs, () => session.close());
      });
      second.emit("connection", tls);
      // Node's HTTP/2 waits for this event before it reads, and a socket that no TLS server accepted never says it.
      tls.emit("secureConnect");
    },
    acceptPlain: (raw) => {
      raw.on("error", () => raw.destroy());
      plain.emit("connection", raw);
    },
  };
}
