import type { Clock } from "@handfast/core";
import { answerUnderFaults, type Faults, type Refusal } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import { authenticate } from "../authenticate.ts";
import type { Authorise } from "../iam/authorise.ts";
import { AwsRefused, refusalOf } from "../refused.ts";
import { requestIds } from "../request-ids.ts";
import { findFunction } from "./find-function.ts";
import type { LambdaFunctions } from "./functions.ts";
import { runFunction } from "./run-function.ts";

/** What {@link lambdaService} is made of. */
export interface LambdaServiceOptions {
  readonly functions: LambdaFunctions;
  readonly region: string;
  readonly accountId: string;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
}

/** What a synchronous invocation may be told, in bytes (Lambda API `Invoke`). */
const largestRequest = 6_291_456;

const pathPattern = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** What the wire knows and the common refusals are called otherwise. */
const names: Readonly<Record<string, string>> = {
  AccessDenied: "AccessDeniedException",
  ExpiredToken: "ExpiredTokenException",
  IncompleteSignature: "IncompleteSignatureException",
  InvalidClientTokenId: "UnrecognizedClientException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  SignatureDoesNotMatch: "InvalidSignatureException",
};

/** AWS Lambda, of which there is `Invoke`: REST in JSON, one host for each region. */
export function lambdaService(options: LambdaServiceOptions): SimulatedService {
  const { region, clock, faults } = options;
  const nextRequestId = requestIds("lambda");
  const host = `lambda.${region}.amazonaws.com`;
  const refused = (error: unknown): Response => {
    if (error instanceof AwsRefused) return renderRefusal(error);
    throw error;
  };
  return {
    name: "lambda",
    owns: ({ hostname }) => hostname === host,
    handle: async (request) => {
      const requestId = nextRequestId();
      const body = await request.text();
      const { pathname } = new URL(request.url);
      const isInvoke = request.method === "POST" && pathPattern.test(pathname);
      const operation = isInvoke ? "Invoke" : `${request.method} ${pathname}`;
      const response = await answerUnderFaults(
        {
          faults,
          clock,
          call: { service: "lambda", operation },
          refuse: (fault) => refused(ownRefusal(fault)),
        },
        async () => {
          try {
            return await invoke(request, body, requestId, options);
          } catch (error) {
            return refused(error);
          }
        },
      );
      if (response.type !== "error") response.headers.set("x-amzn-requestid", requestId);
      return response;
    },
  };
}

async function invoke(
  request: Request,
  body: string,
  requestId: string,
  { functions, region, accountId, access, authorise, clock }: LambdaServiceOptions,
): Promise<Response> {
  const caller = authenticate(request, body, { access, clock, signedAs: "lambda", regions: [region] });
  const url = new URL(request.url);
  const named = pathPattern.exec(url.pathname)?.[1];
  if (request.method !== "POST" || named === undefined)
    throw new AwsRefused("UnknownOperationException", 404, `There is no operation at ${url.pathname}`);
  const { arn, found } = findFunction(functions.models.now(), {
    name: decodeURIComponent(named),
    qualifier: url.searchParams.get("Qualifier") ?? undefined,
    region,
    accountId,
  });
  const denied = authorise(caller, { action: "lambda:InvokeFunction", resource: arn }, region, {
    owner: accountId,
    policy: undefined,
    lends: found?.invokers.has(caller.accountId) ?? false,
  });
  if (denied !== undefined) throw new AwsRefused("AccessDeniedException", 403, denied);
  if (found === undefined)
    throw new AwsRefused("ResourceNotFoundException", 404, `Function not found: ${arn}`);
  if (Buffer.byteLength(body) > largestRequest)
    throw new AwsRefused(
      "RequestTooLargeException",
      413,
      `Request must be smaller than ${largestRequest} bytes for the InvokeFunction operation`,
    );
  const event = readEvent(body);
  const type = request.headers.get("x-amz-invocation-type") ?? "RequestResponse";
  if (type === "DryRun") return new Response(null, { status: 204 });
  const run = runFunction(found, event, { clock, requestId });
  if (type === "Event") {
    void run;
    return new Response(null, { status: 202 });
  }
  const { payload, failed, log } = await run;
  return new Response(payload, {
    status: 200,
    headers: {
      "content-type": "application/json",
      "x-amz-executed-version": "$LATEST",
      ...(failed ? { "x-amz-function-error": "Unhandled" } : {}),
      ...(request.headers.get("x-amz-log-type") === "Tail"
        ? { "x-amz-log-result": Buffer.from(log).toString("base64") }
        : {}),
    },
  });
}

function readEvent(body: string): unknown {
  try {
    return JSON.parse(body === "" ? "{}" : body);
  } catch {
    throw new AwsRefused(
      "InvalidRequestContentException",
      400,
      "Could not parse request body into json: Could not parse payload into json",
    );
  }
}

/** Lambda's own status and code for too high a rate (Lambda API `Invoke`, "Errors"). */
function ownRefusal(fault: Refusal): AwsRefused {
  const { headers } = refusalOf(fault);
  return fault.kind === "refuse"
    ? refusalOf(fault)
    : new AwsRefused("TooManyRequestsException", 429, "Rate Exceeded.", headers);
}

function renderRefusal({ code, status, message, headers }: AwsRefused): Response {
  const name = names[code] ?? code;
  const reason = name === "TooManyRequestsException" ? { Reason: "CallerRateLimitExceeded" } : {};
  return new Response(JSON.stringify({ ...reason, Type: status < 500 ? "User" : "Service", message }), {
    status,
    headers: { "content-type": "application/json", "x-amzn-errortype": name, ...headers },
  });
}
