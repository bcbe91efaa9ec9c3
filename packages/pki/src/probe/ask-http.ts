import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect as http2Connect } from "node:http2";
import type { TLSSocket } from "node:tls";

/** What to ask once the connection stands. */
export interface ProbeRequest {
  /** @default "HEAD" */
  readonly method?: string | undefined;
  /** Path and query. Choose one that no cache answers. @default "/" */
  readonly path?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The head of an HTTP response. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends one request over an open connection, HTTP/2 when ALPN chose it and HTTP/1.1 otherwise, and waits for the
 * head of the response. Rejects when the connection ends before, or the answer is not HTTP.
 */
export function askHttp(socket: TLSSocket, host: string, request: ProbeRequest): Promise<HttpAnswer> {
  return socket.alpnProtocol === "h2" ? askHttp2(socket, host, request) : askHttp1(socket, host, request);
}

function askHttp1(socket: TLSSocket, host: string, request: ProbeRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      createConnection: () => socket,
      method: request.method ?? "HEAD",
      path: request.path ?? "/",
      headers: { host, connection: "close", ...request.headers },
    });
    sent.on("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, headers: flatten(response.headers) });
    });
    sent.on("error", reject);
    sent.end();
  });
}

function askHttp2(socket: TLSSocket, host: string, request: ProbeRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const session = http2Connect(`https://${host}`, { createConnection: () => socket });
    session.on("error", reject);
    const stream = session.request({
      ...request.headers,
      ":method": request.method ?? "HEAD",
      ":path": request.path ?? "/",
    });
    stream.on("response", (headers) => {
      const { ":status": status = 0, ...rest } = headers;
      resolve({ status: Number(status), headers: flatten(rest) });
    });
    stream.on("error", reject);
    stream.on("close", () => reject(new Error("the stream was closed without a response")));
    stream.end();
  });
}

/** Whether an error says that the answer was no HTTP, as against the connection ending. */
export function isNotHttp(error: Error): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code.startsWith("HPE_") || code === "ERR_HTTP2_ERROR";
}

function flatten(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}
