import type { Caller } from "../access.ts";
import type { Query } from "../query/query.ts";
import type { QueryResult } from "../query/query-service.ts";
import { refuseCommonly } from "../refused.ts";
import { decide, type RequestContext } from "./decide.ts";
import { entityArn, type IamModels, type Principal, principalId } from "./models.ts";
import { refuse } from "./refusals.ts";

/** One call. */
export interface IamCall {
  readonly caller: Caller;
  readonly query: Query;
  readonly models: IamModels;
}

/** An operation: what it is about, and what it answers. */
export interface IamOperation {
  resource(call: IamCall): string;
  handle(call: IamCall): QueryResult;
}

/** IAM may answer with fewer than were asked for, and does. */
const mostResults = 5;

/** The operations that are simulated, by `Action`. */
export const handlers: Readonly<Record<string, IamOperation>> = {
  GetRole: {
    resource: ({ caller, query, models }) => {
      const name = query.required("RoleName");
      const role = models.findRole(caller.accountId, name);
      return role === undefined ? `arn:aws:iam::${caller.accountId}:role/${name}` : entityArn(role);
    },
    handle: ({ caller, query, models }) => {
      const name = query.required("RoleName");
      const role = models.findRole(caller.accountId, name);
      if (role === undefined) throw refuse("NoSuchEntity", `The role with name ${name} cannot be found.`);
      return {
        Role: {
          Path: role.path,
          RoleName: role.name,
          RoleId: principalId(role),
          Arn: entityArn(role),
          CreateDate: "2026-01-01T00:00:00Z",
        },
      };
    },
  },
  SimulatePrincipalPolicy: {
    resource: ({ query }) => query.required("PolicySourceArn"),
    handle: simulatePrincipalPolicy,
  },
};

/** SimulatePrincipalPolicy: one result for each action; for several resources their decisions stand inside it. */
function simulatePrincipalPolicy({ query, models }: IamCall): QueryResult {
  const principal = sourceOf(query.required("PolicySourceArn"), models);
  const actions = query.list("ActionNames") ?? [];
  if (actions.length === 0) throw refuseCommonly("ValidationError", "'ActionNames' must be specified");
  const wrong = actions.find((action) => !/^[a-z0-9-]+:[A-Za-z0-9*]+$/.test(action));
  if (wrong !== undefined) throw refuse("InvalidInput", `Invalid Action: ${wrong}`);
  const resources = query.list("ResourceArns") ?? [];
  const context = contextOf(query);
  const from = markerOf(query, actions.length);
  const size = Math.min(query.integer("MaxItems", 1, 1000) ?? 100, mostResults);
  const next = from + size;
  return {
    EvaluationResults: actions
      .slice(from, next)
      .map((action) => evaluate(principal, action, resources, context)),
    IsTruncated: next < actions.length,
    Marker: next < actions.length ? String(next) : undefined,
  };
}

function evaluate(
  principal: Principal,
  action: string,
  resources: readonly string[],
  context: RequestContext,
): QueryResult {
  const listed = resources.length === 0 ? ["*"] : resources;
  const decided = listed.map((resource) => ({
    resource,
    ...decide(principal, { action, resource }, context),
  }));
  const [worst] = decided.toSorted((a, b) => severity.indexOf(a.decision) - severity.indexOf(b.decision));
  const isAny = listed.length === 1 && listed[0] === "*";
  return {
    EvalActionName: action,
    EvalResourceName: listed[0],
    EvalDecision: worst?.decision,
    // Where resources are listed, what was missing stands with each of them.
    MissingContextValues: isAny ? worst?.missing : [],
    ...(isAny
      ? {}
      : {
          ResourceSpecificResults: decided.map(({ resource, decision, missing }) => ({
            EvalResourceName: resource,
            EvalResourceDecision: decision,
            MissingContextValues: missing,
          })),
        }),
  };
}

const severity = ["explicitDeny", "implicitDeny", "allowed"];

/** A session's ARN, and the root's, name no entity that has policies. */
function sourceOf(arn: string, models: IamModels): Principal {
  const entity = /^arn:aws:iam::\d{12}:(user|role|group)\/(?:.*\/)?([^/]+)$/.exec(arn);
  if (entity === null) {
    throw refuse("InvalidInput", `Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  }
  const [, kind, name] = entity;
  const found = models.find(arn);
  if (found === undefined) throw refuse("NoSuchEntity", `The ${kind} with name ${name} cannot be found.`);
  return found;
}

function contextOf(query: Query): RequestContext {
  return new Map(
    (query.structures("ContextEntries") ?? []).map((entry) => [
      entry.required("ContextKeyName").toLowerCase(),
      entry.list("ContextKeyValues") ?? [],
    ]),
  );
}

function markerOf(query: Query, count: number): number {
  const marker = query.text("Marker");
  if (marker === undefined) return 0;
  const from = /^\d+$/.test(marker) ? Number(marker) : Number.NaN;
  if (!(from < count)) throw refuseCommonly("ValidationError", "Invalid Marker");
  return from;
}
