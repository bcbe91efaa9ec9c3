import type { Clock } from "@handfast/core";
import type { Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access, Caller } from "../access.ts";
import { callerArn, principalId } from "../iam/models.ts";
import { type QueryResult, queryService } from "../query/query-service.ts";

/** What {@link stsService} is made of. */
export interface StsServiceOptions {
  readonly region: string;
  readonly access: Access;
  readonly clock: Clock;
  readonly faults: Faults;
}

/** STS, at its regional endpoint and at the old global one. GetCallerIdentity takes no permission, so none can deny it. */
export function stsService({ region, ...options }: StsServiceOptions): SimulatedService {
  return queryService({
    ...options,
    name: "sts",
    signedAs: "sts",
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    hosts: ["sts.amazonaws.com", `sts.${region}.amazonaws.com`],
    regions: [region, "us-east-1"],
    answer: ({ caller, action }) => (action === "GetCallerIdentity" ? getCallerIdentity(caller) : undefined),
  });
}

/** GetCallerIdentity. */
function getCallerIdentity({ accountId, principal }: Caller): QueryResult {
  const id = principalId(principal);
  return {
    Arn: callerArn(principal),
    UserId: principal.kind === "role" ? `${id}:simulated` : id,
    Account: accountId,
  };
}
