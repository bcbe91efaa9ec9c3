import { createHash } from "node:crypto";
import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults, type Refusal } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import { holds, readSignature } from "../signature.ts";
import { renderXml } from "../xml.ts";
import type { Elbv2Call, Elbv2Settings } from "./call.ts";
import { handlers } from "./handlers.ts";
import type { Elbv2Models } from "./models.ts";
import { readQuery } from "./query.ts";
import { Elbv2Refused, refuse, renderRefusal } from "./refusals.ts";

/** What {@link elbv2Service} is made of. */
export interface Elbv2ServiceOptions {
  readonly models: Elbv2Models;
  readonly settings: Elbv2Settings;
  readonly access: Access;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly readObject: Elbv2Call["readObject"];
  /** A URL for ten minutes, at an address that whoever sent the request can reach. */
  publish(bytes: Uint8Array<ArrayBuffer>, name: string, request: Request): string;
}

const version = "2015-12-01";

/** ELBv2, in one region, for one account. */
export function elbv2Service(options: Elbv2ServiceOptions): SimulatedService {
  const { models, settings, clock, faults } = options;
  let requests = 0;

  const answer = async (request: Request, body: string, requestId: string): Promise<Response> => {
    const parameters = new URLSearchParams(new URL(request.url).search);
    for (const [name, value] of new URLSearchParams(body)) parameters.set(name, value);
    const action = parameters.get("Action") ?? "";
    const refused = (error: unknown): Response => {
      if (error instanceof Elbv2Refused) return renderRefusal(error, requestId);
      throw error;
    };
    return answerUnderFaults(
      {
        faults,
        clock,
        call: { service: "elbv2", operation: action === "" ? "unknown" : action },
        refuse: (fault) => refused(refusalOf(fault)),
      },
      ({ stale }) => {
        try {
          authenticate(request, body, options);
          const handler = Object.hasOwn(handlers, action) ? handlers[action] : undefined;
          if (action === "") throw refuse("MissingAction", "Missing Action");
          if (handler === undefined || parameters.get("Version") !== version) {
            throw refuse(
              "InvalidAction",
              `Could not find operation ${action} for version ${parameters.get("Version") ?? "NO_VERSION_SPECIFIED"}`,
            );
          }
          const result = handler({
            query: readQuery(parameters),
            models,
            view: stale ? models.before() : models.now(),
            settings,
            now: clock.now(),
            readObject: options.readObject,
            publish: (bytes, name) => options.publish(bytes, name, request),
          });
          return new Response(
            `<${action}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">` +
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
    name: "elbv2",
    owns: ({ hostname }) => hostname === `elasticloadbalancing.${settings.region}.amazonaws.com`,
    handle: async (request) => {
      requests += 1;
      const requestId = uuidFrom(`elbv2 ${requests}`);
      const response = await answer(request, await request.text(), requestId);
      // No Date of the simulation's clock: a client would take the difference for its own clock being wrong.
      if (response.type !== "error") response.headers.set("x-amzn-requestid", requestId);
      return response;
    },
  };
}

/** @throws Elbv2Refused MissingAuthenticationToken, IncompleteSignature, InvalidClientTokenId, SignatureDoesNotMatch */
function authenticate(request: Request, body: string, { access, settings }: Elbv2ServiceOptions): void {
  const signature = readSignature(request);
  if (signature === "none")
    throw refuse("MissingAuthenticationToken", "Request is missing Authentication Token");
  if (signature === "malformed") {
    throw refuse("IncompleteSignature", "The request signature does not conform to AWS standards");
  }
  const caller = access.find(signature.accessKeyId);
  if (caller === undefined) {
    throw refuse("InvalidClientTokenId", "The security token included in the request is invalid.");
  }
  if (signature.service !== "elasticloadbalancing") {
    throw refuse(
      "SignatureDoesNotMatch",
      "Credential should be scoped to correct service: 'elasticloadbalancing'.",
    );
  }
  if (signature.region !== settings.region) {
    throw refuse("SignatureDoesNotMatch", "Credential should be scoped to a valid region.");
  }
  const payload = createHash("sha256").update(body).digest("hex");
  if (!holds(request, signature, caller.secretAccessKey, payload)) {
    throw refuse(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
    );
  }
  if (caller.accountId !== settings.accountId) {
    throw refuse("AccessDenied", `Account ${caller.accountId} has nothing in this simulation`);
  }
}

function refusalOf(fault: Refusal): Elbv2Refused {
  if (fault.kind === "refuse") {
    return new Elbv2Refused(fault.code, fault.status, fault.message ?? fault.code, fault.headers);
  }
  const headers =
    fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) };
  return new Elbv2Refused("Throttling", 400, "Rate exceeded", headers);
}

function uuidFrom(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}
