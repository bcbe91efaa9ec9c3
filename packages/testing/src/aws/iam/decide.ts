import type { PolicyDocument, PolicyStatement, Principal } from "./models.ts";

/** An action on a resource. */
export interface Right {
  readonly action: string;
  readonly resource: string;
}

/** What is known of a request, by lower-case context key. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

/** What policies say to a request, and the context keys that they would have wanted to know. */
export interface Decision {
  readonly decision: "allowed" | "explicitDeny" | "implicitDeny";
  readonly missing: readonly string[];
}

/**
 * What a principal's policies say ("Policy evaluation logic"): a deny counts before an allow, and a boundary must allow
 * as well. A session policy is not looked at here: IAM does not know of it.
 */
export function decide(
  { kind, policies, boundary }: Pick<Principal, "kind" | "policies" | "boundary">,
  right: Right,
  context: RequestContext,
): Decision {
  if (kind === "root") return { decision: "allowed", missing: [] };
  const own = judge(policies, right, context);
  if (boundary === undefined) return own;
  const most = judge([boundary], right, context);
  const missing = [...new Set([...own.missing, ...most.missing])];
  const both = [own.decision, most.decision];
  if (both.includes("explicitDeny")) return { decision: "explicitDeny", missing };
  return { decision: both.includes("implicitDeny") ? "implicitDeny" : "allowed", missing };
}

/** What some policies say, each as much as the others. */
export function judge(
  policies: readonly PolicyDocument[],
  { action, resource }: Right,
  context: RequestContext,
): Decision {
  const missing = new Set<string>();
  const about = policies
    .flatMap(({ Statement }) => listOf(Statement))
    .filter((statement) => concerns(statement, action, resource))
    .filter((statement) => holds(statement, context, missing));
  const decision = about.some(({ Effect }) => Effect === "Deny")
    ? "explicitDeny"
    : about.some(({ Effect }) => Effect === "Allow")
      ? "allowed"
      : "implicitDeny";
  return { decision, missing: [...missing] };
}

function concerns(statement: PolicyStatement, action: string, resource: string): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  const isAction = (pattern: string): boolean => matches(pattern.toLowerCase(), action.toLowerCase());
  const isResource = (pattern: string): boolean => matches(pattern, resource);
  return (
    (Action === undefined ? !listOf(NotAction).some(isAction) : listOf(Action).some(isAction)) &&
    (Resource === undefined ? !listOf(NotResource).some(isResource) : listOf(Resource).some(isResource))
  );
}

/** Whether all conditions hold. A key that is not known fails what asks for a value, and passes what forbids one. */
function holds({ Condition = {} }: PolicyStatement, context: RequestContext, missing: Set<string>): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const known = context.get(key.toLowerCase());
      const isNegative = operator.includes("Not");
      if (known === undefined) {
        missing.add(key);
        return isNegative || operator.endsWith("IfExists");
      }
      const test = testOf(operator);
      if (test === undefined) throw new TypeError(`condition operator ${operator} is not simulated`);
      return known.some((value) => listOf(wanted).some((pattern) => test(pattern, value))) !== isNegative;
    }),
  );
}

/** Whether conditions may use an operator. */
export function isSimulatedOperator(operator: string): boolean {
  return testOf(operator) !== undefined;
}

function testOf(operator: string): ((wanted: string, value: string) => boolean) | undefined {
  const name = operator.replace(/IfExists$/, "").replace("Not", "");
  return Object.hasOwn(tests, name) ? tests[name] : undefined;
}

const exactly = (wanted: string, value: string): boolean => wanted === value;
const tests: Readonly<Record<string, (wanted: string, value: string) => boolean>> = {
  ArnEquals: matches,
  ArnLike: matches,
  Bool: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
  StringEquals: exactly,
  StringEqualsIgnoreCase: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
  StringLike: matches,
};

/** `*` and `?` as IAM means them. */
function matches(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${source.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(text);
}

/** What a policy gives as one or as a list. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}
