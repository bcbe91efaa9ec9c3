import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** A plain HTTP server on loopback. */
export interface LoopbackServer {
  /** e.g. `http://127.0.0.1:41234` */
  readonly origin: string;
  /** Ends the server and every connection to it. */
  close(): Promise<void>;
}

/**
 * Serves a fetch-style function over plain HTTP on 127.0.0.1 and a free port.
 *
 * @param answer gets the request as the client sent it, with its URL at the server's own origin.
 *   `Response.error()` cuts the connection.
 */
export async function serveOnLoopback(
  answer: (request: Request) => Promise<Response>,
): Promise<LoopbackServer> {
  const server: Server = createServer((incoming, outgoing) => {
    respond(incoming, outgoing, answer).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("the server has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const response = await answer(await readRequest(incoming));
  if (response.type === "error") {
    outgoing.destroy();
    return;
  }
  const headers: [string, string][] = [...response.headers].filter(([name]) => name !== "set-cookie");
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.statusCode = response.status;
  for (const [name, value] of headers) outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  // An answer to HEAD tells the length of a body that it does not carry.
  if (incoming.method !== "HEAD" && response.status !== 204 && response.status !== 304) {
    outgoing.setHeader("content-length", body.length);
    outgoing.removeHeader("transfer-encoding");
    outgoing.end(body);
  } else outgoing.end();
}

async function readRequest(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
  }
  const method = incoming.method ?? "GET";
  const host = incoming.headers.host ?? "127.0.0.1";
  const bare = method === "GET" || method === "HEAD";
  return new Request(new URL(incoming.url ?? "/", `http://${host}`), {
    method,
    headers,
    body: bare ? null : new Uint8Array(Buffer.concat(chunks)),
  });
}
