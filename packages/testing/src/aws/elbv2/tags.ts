import type { Query } from "../query/query.ts";
import type { Elbv2Call, Elbv2Result } from "./call.ts";
import { type Elbv2State, type Tags, withEntry } from "./models.ts";
import { type Elbv2RefusalCode, refuse } from "./refusals.ts";

/**
 * The parameter `Tags`.
 *
 * @returns undefined when it was not sent
 * @throws AwsRefused DuplicateTagKeys, TooManyTags, ValidationError
 */
export function readTags(query: Query, limit: number): Tags | undefined {
  const sent = query.structures("Tags");
  if (sent === undefined) return undefined;
  const tags = new Map<string, string>();
  for (const tag of sent) {
    const key = tag.required("Key");
    const value = tag.text("Value") ?? "";
    if (
      key.length > 128 ||
      value.length > 256 ||
      /^aws:/i.test(key) ||
      !/^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u.test(key + value)
    ) {
      throw refuse("ValidationError", `The tag '${key}' is not valid`);
    }
    if (tags.has(key)) throw refuse("DuplicateTagKeys", `The tag key '${key}' was specified more than once`);
    tags.set(key, value);
  }
  if (tags.size === 0) throw refuse("ValidationError", "'Tags' must not be empty");
  if (tags.size > limit) throw refuse("TooManyTags", `A resource can have up to ${limit} tags`);
  return Object.fromEntries(tags);
}

/** AddTags. */
export function addTags(call: Elbv2Call): Elbv2Result {
  const added = readTags(call.query, call.settings.quotas.tags);
  if (added === undefined) throw refuse("ValidationError", "'Tags' must be specified");
  return retag(call, (tags) => ({ ...tags, ...added }));
}

/** RemoveTags. */
export function removeTags(call: Elbv2Call): Elbv2Result {
  const keys = call.query.list("TagKeys") ?? [];
  if (keys.length === 0) throw refuse("ValidationError", "'TagKeys' must be specified");
  return retag(call, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))),
  );
}

/** DescribeTags. */
export function describeTags(call: Elbv2Call): Elbv2Result {
  return {
    TagDescriptions: readResources(call, call.view).map(({ arn, tags }) => ({
      ResourceArn: arn,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })),
  };
}

const kinds = [
  { kind: "truststore", collection: "stores", missing: "TrustStoreNotFound" },
  { kind: "listener", collection: "listeners", missing: "ListenerNotFound" },
  { kind: "loadbalancer", collection: "loadBalancers", missing: "LoadBalancerNotFound" },
] as const satisfies { kind: string; collection: keyof Elbv2State; missing: Elbv2RefusalCode }[];

function readResources(call: Elbv2Call, state: Elbv2State) {
  const arns = call.query.list("ResourceArns") ?? [];
  if (arns.length === 0 || arns.length > 20) {
    throw refuse("ValidationError", "'ResourceArns' must have between 1 and 20 members");
  }
  return arns.map((arn) => {
    const found = kinds.find(({ kind }) => arn.split(":")[5]?.startsWith(`${kind}/`));
    if (found === undefined) throw refuse("ValidationError", `'${arn}' is not a valid resource ARN`);
    const tags = state[found.collection].get(arn)?.tags;
    if (tags === undefined) throw refuse(found.missing, `One or more resources not found: '${arn}'`);
    return { arn, tags, collection: found.collection };
  });
}

function retag(call: Elbv2Call, change: (tags: Tags) => Tags): Elbv2Result {
  const state = call.models.now();
  let { stores, listeners, loadBalancers } = state;
  for (const { arn, tags } of readResources(call, state)) {
    const next = change(tags);
    if (Object.keys(next).length > call.settings.quotas.tags) {
      throw refuse("TooManyTags", `A resource can have up to ${call.settings.quotas.tags} tags`);
    }
    const store = stores.get(arn);
    const listener = listeners.get(arn);
    const balancer = loadBalancers.get(arn);
    if (store !== undefined && store.owner !== call.settings.accountId) {
      throw refuse("AccessDenied", `Trust store '${arn}' is owned by another account`);
    }
    if (store !== undefined) stores = withEntry(stores, arn, { ...store, tags: next });
    if (listener !== undefined) listeners = withEntry(listeners, arn, { ...listener, tags: next });
    if (balancer !== undefined) loadBalancers = withEntry(loadBalancers, arn, { ...balancer, tags: next });
  }
  call.models.write({ stores, listeners, loadBalancers });
  return {};
}
