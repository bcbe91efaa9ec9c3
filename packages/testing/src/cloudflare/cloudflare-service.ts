import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Refusal as FaultRefusal, type Faults } from "../faults.ts";
import type { SimulatedService } from "../service.ts";
import { authenticate, authenticationError, type Credentials } from "./credentials.ts";
import { type Answer, type Refusal, refusal, unknownCode, writeAnswer } from "./envelope.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { type Call, type Match, matchRoute, type Route } from "./route.ts";
import { statusOf } from "./tokens/models.ts";
import type { Zone } from "./zones/models.ts";
import { refusals as zoneRefusals } from "./zones/refusals.ts";

const prefix = "/client/v4";
const name = "cloudflare";

/** What the service is made of. */
export interface ServiceParts {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly limiter: RateLimiter;
  readonly credentials: Credentials;
  readonly zones: ReadonlyMap<string, Zone>;
  readonly routes: readonly Route[];
}

/** The wire: credentials, rate limit, route, zone, permission, body, in the order in which they refuse. */
export function cloudflareService(parts: ServiceParts): SimulatedService {
  const { clock, faults, routes, zones, credentials, limiter } = parts;

  const handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const path = url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : undefined;
    const match: Match = path === undefined ? { kind: "no-route" } : matchRoute(routes, request.method, path);
    const operation = match.kind === "route" ? match.route.operation : `${request.method} ${url.pathname}`;
    const shape = match.kind === "route" ? match.route.refusals : "with-null-result";
    const body = await readBody(request);
    return answerUnderFaults(
      { faults, clock, call: { service: name, operation }, refuse: writeFault },
      () => {
        const now = clock.now();
        const caller = authenticate(request.headers, credentials, now);
        const counted = limiter.count("kind" in caller ? "" : caller.user, now);
        const refused = counted.refusal ?? ("kind" in caller ? caller : undefined);
        // The platform refuses before a family of routes sees the call.
        if (refused !== undefined || "kind" in caller) {
          return writeAnswer(refused ?? authenticationError(403), "with-null-result", counted.headers);
        }
        const answer = route(
          match,
          { caller, now, query: url.searchParams, body },
          request.method,
          url.pathname,
        );
        return writeAnswer(answer, shape, counted.headers);
      },
    );
  };

  const route = (match: Match, call: UnroutedCall, method: string, path: string): Answer => {
    if (match.kind === "no-route") return noRoute(path);
    if (match.kind === "wrong-method") {
      return refusal(405, 7001, `Method ${method} not available for that URI.`);
    }
    const { route, params } = match;
    const { token } = call.caller;
    const isEnded = token !== undefined && statusOf(token.issued, call.now) !== "active";
    if (isEnded && route.permissions !== "none") return authenticationError(403);
    const zoneId = params.zone_id;
    if (zoneId !== undefined && !/^[0-9a-f]{32}$/.test(zoneId)) return noRoute(path);
    const zone = zoneId !== undefined && call.caller.sees(zoneId) ? zones.get(zoneId) : undefined;
    if (zoneId !== undefined && zone === undefined) return zoneRefusals.invalidZone;
    if (route.permissions !== "none" && !route.permissions.some(call.caller.may)) {
      return route.deniedCode === 9109 ? denied : authenticationError(403);
    }
    if (call.body.kind === "malformed") return malformedBody;
    const ready = { ...call, params, body: call.body.value };
    if (route.answer.on === "account") return route.answer.handle(ready);
    return zone === undefined ? zoneRefusals.invalidZone : route.answer.handle({ ...ready, zone });
  };

  return {
    name,
    owns: (url) =>
      url.protocol === "https:" &&
      url.hostname === "api.cloudflare.com" &&
      (url.pathname === prefix || url.pathname.startsWith(`${prefix}/`)),
    handle,
  };
}

interface UnroutedCall extends Omit<Call, "params" | "body"> {
  readonly body: Body;
}

type Body = { readonly kind: "json"; readonly value: unknown } | { readonly kind: "malformed" };

/** The bodies of GET and DELETE are not looked at: the official client sends none with DELETE. */
async function readBody(request: Request): Promise<Body> {
  if (request.method === "GET" || request.method === "HEAD" || request.method === "DELETE") {
    return { kind: "json", value: undefined };
  }
  const text = await request.text();
  try {
    return { kind: "json", value: text === "" ? undefined : JSON.parse(text) };
  } catch {
    return { kind: "malformed" };
  }
}

const denied = refusal(403, 9109, "Unauthorized to access requested resource");
const malformedBody = refusal(400, 6007, "Malformed JSON in request body");

function noRoute(path: string): Refusal {
  return {
    ...refusal(404, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`),
    more: [{ code: 7000, message: "No route for that URI" }],
  };
}

/** An outage answers with a page of the edge, not with the envelope. */
function writeFault(fault: FaultRefusal): Response {
  if (fault.kind === "throttle") {
    const headers = { "retry-after": String(fault.retryAfterSeconds ?? 300) };
    return writeAnswer(
      refusal(429, 971, "Please wait and consider throttling your request speed"),
      "with-null-result",
      headers,
    );
  }
  if (fault.status >= 500) {
    const text = `${fault.status} ${fault.code}`.replaceAll(/[<>&]/g, "");
    const page = `<html>\n<head><title>${text}</title></head>\n<body><center><h1>${text}</h1></center></body>\n</html>\n`;
    const headers = { "content-type": "text/html; charset=UTF-8", ...fault.headers };
    return new Response(page, { status: fault.status, headers });
  }
  const code = /^\d+$/.test(fault.code) ? Number(fault.code) : unknownCode;
  return writeAnswer(
    refusal(fault.status, code, fault.message ?? fault.code),
    "with-null-result",
    fault.headers ?? {},
  );
}
