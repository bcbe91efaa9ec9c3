import type { OutgoingHttpHeaders } from "node:http";
import { ipOf } from "./distribution-viewers.ts";
import type { DistributionBehaviour, DistributionOrigin } from "./sources.ts";
import { isViewerHeader } from "./viewer-headers.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** Go to every origin, whatever the policy (developer guide page "Request and response behavior for custom origins"). */
const always = new Set([
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
]);

/** What CloudFront says of itself. */
export interface EdgeNames {
  /** The request's `X-Amz-Cf-Id`. */
  readonly id: string;
  /** The distribution's own domain name. */
  readonly edge: string;
}

/**
 * The headers of a request to a custom origin. Only what the origin request policy lists gets there of what the viewer
 * sent and of what CloudFront makes; `all` stands for what the viewer sent, and `*` in a list for that without `host`.
 * Nothing that a viewer sends passes for something that CloudFront makes.
 */
export function originHeaders(
  request: ViewerRequest,
  { forwards }: DistributionBehaviour,
  origin: DistributionOrigin,
  { id, edge }: EdgeNames,
): OutgoingHttpHeaders {
  const listed = new Set(forwards === "all" ? ["*"] : forwards);
  const everything = listed.has("*");
  const headers: OutgoingHttpHeaders = { "user-agent": "Amazon CloudFront" };
  for (const [name, value] of Object.entries(request.headers)) {
    if (isOwnHeader(name)) continue;
    if (everything || always.has(name) || listed.has(name)) headers[name] = value;
  }
  for (const [name, value] of Object.entries(madeHeaders(request))) {
    if (listed.has(name)) headers[name] = value;
  }
  const before = request.headers["x-forwarded-for"];
  const ip = ipOf(request.clientAddress);
  return {
    ...headers,
    host: forwards === "all" || listed.has("host") ? request.host : origin.domainName,
    "x-forwarded-for": before === undefined ? ip : `${String(before)}, ${ip}`,
    via: viaOf(request.headers.via, request.version, edge),
    "x-amz-cf-id": id,
    ...Object.fromEntries(
      Object.entries(origin.customHeaders).map(([name, value]) => [name.toLowerCase(), value]),
    ),
  };
}

/** `Via` with one hop more. */
export function viaOf(before: OutgoingHttpHeaders[string], version: string, edge: string): string {
  const own = `${version} ${edge} (CloudFront)`;
  return before === undefined ? own : `${String(before)}, ${own}`;
}

function isOwnHeader(name: string): boolean {
  return isViewerHeader(name) || name.startsWith("cloudfront-") || name.startsWith("x-amz-cf-");
}

function madeHeaders(request: ViewerRequest): Readonly<Record<string, string>> {
  return {
    "cloudfront-forwarded-proto": request.secure ? "https" : "http",
    "cloudfront-viewer-address": request.clientAddress,
    "cloudfront-viewer-http-version": request.version,
    ...request.certificateHeaders,
  };
}
