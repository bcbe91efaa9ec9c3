import type { Clock } from "@handfast/core";
import type { Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import { queryService } from "../query/query-service.ts";
import { refuseCommonly } from "../refused.ts";
import type { Authorise } from "./authorise.ts";
import { handlers } from "./handlers.ts";
import type { IamModels } from "./models.ts";

/** What {@link iamService} is made of. */
export interface IamServiceOptions {
  readonly models: IamModels;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
}

/** IAM: one endpoint for all regions, signed for us-east-1. */
export function iamService({ models, authorise, ...options }: IamServiceOptions): SimulatedService {
  const region = "us-east-1";
  return queryService({
    ...options,
    name: "iam",
    signedAs: "iam",
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    hosts: ["iam.amazonaws.com"],
    regions: [region],
    answer: ({ caller, action, query }) => {
      const operation = Object.hasOwn(handlers, action) ? handlers[action] : undefined;
      if (operation === undefined) return undefined;
      const call = { caller, query, models };
      const right = { action: `iam:${action}`, resource: operation.resource(call) };
      const denied = authorise(caller, right, region);
      if (denied !== undefined) throw refuseCommonly("AccessDenied", denied);
      return operation.handle(call);
    },
  });
}
