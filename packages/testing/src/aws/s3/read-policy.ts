import { z } from "zod";
import { isSimulatedOperator, listOf } from "../iam/decide.ts";
import type { ResourcePolicy, ResourceStatement } from "../iam/resource-policy.ts";
import { refuse } from "./refusals.ts";

/** The whole text of a bucket's policy, in bytes. */
const largestPolicy = 20 * 1024;

const texts = z.union([z.string(), z.array(z.string()).readonly()]);
const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([
    z.literal("*"),
    z.strictObject({
      AWS: texts.optional(),
      Service: texts.optional(),
      Federated: texts.optional(),
      CanonicalUser: texts.optional(),
    }),
  ]),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  NotResource: texts.optional(),
  Condition: z.record(z.string(), z.record(z.string(), texts)).optional(),
});
const document = z.strictObject({
  Version: z.enum(["2008-10-17", "2012-10-17"]).optional(),
  Id: z.string().optional(),
  Statement: z.preprocess((value) => [value].flat(), z.array(statement).min(1)),
});

/**
 * Reads a policy for a bucket, and holds it to what S3 holds policies to.
 *
 * @param exists whether there is a user or role of that ARN
 * @throws S3Refused MalformedPolicy; NotImplemented for conditions that the simulation does not know
 */
export function readPolicy(text: string, bucket: string, exists: (arn: string) => boolean): ResourcePolicy {
  if (Buffer.byteLength(text) > largestPolicy) {
    throw malformed("Policy exceeds the maximum allowed document size.");
  }
  const parsed = document.safeParse(parseJson(text));
  if (!parsed.success) throw malformed(faultOf(parsed.error));
  const statements: readonly ResourceStatement[] = parsed.data.Statement;
  for (const each of statements) {
    checkPrincipal(each, exists);
    checkResources(each, `arn:aws:s3:::${bucket}`);
    checkConditions(each);
  }
  return { Statement: statements };
}

function parseJson(text: string): unknown {
  const invalid = malformed("Policies must be valid JSON and the first byte must be '{'");
  if (!text.startsWith("{")) throw invalid;
  try {
    return JSON.parse(text);
  } catch {
    throw invalid;
  }
}

function faultOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue?.code === "unrecognized_keys") return `Unknown field ${issue.keys[0]}`;
  const field = issue?.path.findLast((part) => typeof part === "string" && /^[A-Z]/.test(part));
  return field === "Principal"
    ? "Invalid principal in policy"
    : `Missing required field or invalid value: ${String(field ?? "Statement")}`;
}

/** Accounts by number or root, users and roles that exist, sessions, and services by their host name. */
function checkPrincipal({ Principal }: ResourceStatement, exists: (arn: string) => boolean): void {
  if (Principal === "*") return;
  const { AWS, Service, Federated, CanonicalUser } = Principal;
  const isAccount = /^(\*|\d{12}|arn:aws:iam::\d{12}:root|arn:aws:sts::\d{12}:assumed-role\/[^/*]+\/[^/*]+)$/;
  const wrong =
    Object.values(Principal).flatMap(listOf).length === 0 ||
    listOf(AWS).some((arn) => !isAccount.test(arn) && !exists(arn)) ||
    listOf(Service).some((name) => !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/.test(name));
  if (wrong) throw malformed("Invalid principal in policy");
  if (Federated !== undefined || CanonicalUser !== undefined) {
    throw refuse("NotImplemented", { message: "Federated and canonical users are not simulated" });
  }
}

/** Everything named must be this bucket or in it, and each action must have something that it can be done to. */
function checkResources(each: ResourceStatement, arn: string): void {
  const actions = listOf(each.Action ?? each.NotAction);
  if (actions.length === 0 || (each.Action !== undefined && each.NotAction !== undefined)) {
    throw malformed("Missing required field Action");
  }
  if (actions.some((action) => !/^(\*|s3:[A-Za-z*?]+)$/.test(action))) {
    throw malformed("Policy has invalid action");
  }
  const resources = listOf(each.Resource ?? each.NotResource);
  if (resources.length === 0 || (each.Resource !== undefined && each.NotResource !== undefined)) {
    throw malformed("Missing required field Resource");
  }
  if (resources.some((resource) => resource !== arn && !resource.startsWith(`${arn}/`))) {
    throw malformed("Policy has invalid resource");
  }
  if (each.Action === undefined || each.Resource === undefined) return;
  const kinds = new Set(resources.map((resource) => (resource === arn ? "bucket" : "object")));
  if (actions.some((action) => !/[*?]/.test(action) && !kinds.has(kindOf(action)))) {
    throw malformed("Action does not apply to any resource(s) in statement");
  }
}

/** What an action is done to ("Actions, resources, and condition keys for Amazon S3"). */
function kindOf(action: string): "bucket" | "object" {
  const name = action.slice("s3:".length);
  return /Object|MultipartUpload(Parts)?$/.test(name) && !/Bucket/.test(name) ? "object" : "bucket";
}

function checkConditions({ Condition = {} }: ResourceStatement): void {
  for (const operator of Object.keys(Condition)) {
    if (!isSimulatedOperator(operator)) {
      throw refuse("NotImplemented", { message: `The condition operator ${operator} is not simulated` });
    }
  }
}

function malformed(message: string): Error {
  return refuse("MalformedPolicy", { message });
}
