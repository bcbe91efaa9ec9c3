/**
 * The wire of a REST-XML service of AWS. A service is a list of routes; whoever simulates some of its operations
 * writes a module with a function that returns its routes, closed over its models, and adds it in one line:
 *
 *     restXmlService({ name: "cloudfront", …, routes: [...distributionRoutes(world), ...trustStoreRoutes(world)] })
 *
 * A route is `{ method, path, operation, rights, handle }` (route.ts); `handle` gets a {@link RestXmlCall}, reads its
 * body as an {@link XmlElement} (element.ts), answers `{ status, headers, body }`, and refuses by throwing an AwsRefused.
 */
import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import { authenticate } from "../authenticate.ts";
import type { Authorise } from "../iam/authorise.ts";
import { AwsRefused, refusalOf, refuseCommonly, renderRefusal } from "../refused.ts";
import { requestIds } from "../request-ids.ts";
import { readDocument } from "./element.ts";
import { type Matched, matchRoute, type RestXmlAnswer, type RestXmlRoute } from "./route.ts";

/** What {@link restXmlService} is made of. */
export interface RestXmlServiceOptions {
  /** Its name in call logs and faults. */
  readonly name: string;
  /** Its name in signatures. */
  readonly signedAs: string;
  readonly namespace: string;
  readonly hosts: readonly string[];
  /** The region that requests must be signed for. */
  readonly region: string;
  /** The account that everything belongs to. */
  readonly accountId: string;
  readonly routes: readonly RestXmlRoute[];
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
}

/** Signature, route, permission, answer, refusals. */
export function restXmlService(options: RestXmlServiceOptions): SimulatedService {
  const { name, namespace, clock, faults, hosts, routes } = options;
  const nextRequestId = requestIds(name);

  const handle = async (request: Request, requestId: string): Promise<Response> => {
    const url = new URL(request.url);
    const body = await request.text();
    const matched = matchRoute(routes, request.method, url);
    const refused = (error: unknown): Response => {
      if (error instanceof AwsRefused) return renderRefusal(error, namespace, requestId);
      throw error;
    };
    return answerUnderFaults(
      {
        faults,
        clock,
        call: { service: name, operation: matched?.route.operation ?? `${request.method} ${url.pathname}` },
        refuse: (fault) => refused(refusalOf(fault)),
      },
      async ({ stale }) => {
        try {
          return render(await answer(options, { request, url, body, matched, stale }), namespace);
        } catch (error) {
          return refused(error);
        }
      },
    );
  };

  return {
    name,
    owns: ({ hostname }) => hosts.includes(hostname),
    handle: async (request) => {
      const requestId = nextRequestId();
      const response = await handle(request, requestId);
      // No Date of the simulation's clock: a client would take the difference for its own clock being wrong.
      if (response.type !== "error") response.headers.set("x-amzn-requestid", requestId);
      return response;
    },
  };
}

/** @throws AwsRefused */
function answer(
  options: RestXmlServiceOptions,
  sent: {
    readonly request: Request;
    readonly url: URL;
    readonly body: string;
    readonly matched: Matched | undefined;
    readonly stale: boolean;
  },
): RestXmlAnswer | Promise<RestXmlAnswer> {
  const { request, url, body, matched, stale } = sent;
  const caller = authenticate(request, body, {
    access: options.access,
    clock: options.clock,
    signedAs: options.signedAs,
    regions: [options.region],
  });
  if (matched === undefined) {
    throw refuseCommonly(
      "InvalidAction",
      `Could not find an operation at ${request.method} ${url.pathname}${url.search}`,
    );
  }
  if (caller.accountId !== options.accountId) {
    throw refuseCommonly("AccessDenied", `Account ${caller.accountId} has nothing in this simulation`);
  }
  const { route, labels } = matched;
  const call = {
    caller,
    label: (name: string) => labels.get(name) ?? "",
    query: url.searchParams,
    headers: request.headers,
    hasBody: body !== "",
    root: (name: string) => {
      if (body === "") throw refuseCommonly("MissingBody", "This operation requires a body");
      return readDocument(body, name, options.namespace);
    },
    stale,
    now: options.clock.now(),
  };
  for (const right of route.rights(call)) {
    const denied = options.authorise(caller, right, options.region);
    if (denied !== undefined) throw refuseCommonly("AccessDenied", denied);
  }
  return route.handle(call);
}

function render({ status = 200, headers = {}, body }: RestXmlAnswer, namespace: string): Response {
  if (body === undefined) return new Response(null, { status, headers });
  if (typeof body !== "string") {
    return new Response(body.bytes, { status, headers: { "content-type": body.contentType, ...headers } });
  }
  const root = body.replace(/^<([A-Za-z]+)(?=[\s/>])(?![^>]*\sxmlns=)/, `<$1 xmlns="${namespace}"`);
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${root}`, {
    status,
    headers: { "content-type": "text/xml", ...headers },
  });
}
