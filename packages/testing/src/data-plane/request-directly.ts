import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import type { Address } from "./loopback.ts";

/** One HTTPS request to an address. */
export interface DirectRequest extends Address {
  /** The name in SNI and `Host`, and the one that the server's certificate must have. */
  readonly servername: string;
  /** PEM of the CAs that the server's certificate may come from; without it any certificate is taken. */
  readonly ca?: string | readonly string[] | undefined;
  /** What to show when asked, PEM: the certificate (its chain may follow) and its key. */
  readonly identity?: { readonly certificate: string; readonly key: string } | undefined;
  /** @default "/" */
  readonly path?: string | undefined;
  /** @default "GET" */
  readonly method?: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly body?: string | undefined;
  /** The only TLS version to offer. @default the best that both have */
  readonly protocol?: SecureVersion | undefined;
  /** How long all of it may take, in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * What came of it. A balancer that refuses a certificate gives `refused` with `ECONNRESET`: at `handshake` under
 * TLS 1.2, at `answer` under TLS 1.3, where the client's handshake is over before the server has judged.
 */
export type DirectAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: string;
      readonly protocol: string;
    }
  | {
      readonly kind: "refused";
      /** Where it ended: no TCP connection, no TLS, or no answer after TLS was up. */
      readonly at: "connect" | "handshake" | "answer";
      /** The error's code, e.g. `ECONNRESET`; the error's name where it has no code. */
      readonly code: string;
    };

/**
 * Sends one request over a connection of its own and says how far it got. Never rejects.
 *
 * @example
 * ```ts
 * import { requestDirectly } from "@handfast/testing";
 *
 * export async function isServed(port: number): Promise<boolean> {
 *   const answer = await requestDirectly({ host: "127.0.0.1", port, servername: "app.example.com" });
 *   return answer.kind === "answered" && answer.status === 200;
 * }
 * ```
 */
export function requestDirectly(options: DirectRequest): Promise<DirectAnswer> {
  const {
    host,
    port,
    servername,
    identity,
    protocol,
    path = "/",
    method = "GET",
    timeoutMs = 10_000,
  } = options;
  return new Promise((resolve) => {
    let at: "connect" | "handshake" | "answer" = "connect";
    const refuse = (error: NodeJS.ErrnoException): void => {
      resolve({ kind: "refused", at, code: error.code ?? error.name });
      socket.destroy();
    };
    const socket: TLSSocket = connect({
      host,
      port,
      servername,
      rejectUnauthorized: options.ca !== undefined,
      ...(options.ca === undefined ? {} : { ca: [options.ca].flat() }),
      ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
      ...(protocol === undefined ? {} : { minVersion: protocol, maxVersion: protocol }),
    });
    socket.once("connect", () => {
      at = "handshake";
    });
    socket.on("error", refuse);
    socket.once("secureConnect", () => {
      at = "answer";
      const negotiated = socket.getProtocol() ?? "";
      const sent = request(
        {
          method,
          path,
          createConnection: () => socket,
          headers: { host: servername, connection: "close", ...options.headers },
        },
        async (response) => {
          try {
            const body = await text(response);
            const { statusCode: status = 0, headers } = response;
            resolve({ kind: "answered", status, headers, body, protocol: negotiated });
            socket.destroy();
          } catch (error) {
            refuse(error instanceof Error ? error : new Error("answer broke off"));
          }
        },
      );
      sent.on("error", refuse);
      sent.end(options.body);
    });
    socket.setTimeout(timeoutMs, () => refuse(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
  });
}
