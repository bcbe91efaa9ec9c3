import type { Caller } from "./credentials.ts";
import type { Answer, RefusalShape } from "./envelope.ts";
import type { CloudflarePermission } from "./permission.ts";
import type { Zone } from "./zones/models.ts";

/** What a handler gets: everything that the router found out, and the moment of the call. */
export interface Call {
  readonly caller: Caller;
  readonly now: number;
  /** The parts of the path that stand in braces in the template, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON body; undefined when there was none. */
  readonly body: unknown;
}

/** A call on a zone that the caller may see. */
export interface ZoneCall extends Call {
  readonly zone: Zone;
}

/** One operation of the API. */
export interface Route {
  /** Method and path template under `/client/v4`; also the operation's name for faults. */
  readonly operation: `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`;
  /** One of these lets the call through; `none`: any credential may ask, also one that has ended. */
  readonly permissions: readonly CloudflarePermission[] | "none";
  /** What a token without the permission is told. @default 10000 */
  readonly deniedCode?: 9109 | 10000 | undefined;
  readonly refusals: RefusalShape;
  readonly answer:
    | { readonly on: "zone"; readonly handle: (call: ZoneCall) => Answer }
    | { readonly on: "account"; readonly handle: (call: Call) => Answer };
}

/** What a path and a method lead to. */
export type Match =
  | { readonly kind: "route"; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "wrong-method" }
  | { readonly kind: "no-route" };

/** Finds the route of a path below `/client/v4`. Templates are tried in order: the literal one stands first. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  let known = false;
  for (const route of routes) {
    const [routeMethod, template = ""] = route.operation.split(" ");
    const params = matchTemplate(template, path);
    if (params === undefined) continue;
    if (routeMethod === method) return { kind: "route", route, params };
    known = true;
  }
  return { kind: known ? "wrong-method" : "no-route" };
}

function matchTemplate(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const segment = given[index] ?? "";
    if (part.startsWith("{")) {
      const value = decode(segment);
      if (value === undefined || value === "") return undefined;
      params[part.slice(1, -1)] = value;
    } else if (part !== segment) return undefined;
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Whether a value is a JSON object, which every body of this API has to be. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
