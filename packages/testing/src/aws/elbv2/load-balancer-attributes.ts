import type { Elbv2Call, Elbv2Result } from "./call.ts";
import { findLoadBalancer } from "./listeners.ts";
import { type LoadBalancer, withEntry } from "./models.ts";
import { refuse } from "./refusals.ts";

const logs = "connection_logs.s3";

/** Every attribute that is simulated, and what it is where nobody set it (ELBv2 API Reference, "LoadBalancerAttribute"). */
const defaults: Readonly<Record<string, string>> = {
  [`${logs}.enabled`]: "false",
  [`${logs}.bucket`]: "",
  [`${logs}.prefix`]: "",
  "deletion_protection.enabled": "false",
  "idle_timeout.timeout_seconds": "60",
};

/** Where a load balancer's connection logs go; undefined while they are off. */
export function logsOf({
  attributes,
}: LoadBalancer): { readonly bucket: string; readonly folder: string } | undefined {
  const all = { ...defaults, ...attributes };
  if (all[`${logs}.enabled`] !== "true") return undefined;
  const prefix = all[`${logs}.prefix`] ?? "";
  return { bucket: all[`${logs}.bucket`] ?? "", folder: prefix === "" ? "AWSLogs" : `${prefix}/AWSLogs` };
}

/** DescribeLoadBalancerAttributes. */
export function describeLoadBalancerAttributes({ query, view }: Elbv2Call): Elbv2Result {
  return render(findLoadBalancer(view, query.required("LoadBalancerArn")));
}

/**
 * ModifyLoadBalancerAttributes: only the attributes that are sent change. Turning connection logs on writes a test file
 * into the bucket (user guide page "Enable connection logs for your Application Load Balancer").
 */
export function modifyLoadBalancerAttributes(call: Elbv2Call): Elbv2Result {
  const { query, models } = call;
  const balancer = findLoadBalancer(models.now(), query.required("LoadBalancerArn"));
  const sent = query.structures("Attributes") ?? [];
  if (sent.length === 0) throw refuse("ValidationError", "'Attributes' must be specified");
  const attributes = { ...balancer.attributes };
  for (const attribute of sent) {
    const key = attribute.required("Key");
    const value = attribute.text("Value") ?? "";
    if (!Object.hasOwn(defaults, key)) {
      throw refuse("InvalidConfigurationRequest", `The load balancer attribute '${key}' is not valid`);
    }
    if (!isValid(key, value)) {
      throw refuse("InvalidConfigurationRequest", `The value '${value}' is not valid for '${key}'`);
    }
    attributes[key] = value;
  }
  const changed = { ...balancer, attributes };
  checkBucket(call, changed);
  models.write({ loadBalancers: withEntry(models.now().loadBalancers, balancer.arn, changed) });
  return render(changed);
}

function isValid(key: string, value: string): boolean {
  if (key.endsWith(".enabled")) return /^(true|false)$/.test(value);
  if (key.endsWith("_seconds")) return /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 4_000;
  return !value.includes("AWSLogs");
}

function checkBucket(call: Elbv2Call, balancer: LoadBalancer): void {
  const to = logsOf(balancer);
  if (to === undefined) return;
  if (to.bucket === "") {
    throw refuse("InvalidConfigurationRequest", `'${logs}.bucket' must be specified when logs are enabled`);
  }
  const key = `${to.folder}/${call.settings.accountId}/ELBConnectionLogTestFile`;
  const text = `Enable ConnectionLog for ELB: ${balancer.name} at ${new Date(call.now).toISOString()}`;
  if (call.writeLog(balancer.arn, to.bucket, key, new TextEncoder().encode(text)) === "refused") {
    throw refuse(
      "InvalidConfigurationRequest",
      `Access Denied for bucket: ${to.bucket}. Please check S3bucket permission`,
    );
  }
}

function render({ attributes }: LoadBalancer): Elbv2Result {
  const all = { ...defaults, ...attributes };
  return { Attributes: Object.entries(all).map(([Key, Value]) => ({ Key, Value })) };
}
