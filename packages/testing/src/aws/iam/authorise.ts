import type { Caller } from "../access.ts";
import { type Decision, decide, judge, type Right } from "./decide.ts";
import { callerArn, type IamModels } from "./models.ts";

export type { Right } from "./decide.ts";

/** Asks whether callers may do something, as every service of AWS does before it looks at a request. */
export type Authorise = (caller: Caller, right: Right, region: string) => string | undefined;

/**
 * Answers with why not, in IAM's words; undefined for yes. What was asked is written down.
 */
export function authoriser({ asked }: Pick<IamModels, "asked">): Authorise {
  return (caller, right, region) => {
    const { principal } = caller;
    const context = new Map([
      ["aws:principalarn", [callerArn(principal)]],
      ["aws:requestedregion", [region]],
      ["aws:securetransport", ["true"]],
    ]);
    const own = decide(principal, right, context);
    const session = principal.session && judge([principal.session], right, context);
    const why = reasonOf(own, "identity-based") ?? (session && reasonOf(session, "session"));
    asked.push({ accessKeyId: caller.accessKeyId, ...right, allowed: why === undefined });
    if (why === undefined) return undefined;
    return `User: ${callerArn(principal)} is not authorized to perform: ${right.action} on resource: ${right.resource} ${why(right.action)}`;
  };
}

function reasonOf({ decision }: Decision, kind: string): ((action: string) => string) | undefined {
  if (decision === "allowed") return undefined;
  return (action) =>
    decision === "explicitDeny"
      ? `with an explicit deny in an ${kind} policy`
      : `because no ${kind} policy allows the ${action} action`;
}
