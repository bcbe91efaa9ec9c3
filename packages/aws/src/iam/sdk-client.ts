/** The port {@link CallerRights} on the AWS SDK. The only file that imports the IAM and STS clients; they are loaded at first use. */
import type * as Iam from "@aws-sdk/client-iam";
import type * as Sts from "@aws-sdk/client-sts";
import { translateError } from "../translate-error.ts";
import { withinTime } from "../within-time.ts";
import type { CallerRights, Simulated } from "./port.ts";

/** Clients of yours, or what to make them of. */
export interface RightsSources {
  readonly iam?: Iam.IAMClient | Iam.IAMClientConfig | undefined;
  readonly sts?: Sts.STSClient | Sts.STSClientConfig | undefined;
}

/** Where, and with what. */
export interface RightsOptions {
  readonly region: string;
  readonly sources: RightsSources;
  /** Milliseconds until a call without an answer is given up. */
  readonly timeoutMs: number;
}

/** Most actions, and most resources, of one request: no limit is documented, and the answer has a row for each pair. */
const mostAtOnce = 20;

/**
 * Connects to IAM and STS. Loads the SDK; sends nothing yet.
 *
 * @throws what `import` throws where one of the two clients is not installed
 */
export async function connectRights({ region, sources, timeoutMs }: RightsOptions): Promise<CallerRights> {
  const [iam, sts] = await Promise.all([import("@aws-sdk/client-iam"), import("@aws-sdk/client-sts")]);
  const { iam: iamSource = {}, sts: stsSource = {} } = sources;
  // What is asked here is not needed: nobody waits long for it.
  const base = { region, maxAttempts: 2, ...withinTime(timeoutMs) };
  const rights = "send" in iamSource ? iamSource : new iam.IAMClient({ ...base, ...iamSource });
  const identity = "send" in stsSource ? stsSource : new sts.STSClient({ ...base, ...stsSource });

  const call = async <R>(operation: string, doing: string, send: () => Promise<R>): Promise<R> => {
    try {
      return await send();
    } catch (error) {
      throw translateError(error, { operation, doing, at: { region }, writes: false });
    }
  };

  return {
    whoAmI: async (abortSignal) => {
      const { Arn = "", Account = "" } = await call("GetCallerIdentity", "read who calls", () =>
        identity.send(new sts.GetCallerIdentityCommand({}), { abortSignal }),
      );
      return { arn: Arn, account: Account };
    },
    roleArn: async (name, abortSignal) => {
      const { Role } = await call("GetRole", "read role", () =>
        rights.send(new iam.GetRoleCommand({ RoleName: name }), { abortSignal }),
      );
      return Role?.Arn ?? "";
    },
    simulate: async ({ source, actions, resources, region: where }, abortSignal) => {
      const found: Simulated[] = [];
      for (const some of chunksOf(actions)) {
        for (const on of chunksOf(resources)) {
          const input: Iam.SimulatePrincipalPolicyRequest = {
            PolicySourceArn: source,
            ActionNames: [...some],
            ResourceArns: [...on],
            ContextEntries: [
              entry("aws:RequestedRegion", where),
              entry("aws:SecureTransport", "true", "boolean"),
            ],
          };
          await call("SimulatePrincipalPolicy", "simulate policies", async () => {
            for await (const page of iam.paginateSimulatePrincipalPolicy({ client: rights }, input, {
              abortSignal,
            }))
              found.push(...(page.EvaluationResults ?? []).flatMap(toSimulated));
          });
        }
      }
      return found;
    },
  };
}

function entry(name: string, value: string, type: Iam.ContextKeyTypeEnum = "string"): Iam.ContextEntry {
  return { ContextKeyName: name, ContextKeyType: type, ContextKeyValues: [value] };
}

/** One row for each resource: where several were asked for, the decision on the action as a whole is none of theirs. */
function toSimulated(result: Iam.EvaluationResult): readonly Simulated[] {
  const { EvalActionName: action = "", ResourceSpecificResults = [] } = result;
  if (ResourceSpecificResults.length > 0) {
    return ResourceSpecificResults.map(
      ({ EvalResourceName, EvalResourceDecision, MissingContextValues }) => ({
        action,
        resource: EvalResourceName ?? "",
        decision: EvalResourceDecision ?? "implicitDeny",
        missing: MissingContextValues ?? [],
      }),
    );
  }
  const { EvalResourceName: resource = "*", EvalDecision: decision = "implicitDeny" } = result;
  return [{ action, resource, decision, missing: result.MissingContextValues ?? [] }];
}

function chunksOf<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / mostAtOnce) }, (_, index) =>
    items.slice(index * mostAtOnce, (index + 1) * mostAtOnce),
  );
}
