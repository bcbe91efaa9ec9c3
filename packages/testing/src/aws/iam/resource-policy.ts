import { type Decision, judge, listOf, type RequestContext, type Right } from "./decide.ts";
import { callerArn, entityArn, type PolicyStatement, type Principal } from "./models.ts";

/** Whom a statement of a resource's policy is about: everybody, or some by kind. */
export type PolicyPrincipal =
  | "*"
  | Readonly<
      Partial<
        Record<"AWS" | "Service" | "Federated" | "CanonicalUser", string | readonly string[] | undefined>
      >
    >;

/** One statement of a policy that hangs on a resource. */
export interface ResourceStatement extends PolicyStatement {
  readonly Principal: PolicyPrincipal;
}

/** A policy that hangs on a resource, such as a bucket's. */
export interface ResourcePolicy {
  readonly Statement: readonly ResourceStatement[];
}

/** Who asks: somebody with an access key, a service of AWS in its own name, or nobody in particular. */
export type Asking =
  | { readonly kind: "principal"; readonly principal: Principal }
  | { readonly kind: "service"; readonly name: string }
  | { readonly kind: "anyone" };

/**
 * What a resource's policy says ("Cross-account policy evaluation logic"). An account that is named stands for whoever
 * it lets: for a principal of the resource's own account that is no permission yet, though a deny is one.
 *
 * @param owner the account of the resource
 */
export function judgeResource(
  { Statement }: ResourcePolicy,
  asking: Asking,
  right: Right,
  { owner, context }: { readonly owner: string; readonly context: RequestContext },
): Decision {
  const about = Statement.filter(({ Principal: named, Effect }) =>
    isNamed(named, asking, { accountIsEnough: Effect === "Deny" || accountOf(asking) !== owner }),
  );
  return judge([{ Statement: about }], right, context);
}

function isNamed(
  named: PolicyPrincipal,
  asking: Asking,
  { accountIsEnough }: { readonly accountIsEnough: boolean },
): boolean {
  if (named === "*") return true;
  const people = listOf(named.AWS);
  if (people.includes("*")) return true;
  if (asking.kind === "anyone") return false;
  if (asking.kind === "service") return listOf(named.Service).includes(asking.name);
  const { principal } = asking;
  if (people.includes(entityArn(principal)) && principal.kind !== "root") return true;
  if (people.includes(callerArn(principal)) && principal.kind !== "root") return true;
  const root = `arn:aws:iam::${principal.accountId}:root`;
  const isAccount = people.includes(root) || people.includes(principal.accountId);
  return isAccount && (accountIsEnough || principal.kind === "root");
}

function accountOf(asking: Asking): string | undefined {
  return asking.kind === "principal" ? asking.principal.accountId : undefined;
}
