import type { Caller } from "../access.ts";
import { type Decision, decide, judge, type RequestContext, type Right } from "./decide.ts";
import { callerArn, type IamModels, type Principal } from "./models.ts";
import { judgeResource, type ResourcePolicy } from "./resource-policy.ts";

export type { Right } from "./decide.ts";

/** What a resource says for itself. */
export interface ResourceSide {
  /** The account that it belongs to: another account's principals need its leave as well as their own policies'. */
  readonly owner: string;
  readonly policy: ResourcePolicy | undefined;
  /** Leave that is given in another way than by the policy. */
  readonly lends: boolean;
}

/** Asks whether callers may do something, as every service of AWS does before it looks at a request. */
export type Authorise = (
  caller: Caller,
  right: Right,
  region: string,
  resource?: ResourceSide,
) => string | undefined;

/**
 * Answers with why not, in IAM's words; undefined for yes. What was asked is written down.
 */
export function authoriser({ asked }: Pick<IamModels, "asked">): Authorise {
  return (caller, right, region, resource) => {
    const { principal } = caller;
    const context = contextOf(principal, region);
    const said: Said[] = [{ kind: "identity-based", ...decide(principal, right, context) }];
    if (principal.session !== undefined) {
      said.push({ kind: "session", ...judge([principal.session], right, context) });
    }
    const why =
      resource === undefined ? reasonOf(said) : reasonWith(resource, said, principal, right, context);
    asked.push({ accessKeyId: caller.accessKeyId, ...right, allowed: why === undefined });
    if (why === undefined) return undefined;
    return `User: ${callerArn(principal)} is not authorized to perform: ${right.action} on resource: ${right.resource} ${why(right.action)}`;
  };
}

/** What is known of every request by somebody with an access key. */
function contextOf(principal: Principal, region: string): RequestContext {
  return new Map([
    ["aws:principalaccount", [principal.accountId]],
    ["aws:principalarn", [callerArn(principal)]],
    ["aws:requestedregion", [region]],
    ["aws:securetransport", ["true"]],
  ]);
}

/** What the policies of one kind say. */
interface Said extends Decision {
  readonly kind: "identity-based" | "session" | "resource-based";
}

type Reason = ((action: string) => string) | undefined;

/** A deny of any kind counts before what another kind does not allow. */
function reasonOf(said: readonly Said[]): Reason {
  const denying = said.find(({ decision }) => decision === "explicitDeny");
  if (denying !== undefined) return () => `with an explicit deny in ${article(denying.kind)} policy`;
  const silent = said.find(({ decision }) => decision === "implicitDeny");
  return silent && ((action) => `because no ${silent.kind} policy allows the ${action} action`);
}

/** Inside an account either side's leave is enough; between accounts it takes both. */
function reasonWith(
  { owner, policy, lends }: ResourceSide,
  said: readonly Said[],
  principal: Principal,
  right: Right,
  context: RequestContext,
): Reason {
  const judged: Decision =
    policy === undefined
      ? { decision: "implicitDeny", missing: [] }
      : judgeResource(policy, { kind: "principal", principal }, right, { owner, context });
  const own: Said = {
    ...judged,
    kind: "resource-based",
    decision: lends && judged.decision === "implicitDeny" ? "allowed" : judged.decision,
  };
  if (principal.accountId !== owner) return reasonOf([...said, own]);
  if (own.decision === "explicitDeny") return reasonOf([...said, own]);
  if (own.decision === "implicitDeny") return reasonOf(said);
  // The resource's leave takes the place of the identity's own policies, but of no boundary and no session policy.
  const bounds = principal.boundary && judge([principal.boundary], right, context);
  return reasonOf(
    said.map((each) =>
      each.kind === "identity-based" && each.decision === "implicitDeny"
        ? { ...each, decision: bounds?.decision ?? "allowed" }
        : each,
    ),
  );
}

function article(kind: Said["kind"]): string {
  return kind === "identity-based" ? `an ${kind}` : `a ${kind}`;
}
