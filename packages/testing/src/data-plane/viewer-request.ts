import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { buffer } from "node:stream/consumers";
import { copyHeaders } from "./forward-request.ts";

/** A viewer's request, whatever version of HTTP carried it. */
export interface ViewerRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Without port, in lower case. */
  readonly host: string;
  /** Without what belongs to one connection. */
  readonly headers: OutgoingHttpHeaders;
  readonly version: "1.1" | "2.0";
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** Address and port. */
  readonly clientAddress: string;
  /** What its connection tells the origin of the viewer's certificate. */
  readonly certificateHeaders: Readonly<Record<string, string>>;
  body(): Promise<Buffer>;
}

/** Reads what both versions of HTTP have in common. */
export function readViewerRequest(
  request: IncomingMessage | Http2ServerRequest,
  connection: Pick<ViewerRequest, "secure" | "clientAddress" | "certificateHeaders">,
): ViewerRequest {
  const second = "stream" in request;
  const authority = second ? request.authority : request.headers.host;
  return {
    ...connection,
    method: request.method ?? "GET",
    path: request.url ?? "/",
    host: (authority ?? "").replace(/:\d+$/, "").toLowerCase(),
    headers: copyHeaders(request),
    version: second ? "2.0" : "1.1",
    body: () => buffer(request),
  };
}
