import { createHash } from "node:crypto";
import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import { type Access, type Caller, faultOfSession } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import { renderJsonRefusal } from "../json/json-refusal.ts";
import { AwsRefused, refusalOf, refuseCommonly } from "../refused.ts";
import { requestIds } from "../request-ids.ts";
import { holdsV4a, readSignatureV4a } from "../signature-v4a.ts";
import type { KeyValueAnswer, KeyValueCall } from "./call.ts";
import type { KeyValueModels } from "./models.ts";
import { describeKeyValueStore, getKey, listKeys } from "./read-keys.ts";
import { refuse } from "./refusals.ts";
import type { KeyValueSettings } from "./settings.ts";
import { deleteKey, putKey, updateKeys } from "./write-keys.ts";

/** What {@link keyValueService} is made of. */
export interface KeyValueServiceOptions {
  readonly models: KeyValueModels;
  readonly settings: KeyValueSettings;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
}

interface Operation {
  readonly name: string;
  readonly answer: (call: KeyValueCall) => KeyValueAnswer;
}

/** By method, and by what is left of the path behind the store. */
const operations: Readonly<Record<string, Operation>> = {
  "GET store": { name: "DescribeKeyValueStore", answer: describeKeyValueStore },
  "GET keys": { name: "ListKeys", answer: listKeys },
  "POST keys": { name: "UpdateKeys", answer: updateKeys },
  "GET key": { name: "GetKey", answer: getKey },
  "PUT key": { name: "PutKey", answer: putKey },
  "DELETE key": { name: "DeleteKey", answer: deleteKey },
};

const serviceName = "cloudfront-keyvaluestore";
const host = /^(\d{12})\.cloudfront-kvs\.global\.api\.aws$/;

/**
 * The data plane of key value stores: REST in JSON, signed by version 4A. Its real host begins with the number of the
 * account; on loopback the ARN in the path is enough.
 */
export function keyValueService(options: KeyValueServiceOptions): SimulatedService {
  const { models, settings, authorise, clock, faults } = options;
  const nextRequestId = requestIds(serviceName);

  const answer = (request: Request, body: string): Promise<Response> => {
    const url = new URL(request.url);
    const { arn, key, operation } = route(request.method, url);
    const refused = (error: unknown): Response => {
      if (error instanceof AwsRefused) return renderJsonRefusal(error, "rest-json");
      throw error;
    };
    return answerUnderFaults(
      {
        faults,
        clock,
        call: { service: serviceName, operation: operation?.name ?? `${request.method} ${url.pathname}` },
        refuse: (fault) => refused(refusalOf(fault)),
      },
      ({ stale }) => {
        try {
          const caller = authenticate(request, body, options);
          if (operation === undefined) {
            throw refuseCommonly(
              "InvalidAction",
              `There is no operation at ${request.method} ${url.pathname}`,
            );
          }
          const owner = /^arn:aws:cloudfront::(\d{12}):key-value-store\/[\w-]+$/.exec(arn)?.[1];
          if (owner === undefined) {
            throw refuse("ValidationException", `'${arn}' is not the ARN of a key value store`);
          }
          const placed = host.exec(url.hostname)?.[1] ?? owner;
          if ([caller.accountId, placed, owner].some((account) => account !== settings.accountId)) {
            throw refuse("AccessDeniedException", `Account ${caller.accountId} has no right to ${arn}`);
          }
          const right = { action: `${serviceName}:${operation.name}`, resource: arn };
          const denied = authorise(caller, right, "us-east-1");
          if (denied !== undefined) throw refuse("AccessDeniedException", denied);
          return render(
            operation.answer({
              arn,
              key,
              query: url.searchParams,
              ifMatch: request.headers.get("if-match") ?? undefined,
              body,
              models,
              view: stale ? models.before() : models.now(),
              settings,
              now: clock.now(),
            }),
          );
        } catch (error) {
          return refused(error);
        }
      },
    );
  };

  return {
    name: serviceName,
    owns: ({ hostname }) => host.test(hostname),
    handle: async (request) => {
      const requestId = nextRequestId();
      const response = await answer(request, await request.text());
      if (response.type !== "error") response.headers.set("x-amzn-requestid", requestId);
      return response;
    },
  };
}

function route(
  method: string,
  { pathname }: URL,
): { readonly arn: string; readonly key: string; readonly operation: Operation | undefined } {
  const [, root, arn = "", keys, key, ...more] = pathname.split("/");
  const isKnown = root === "key-value-stores" && (keys === undefined || keys === "keys") && more.length === 0;
  const about = key === undefined ? (keys ?? "store") : "key";
  return {
    arn: decode(arn),
    key: decode(key ?? ""),
    operation: isKnown && key !== "" ? operations[`${method} ${about}`] : undefined,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function render({ etag, body }: KeyValueAnswer): Response {
  return new Response(JSON.stringify(body), {
    status: 200,
    headers: { "content-type": "application/json", ...(etag === undefined ? {} : { etag }) },
  });
}

/**
 * Who signed a request, by version 4A and for all regions. A session comes with its token here as well.
 *
 * @throws AwsRefused MissingAuthenticationToken, IncompleteSignature, InvalidClientTokenId, ExpiredToken,
 *   SignatureDoesNotMatch
 */
function authenticate(request: Request, body: string, { access, clock }: KeyValueServiceOptions): Caller {
  const said = readSignatureV4a(request);
  if (said === "none") throw refuseCommonly("MissingAuthenticationToken", "Missing Authentication Token");
  if (said === "malformed") {
    throw refuseCommonly("IncompleteSignature", "The request must be signed with AWS4-ECDSA-P256-SHA256");
  }
  const caller = access.find(said.accessKeyId);
  const session = caller && faultOfSession(caller, request.headers.get("x-amz-security-token"), clock.now());
  if (caller === undefined || session === "wrong") {
    throw refuseCommonly("InvalidClientTokenId", "The security token included in the request is invalid.");
  }
  if (session === "expired") {
    throw refuseCommonly("ExpiredToken", "The security token included in the request is expired");
  }
  if (said.service !== serviceName) {
    throw refuseCommonly(
      "SignatureDoesNotMatch",
      `Credential should be scoped to correct service: '${serviceName}'.`,
    );
  }
  if (request.headers.get("x-amz-region-set") !== "*") {
    throw refuseCommonly("SignatureDoesNotMatch", "Credential should be scoped to a valid region set.");
  }
  const payload = createHash("sha256").update(body).digest("hex");
  if (!holdsV4a(request, said, caller, payload)) {
    throw refuseCommonly(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided.",
    );
  }
  return caller;
}
