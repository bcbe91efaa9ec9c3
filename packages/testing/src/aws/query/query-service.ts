import { createHash } from "node:crypto";
import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults, type Refusal } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import { type Access, type Caller, faultOfSession } from "../access.ts";
import { holds, readSignature } from "../signature.ts";
import { renderXml, type XmlValue } from "../xml.ts";
import { type Query, readQuery } from "./query.ts";
import { QueryRefused, refuseCommonly, renderRefusal } from "./refused.ts";

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
  /** Undefined for an action that there is not. Throws {@link QueryRefused}. */
  answer(call: QueryCall): QueryResult | undefined;
}

/** The wire of such a service: signature, action, answer, refusals. */
export function queryService(options: QueryServiceOptions): SimulatedService {
  const { name, namespace, version, clock, faults, hosts } = options;
  let requests = 0;

  const answer = async (request: Request, body: string, requestId: string): Promise<Response> => {
    const parameters = new URLSearchParams(new URL(request.url).search);
    for (const [key, value] of new URLSearchParams(body)) parameters.set(key, value);
    const action = parameters.get("Action") ?? "";
    const refused = (error: unknown): Response => {
      if (error instanceof QueryRefused) return renderRefusal(error, namespace, requestId);
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
      requests += 1;
      const requestId = uuidFrom(`${name} ${requests}`);
      const response = await answer(request, await request.text(), requestId);
      // No Date of the simulation's clock: a client would take the difference for its own clock being wrong.
      if (response.type !== "error") response.headers.set("x-amzn-requestid", requestId);
      return response;
    },
  };
}

/** @throws QueryRefused MissingAuthenticationToken, IncompleteSignature, InvalidClientTokenId, SignatureDoesNotMatch */
function authenticate(
  request: Request,
  body: string,
  { access, clock, signedAs, regions }: QueryServiceOptions,
): Caller {
  const signature = readSignature(request);
  if (signature === "none") {
    throw refuseCommonly("MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  if (signature === "malformed") {
    throw refuseCommonly("IncompleteSignature", "The request signature does not conform to AWS standards");
  }
  const caller = access.find(signature.accessKeyId);
  const session = caller && faultOfSession(caller, request.headers.get("x-amz-security-token"), clock.now());
  if (caller === undefined || session === "wrong") {
    throw refuseCommonly("InvalidClientTokenId", "The security token included in the request is invalid.");
  }
  if (session === "expired") {
    throw refuseCommonly("ExpiredToken", "The security token included in the request is expired");
  }
  if (signature.service !== signedAs) {
    throw refuseCommonly(
      "SignatureDoesNotMatch",
      `Credential should be scoped to correct service: '${signedAs}'.`,
    );
  }
  if (!regions.includes(signature.region)) {
    throw refuseCommonly("SignatureDoesNotMatch", "Credential should be scoped to a valid region.");
  }
  const payload = createHash("sha256").update(body).digest("hex");
  if (!holds(request, signature, caller.secretAccessKey, payload)) {
    throw refuseCommonly(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
    );
  }
  return caller;
}

function refusalOf(fault: Refusal): QueryRefused {
  if (fault.kind === "refuse") {
    return new QueryRefused(fault.code, fault.status, fault.message ?? fault.code, fault.headers);
  }
  const headers =
    fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) };
  return new QueryRefused("Throttling", 400, "Rate exceeded", headers);
}

function uuidFrom(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}
