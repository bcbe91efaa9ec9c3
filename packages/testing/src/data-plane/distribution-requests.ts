import type { OutgoingHttpHeaders } from "node:http";
import type { Clock } from "@handfast/core";
import type { CertificateFacts } from "./certificate-facts.ts";
import { type AnswerStream, AnswerTimeout, sendBack } from "./forward-request.ts";
import type { Address } from "./loopback.ts";
import { type OriginTarget, OriginUnreachable, type WarmLimits } from "./origin-agent.ts";
import { type OriginConnections, originConnections, type UsedConnection } from "./origin-connections.ts";
import { originHeaders, viaOf } from "./origin-request.ts";
import { fitsPattern } from "./path-pattern.ts";
import { isOneOf } from "./served-names.ts";
import type { DistributionBehaviour, DistributionOrigin, DistributionView } from "./sources.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** A request as a distribution's node saw it through. */
export interface DistributionRequest {
  /** When it came, in milliseconds since the epoch, on the clock. */
  readonly at: number;
  /** The id that viewer and origin get in `x-amz-cf-id`. */
  readonly id: string;
  /** Which node, from 0. */
  readonly node: number;
  /** The name in `Host`, without port. */
  readonly host: string;
  /** With the query. */
  readonly path: string;
  readonly scheme: "https" | "http";
  readonly version: "1.1" | "2.0";
  /** What the viewer got. */
  readonly status: number;
  /** The origin that was asked, by its id; absent where CloudFront answered by itself. */
  readonly origin?: string | undefined;
  /** The connection that carried the answer; absent where there was no answer, and for S3. */
  readonly connection?: UsedConnection | undefined;
  /** A kept connection was found closed, and the request was sent again over a fresh one. */
  readonly retried: boolean;
}

/** Where an origin's domain name leads; `undefined` when nothing is there. */
export type ResolveOrigin = (origin: DistributionOrigin, scheme: "https" | "http") => Address | undefined;

/** How an S3 origin is asked: `path` is percent-encoded, `signed` is origin access control. */
export type FetchFromS3 = (
  bucketDomainName: string,
  path: string,
  how: { readonly signed: boolean; readonly method: "GET" | "HEAD" },
) => Promise<Response>;

/** What the nodes of one distribution have in common, and one of them. */
export interface RequestHandlerOptions {
  readonly node: number;
  readonly view: () => DistributionView;
  readonly clock: Clock;
  readonly limits: WarmLimits;
  readonly originCa: readonly CertificateFacts[];
  readonly resolve: ResolveOrigin;
  readonly s3: FetchFromS3 | undefined;
  readonly answerMs: number;
  readonly nextId: () => string;
  readonly record: (entry: DistributionRequest) => void;
}

/** What answers the requests of one node. */
export interface RequestHandler {
  handle(request: ViewerRequest, response: AnswerStream): Promise<void>;
  close(): void;
}

/** Answers requests by the behaviours and origins that the node has in effect when each comes. */
export function requestHandler(options: RequestHandlerOptions): RequestHandler {
  const { node, view, clock } = options;
  const connections = new Map<string, OriginConnections>();

  const connectionsTo = (origin: DistributionOrigin, scheme: "https" | "http"): OriginConnections => {
    const key = `${scheme} ${origin.id}`;
    const known = connections.get(key);
    if (known !== undefined) return known;
    const target = (): OriginTarget =>
      targetOf(view().origins.find(({ id }) => id === origin.id) ?? origin, scheme, options.resolve);
    const { limits, originCa } = options;
    const made = originConnections({ target, clock, limits, originCa });
    connections.set(key, made);
    return made;
  };

  const handle: RequestHandler["handle"] = async (request, response) => {
    const now = view();
    const id = options.nextId();
    const edge = now.names[0] ?? "";
    const scheme = request.secure ? "https" : "http";
    const { host, path, version } = request;
    const entry = { at: clock.now(), id, node, host, path, scheme, version } as const;
    const own: OutgoingHttpHeaders = {
      via: viaOf(undefined, request.version, edge),
      "x-amz-cf-id": id,
      "x-amz-cf-pop": `SIM5${node}-P1`,
    };
    const answer = (status: number, more: OutgoingHttpHeaders = {}, origin?: string): void => {
      options.record({ ...entry, status, origin, retried: false });
      if (response.headersSent) response.destroy();
      else respond(response, status, { ...own, ...more }, request.method);
    };

    if (!now.enabled || !isOneOf(now.names, host)) return answer(403);
    const [bare = "/"] = path.split("?");
    const behaviour = now.behaviours.find(({ pathPattern }) => fitsPattern(pathPattern, bare));
    if (behaviour === undefined) return answer(403);
    if (!request.secure && behaviour.viewerProtocolPolicy === "https-only") return answer(403);
    if (!request.secure && behaviour.viewerProtocolPolicy === "redirect-to-https") {
      const status = request.method === "GET" || request.method === "HEAD" ? 301 : 307;
      return answer(status, { location: `https://${host}${path}`, "x-cache": "Redirect from cloudfront" });
    }
    const origin = now.origins.find((candidate) => candidate.id === behaviour.originId);
    if (origin === undefined) return answer(502);

    try {
      const found = { ...own, "x-cache": "Miss from cloudfront", ...lowerCase(behaviour.responseHeaders) };
      const wanted = pathAt(origin, bare, path.slice(bare.length), now.defaultRootObject);
      if (origin.kind === "s3") {
        const from = await fetchFromS3(options.s3, origin, wanted, request);
        options.record({ ...entry, status: from.status, origin: origin.id, retried: false });
        await passOn(from, response, found, request.method);
        return;
      }
      const sent = await send(request, behaviour, origin, wanted, { id, edge });
      const { connection, retried } = sent;
      const status = sent.response.statusCode ?? 502;
      options.record({ ...entry, status, origin: origin.id, connection, retried });
      const via = viaOf(sent.response.headers.via, sent.response.httpVersion, edge);
      await sendBack(sent.response, response, { ...found, via });
    } catch (error) {
      answer(statusOf(error), {}, origin.id);
    }
  };

  const send = async (
    request: ViewerRequest,
    behaviour: DistributionBehaviour,
    origin: DistributionOrigin,
    path: string,
    names: { readonly id: string; readonly edge: string },
  ) => {
    const plain =
      origin.protocolPolicy === "http-only" || (origin.protocolPolicy === "match-viewer" && !request.secure);
    return connectionsTo(origin, plain ? "http" : "https").send({
      method: request.method,
      path,
      headers: originHeaders(request, behaviour, origin, names),
      body: await request.body(),
      timeoutMs: options.answerMs,
    });
  };

  return {
    handle,
    close: () => {
      for (const one of connections.values()) one.close();
    },
  };
}

function pathAt(origin: DistributionOrigin, bare: string, query: string, rootObject: string): string {
  const path = bare === "/" && rootObject !== "" ? `/${rootObject.replace(/^\//, "")}` : bare;
  return `${origin.path}${path}${query}`;
}

function targetOf(
  origin: DistributionOrigin,
  scheme: "https" | "http",
  resolve: ResolveOrigin,
): OriginTarget {
  const { domainName, httpPort, httpsPort, shows } = origin;
  const name = `${scheme}://${domainName}:${scheme === "https" ? httpsPort : httpPort}`;
  const address = (): Address | undefined => resolve(origin, scheme);
  return scheme === "http"
    ? { name, address }
    : { name, address, tls: { servername: domainName, shows, judged: true } };
}

async function fetchFromS3(
  s3: FetchFromS3 | undefined,
  { domainName, signed }: DistributionOrigin,
  path: string,
  { method }: ViewerRequest,
): Promise<Response> {
  if (method !== "GET" && method !== "HEAD") return new Response(null, { status: 403 });
  if (s3 === undefined) throw new OriginUnreachable("refused");
  const [bare = "/"] = path.split("?");
  return s3(domainName, bare, { signed, method });
}

async function passOn(
  from: Response,
  response: AnswerStream,
  found: OutgoingHttpHeaders,
  method: string,
): Promise<void> {
  const body = Buffer.from(await from.arrayBuffer());
  const length = method === "HEAD" ? from.headers.get("content-length") : String(body.length);
  const headers: OutgoingHttpHeaders = { ...Object.fromEntries(from.headers), ...found };
  for (const name of ["connection", "transfer-encoding", "content-length"]) delete headers[name];
  if (length !== null) headers["content-length"] = length;
  response.writeHead(from.status, headers);
  response.end(method === "HEAD" ? undefined : body);
}

function respond(response: AnswerStream, status: number, headers: OutgoingHttpHeaders, method: string): void {
  const body = `<html><head><title>${status}</title></head><body>The request was not served (${status}).</body></html>`;
  response.writeHead(status, {
    "x-cache": "Error from cloudfront",
    "content-type": "text/html",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(method === "HEAD" ? undefined : body);
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** What CloudFront answers for a failed origin (developer guide pages "HTTP 502 status code" and "HTTP 504 status code"). */
function statusOf(error: unknown): number {
  const late =
    error instanceof AnswerTimeout || (error instanceof OriginUnreachable && error.failure === "late");
  return late ? 504 : 502;
}
