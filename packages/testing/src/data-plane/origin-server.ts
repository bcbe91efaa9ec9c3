import { createServer, type IncomingHttpHeaders } from "node:http";
import { encodePem, mtlsHeader } from "./certificate-headers.ts";
import { type Address, listenOnLoopback, openSockets, stopListening } from "./loopback.ts";
import { viewerHeader } from "./viewer-headers.ts";

/** A request as the application behind the balancer got it. */
export interface OriginRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /**
   * The client certificate that whoever is in front passed on, a balancer rather than CloudFront: URL-encoded PEM of the
   * leaf, else the serial; absent if none.
   */
  readonly seen?: string | undefined;
  /** The viewer's certificate that CloudFront passed on, in the same form, where a balancer between tells of another. */
  readonly seenViewer?: string | undefined;
}

/** A running application. */
export interface OriginServer extends Address {
  readonly url: URL;
  /** Every request but those for `/healthz`, oldest first. */
  readonly requests: readonly OriginRequest[];
  close(): Promise<void>;
}

/**
 * A plain HTTP application on loopback, to stand behind a balancer or a distribution. It answers 200 with JSON, says in
 * the header `x-seen-client-cert` which client certificate it was told of (by the balancer, if there is one), in
 * `x-seen-viewer-cert` which one CloudFront told of, and answers `/healthz` with `ok`.
 *
 * @example
 * ```ts
 * import { originServer } from "@handfast/testing";
 *
 * export async function isHealthy(): Promise<boolean> {
 *   const origin = await originServer();
 *   const answer = await fetch(new URL("/healthz", origin.url));
 *   await origin.close();
 *   return answer.ok;
 * }
 * ```
 */
export async function originServer(): Promise<OriginServer> {
  const requests: OriginRequest[] = [];
  const sockets = openSockets();
  const server = createServer({ maxHeaderSize: 128 * 1024, keepAliveTimeout: 0 }, (request, response) => {
    request.resume();
    if (request.url === "/healthz") {
      response.end("ok");
      return;
    }
    const seenViewer = readSeenViewer(request.headers);
    const seen = readSeen(request.headers) ?? seenViewer;
    const { method = "GET", url: path = "/", headers } = request;
    requests.push({ method, path, headers, seen, seenViewer });
    response.setHeader("content-type", "application/json");
    if (seen !== undefined) response.setHeader("x-seen-client-cert", seen);
    if (seenViewer !== undefined) response.setHeader("x-seen-viewer-cert", seenViewer);
    response.end(
      JSON.stringify({
        method,
        path,
        host: headers.host,
        serial: headers[mtlsHeader.serial],
        subject: headers[mtlsHeader.subject],
      }),
    );
  });
  server.on("connection", sockets.add);
  const address = await listenOnLoopback(server);
  return {
    ...address,
    url: new URL(`http://${address.host}:${address.port}`),
    requests,
    close: async () => {
      const closed = stopListening(server);
      sockets.destroyAll();
      await closed;
    },
  };
}

function readSeen(headers: IncomingHttpHeaders): string | undefined {
  const leaf = headers[mtlsHeader.leaf];
  const chain = headers[mtlsHeader.chain];
  if (typeof leaf === "string") return leaf;
  if (typeof chain === "string") {
    const end = "-----END CERTIFICATE-----\n";
    const pem = decodeURIComponent(chain);
    return encodePem(pem.slice(0, pem.indexOf(end) + end.length));
  }
  const serial = headers[mtlsHeader.serial];
  return typeof serial === "string" ? serial : undefined;
}

function readSeenViewer(headers: IncomingHttpHeaders): string | undefined {
  const leaf = headers[viewerHeader.leaf];
  if (typeof leaf === "string") return leaf;
  const passed = headers[viewerHeader.passedLeaf];
  const body = typeof passed === "string" ? /^:([^:]+):$/.exec(passed)?.[1] : undefined;
  if (body !== undefined) {
    const lines = body.replace(/.{64}(?=.)/g, "$&\n");
    return encodePem(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  }
  const serial = headers[viewerHeader.serial];
  return typeof serial === "string" ? serial : undefined;
}
