import {
  type Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
  request,
} from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What to send on, and over which connections. */
export interface Forwarding {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** The whole body: it must be at hand for a second try. */
  readonly body: Buffer;
  readonly to: RequestOptions;
  /** Holds the connections that are kept open. */
  readonly kept: Agent;
  /** Opens a connection for one request. */
  readonly fresh: Agent;
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** An answer whose body is still to be read. */
export interface Forwarded {
  readonly response: IncomingMessage;
  /** The connection had carried a request before. */
  readonly reused: boolean;
  /** A kept connection turned out to be closed, and the request was sent again over a fresh one. */
  readonly retried: boolean;
}

/** A visitor's answer, whatever version of HTTP carries it. */
export interface AnswerStream extends Writable {
  readonly headersSent: boolean;
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
}

/** The far side did not answer in time. */
export class AnswerTimeout extends Error {
  override readonly name = "AnswerTimeout";
}

const hopByHop = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Sending these twice does what sending them once does (RFC 9110, 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** A message's headers without those that belong to one connection (RFC 9110, 7.6.1) and those that `drop` names. */
export function copyHeaders(
  message: IncomingMessage | Http2ServerRequest,
  drop: (name: string) => boolean = () => false,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  // HTTP/2 has its own headers for what HTTP/1.1 says in the first line.
  for (const [name, values] of Object.entries(
    "stream" in message ? message.headers : message.headersDistinct,
  )) {
    if (hopByHop.has(name) || name.startsWith(":") || drop(name) || values === undefined) continue;
    headers[name] = Array.isArray(values) && values.length === 1 ? values[0] : values;
  }
  return headers;
}

/**
 * Sends a request on. When a kept connection breaks before an answer begins, as one does that the far side closed for
 * being idle, an idempotent request is sent once more over a fresh connection; a failure there is final.
 */
export async function forwardRequest(forwarding: Forwarding): Promise<Forwarded> {
  const first = await tryOnce(forwarding, forwarding.kept);
  if ("response" in first) return { ...first, retried: false };
  const again = first.reused && !first.timedOut && idempotent.has(forwarding.method);
  if (!again) throw first.error;
  const second = await tryOnce(forwarding, forwarding.fresh);
  if ("response" in second) return { ...second, retried: true };
  throw second.error;
}

type Attempt =
  | { readonly response: IncomingMessage; readonly reused: boolean }
  | { readonly error: Error; readonly reused: boolean; readonly timedOut: boolean };

function tryOnce(forwarding: Forwarding, agent: Agent): Promise<Attempt> {
  const { method, path, headers, body, to, timeoutMs } = forwarding;
  return new Promise((resolve) => {
    const length =
      body.length > 0 || method === "POST" || method === "PUT" ? { "content-length": body.length } : {};
    const sent = request({ ...to, method, path, headers: { ...headers, ...length }, agent });
    sent.setTimeout(timeoutMs, () => sent.destroy(new AnswerTimeout("no answer in time")));
    sent.once("response", (response) => resolve({ response, reused: sent.reusedSocket }));
    sent.on("error", (error) =>
      resolve({ error, reused: sent.reusedSocket, timedOut: error instanceof AnswerTimeout }),
    );
    sent.end(body);
  });
}

/** Passes an answer back. An answer that breaks off breaks off for the visitor too. */
export async function sendBack(
  from: IncomingMessage,
  to: AnswerStream,
  extra: OutgoingHttpHeaders = {},
): Promise<void> {
  const length = from.headers["content-length"];
  to.writeHead(from.statusCode ?? 502, {
    ...copyHeaders(from),
    ...(length === undefined ? {} : { "content-length": length }),
    ...extra,
  });
  await pipeline(from, to).catch(() => to.destroy());
}
