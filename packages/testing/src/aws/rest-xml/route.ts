import type { Caller } from "../access.ts";
import type { Right } from "../iam/authorise.ts";
import type { XmlElement } from "./element.ts";

/** One request that was signed by somebody who exists, at a route. */
export interface RestXmlCall {
  readonly caller: Caller;
  /** A labelled segment of the path, decoded. */
  label(name: string): string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Whether there is a body at all. */
  readonly hasBody: boolean;
  /**
   * The root element of the body.
   *
   * @throws AwsRefused MissingBody; MalformedXML when it is not that element, in the service's namespace
   */
  root(name: string): XmlElement;
  /** Whether a fault makes it see what was before the last write. */
  readonly stale: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What an operation answers with. */
export interface RestXmlAnswer {
  /** @default 200 */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An element as text, to which the service adds its namespace; or bytes that are no XML. */
  readonly body?:
    | string
    | { readonly bytes: Uint8Array<ArrayBuffer>; readonly contentType: string }
    | undefined;
}

/** An operation, and where it is found. */
export interface RestXmlRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /**
   * With labels, and with the query parameters that tell it from another operation at the same path:
   * `/2020-05-31/trust-store/{Id}`, `/2020-05-31/distribution?WithTags`, `/2020-05-31/tagging?Operation=Tag`.
   */
  readonly path: string;
  /** The provider's name of it. */
  readonly operation: string;
  /** What the caller must be allowed. */
  rights(call: RestXmlCall): readonly Right[];
  /** Throws {@link AwsRefused}. */
  handle(call: RestXmlCall): RestXmlAnswer | Promise<RestXmlAnswer>;
}

/** A route that a request goes to. */
export interface Matched {
  readonly route: RestXmlRoute;
  readonly labels: ReadonlyMap<string, string>;
}

/** The route of a request: of those that fit, the one that asks for most of the query. */
export function matchRoute(routes: readonly RestXmlRoute[], method: string, url: URL): Matched | undefined {
  let best: (Matched & { readonly asked: number }) | undefined;
  for (const route of routes) {
    if (route.method !== method) continue;
    const [path = "", query = ""] = route.path.split("?");
    const labels = labelsIn(path, url.pathname);
    const asked = [...new URLSearchParams(query)];
    const fits = asked.every(([name, value]) =>
      value === "" ? url.searchParams.has(name) : url.searchParams.get(name) === value,
    );
    if (labels === undefined || !fits) continue;
    if (best === undefined || asked.length > best.asked) best = { route, labels, asked: asked.length };
  }
  return best;
}

function labelsIn(pattern: string, path: string): ReadonlyMap<string, string> | undefined {
  const wanted = pattern.split("/");
  const sent = path.split("/");
  if (wanted.length !== sent.length) return undefined;
  const labels = new Map<string, string>();
  for (const [index, segment] of wanted.entries()) {
    const value = sent[index] ?? "";
    const label = /^\{(.+)\}$/.exec(segment)?.[1];
    if (label === undefined ? segment !== value : value === "") return undefined;
    if (label !== undefined) labels.set(label, decodeURIComponent(value));
  }
  return labels;
}
