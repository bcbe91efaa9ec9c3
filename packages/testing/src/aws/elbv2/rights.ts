import type { Right } from "../iam/authorise.ts";
import type { Query } from "../query/query.ts";
import { arnOf, type Elbv2Settings } from "./call.ts";

/** Parameters that name what an operation is about; the describing operations know no resource. */
const named: readonly string[] = ["TrustStoreArn", "ListenerArn", "LoadBalancerArn", "ResourceArn"];

/**
 * What a caller must be allowed for an operation ("Actions, resources, and condition keys for AWS Elastic Load Balancing
 * V2"). Something that is to be made is asked for by its name and `*`; making it with tags asks for AddTags as well.
 */
export function rightsFor(action: string, query: Query, settings: Elbv2Settings): readonly Right[] {
  const right = (name: string, resource: string): Right => ({
    action: `elasticloadbalancing:${name}`,
    resource,
  });
  if (action.startsWith("Describe")) return [right(action, "*")];
  const made = madeBy(action, query, settings);
  const resources =
    made === undefined
      ? [...(query.list("ResourceArns") ?? []), ...named.flatMap((name) => query.text(name) ?? [])]
      : [made];
  const isTagged = made !== undefined && query.structures("Tags") !== undefined;
  return [
    ...(resources.length === 0 ? ["*"] : resources).map((resource) => right(action, resource)),
    ...(isTagged ? [right("AddTags", made)] : []),
  ];
}

function madeBy(action: string, query: Query, settings: Elbv2Settings): string | undefined {
  if (action === "CreateTrustStore") return arnOf(settings, `truststore/${query.text("Name") ?? ""}/*`);
  if (action !== "CreateListener") return undefined;
  return `${(query.text("LoadBalancerArn") ?? "").replace(":loadbalancer/", ":listener/")}/*`;
}
