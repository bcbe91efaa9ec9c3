import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access, Caller } from "../access.ts";
import { authenticate } from "../authenticate.ts";
import { AwsRefused, refusalOf, refuseCommonly, renderRefusal } from "../refused.ts";
import { requestIds } from "../request-ids.ts";
import { renderXml, type XmlValue } from "../xml.ts";
import { type Query, readQuery } from "./query.ts";

/** What an operation answers with; nothing for an empty result. */
export type QueryResult = { readonly [name: string]: XmlValue };

/** One request that was signed by somebody who exists. */
export interface QueryCall {
  readonly caller: Caller;
  readonly action: string;
  readonly query: Query;
  readonly request: Request;
  /** Whether a fault makes it see what was before the last write. */
  readonly stale: boolean;
}

/** A service in AWS's Query protocol: one path, `Action` and `Version`, answers in XML. */
export interface QueryServiceOptions {
  /** Its name in call logs and faults. */
  readonly name: string;
  /** Its name in signatures. */
  readonly signedAs: string;
  readonly version: string;
  readonly namespace: string;
  readonly hosts: readonly string[];
  /** Regions that requests may be signed for. */
  readonly regions: readonly string[];
  readonly access: Access;
  readonly clock: Clock;
  readonly faults: Faults;
  /** Undefined for an action that there is not. Throws {@link AwsRefused}. */
  answer(call: QueryCall): QueryResult | undefined;
}

/** The wire of such a service: signature, action, answer, refusals. */
export function queryService(options: QueryServiceOptions): SimulatedService {
  const { name, namespace, version, clock, faults, hosts } = options;
  const nextRequestId = requestIds(name);

  const answer = async (request: Request, body: string, requestId: string): Promise<Response> => {
    const parameters = new URLSearchParams(new URL(request.url).search);
    for (const [key, value] of new URLSearchParams(body)) parameters.set(key, value);
    const action = parameters.get("Action") ?? "";
    const refused = (error: unknown): Response => {
      if (error instanceof AwsRefused) return renderRefusal(error, namespace, requestId);
      throw error;
    };
    return answerUnderFaults(
      {
        faults,
        clock,
        call: { service: name, operation: action === "" ? "unknown" : action },
        refuse: (fault) => refused(refusalOf(fault)),
      },
      ({ stale }) => {
        try {
          const caller = authenticate(request, body, options);
          if (action === "") throw refuseCommonly("MissingAction", "Missing Action");
          const query = readQuery(parameters);
          const isKnown = parameters.get("Version") === version;
          const result = isKnown ? options.answer({ caller, action, query, request, stale }) : undefined;
          if (result === undefined) {
            throw refuseCommonly(
              "InvalidAction",
              `Could not find operation ${action} for version ${parameters.get("Version") ?? "NO_VERSION_SPECIFIED"}`,
            );
          }
          return new Response(
            `<${action}Response xmlns="${namespace}">` +
              renderXml(`${action}Result`, result, "member") +
              `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
            { status: 200, headers: { "content-type": "text/xml" } },
          );
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
      const response = await answer(request, await request.text(), requestId);
      // No Date of the simulation's clock: a client would take the difference for its own clock being wrong.
      if (response.type !== "error") response.headers.set("x-amzn-requestid", requestId);
      return response;
    },
  };
}
