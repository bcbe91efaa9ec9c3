import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { renderXml, type XmlValue } from "../xml.ts";
import { refuse } from "./refusals.ts";

/** The namespace of CloudFront's documents. */
export const namespace = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

/** Where every path begins. */
export const version = "/2020-05-31";

/** Where the service is: one endpoint for all regions. */
export const host = "cloudfront.amazonaws.com";

/** An answer with an element made of a value. */
export function answer(
  root: string,
  value: XmlValue,
  rest: Pick<RestXmlAnswer, "status" | "headers"> = {},
): RestXmlAnswer {
  return { ...rest, body: renderXml(root, value, "flat") };
}

/** Milliseconds since the epoch as the service writes them. */
export function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly marker: string;
  readonly next: string | undefined;
  readonly most: number;
}

/** What may be asked for at once, and is where nothing is said. */
const mostItems = 100;

/**
 * One page, by `Marker` and `MaxItems`.
 *
 * @throws AwsRefused InvalidArgument
 */
export function pageOf<T>(
  asked: { readonly marker: string | undefined; readonly maxItems: string | undefined },
  items: readonly T[],
  keyOf: (item: T) => string,
): Page<T> {
  const { marker = "", maxItems } = asked;
  if (maxItems !== undefined && !/^[1-9]\d{0,8}$/.test(maxItems)) {
    throw refuse("InvalidArgument", `The parameter MaxItems is not valid: ${maxItems}`);
  }
  const most = Math.min(Number(maxItems ?? mostItems), mostItems);
  const last = Buffer.from(marker, "base64url").toString();
  const from = marker === "" ? 0 : items.findIndex((item) => keyOf(item) === last) + 1;
  if (marker !== "" && from === 0)
    throw refuse("InvalidArgument", `The parameter Marker is not valid: ${marker}`);
  const page = items.slice(from, from + most);
  const end = page.at(-1);
  const hasMore = end !== undefined && from + page.length < items.length;
  return {
    items: page,
    marker,
    next: hasMore ? Buffer.from(keyOf(end)).toString("base64url") : undefined,
    most,
  };
}

/** `Marker` and `MaxItems` of a query. */
export function pageAsked({ query }: RestXmlCall): {
  readonly marker: string | undefined;
  readonly maxItems: string | undefined;
} {
  return { marker: query.get("Marker") ?? undefined, maxItems: query.get("MaxItems") ?? undefined };
}
