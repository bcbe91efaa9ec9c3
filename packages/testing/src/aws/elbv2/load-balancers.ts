import { type Elbv2Call, type Elbv2Result, pageOf } from "./call.ts";
import { findLoadBalancer } from "./listeners.ts";
import { refuse } from "./refusals.ts";

/** DescribeLoadBalancers. */
export function describeLoadBalancers({ query, view, settings }: Elbv2Call): Elbv2Result {
  const arns = query.list("LoadBalancerArns") ?? [];
  const names = query.list("Names") ?? [];
  if (arns.length > 0 && names.length > 0) {
    throw refuse(
      "ValidationError",
      "Load balancer names and load balancer ARNs cannot be specified at the same time",
    );
  }
  let balancers = [...view.loadBalancers.values()];
  if (arns.length > 0) balancers = arns.map((arn) => findLoadBalancer(view, arn));
  if (names.length > 0) {
    balancers = names.map((name) => {
      const balancer = [...view.loadBalancers.values()].find((candidate) => candidate.name === name);
      if (balancer === undefined)
        throw refuse("LoadBalancerNotFound", `Load balancers '[${name}]' not found`);
      return balancer;
    });
  }
  const { page, next } = pageOf(query, balancers, ({ arn }) => arn);
  return {
    LoadBalancers: page.map((balancer) => ({
      LoadBalancerArn: balancer.arn,
      DNSName: balancer.dnsName,
      CreatedTime: new Date(balancer.createdAt).toISOString(),
      LoadBalancerName: balancer.name,
      Scheme: "internet-facing",
      VpcId: "vpc-0simulated",
      State: { Code: "active" },
      Type: "application",
      AvailabilityZones: ["a", "b"].map((zone) => ({ ZoneName: `${settings.region}${zone}` })),
      IpAddressType: "ipv4",
    })),
    NextMarker: next,
  };
}
