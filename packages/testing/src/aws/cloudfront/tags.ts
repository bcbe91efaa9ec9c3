import type { XmlElement } from "../rest-xml/element.ts";
import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { withEntry } from "../state.ts";
import type { Tags } from "./models.ts";
import { refuse } from "./refusals.ts";
import type { TaggedResources } from "./relied-on.ts";
import { isReadable } from "./trust-store-status.ts";
import { answer } from "./wire.ts";
import type { CloudfrontWorld } from "./world.ts";

/**
 * A `Tags` element.
 *
 * @throws AwsRefused InvalidTagging
 */
export function readTags(element: XmlElement | undefined, most: number): Tags {
  const tags = new Map<string, string>();
  for (const tag of element?.children("Items/Tag") ?? []) {
    const key = tag.required("Key");
    const value = tag.text("Value") ?? "";
    const isValid =
      key.length >= 1 &&
      key.length <= 128 &&
      value.length <= 256 &&
      !/^aws:/i.test(key) &&
      /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u.test(key + value);
    if (!isValid) throw refuse("InvalidTagging", `The tag '${key}' is not valid.`);
    if (tags.has(key)) throw refuse("InvalidTagging", `The tag key '${key}' was specified more than once.`);
    tags.set(key, value);
  }
  checkCount(tags.size, most);
  return Object.fromEntries(tags);
}

/** TagResource. */
export function tagResource(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const added = readTags(call.root("Tags"), world.settings.quotas.tags);
  return retag(world, call, (tags) => ({ ...tags, ...added }));
}

/** UntagResource. */
export function untagResource(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const keys = call
    .root("TagKeys")
    .children("Items/Key")
    .map((key) => key.value());
  return retag(world, call, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))),
  );
}

/** ListTagsForResource. */
export function listTags(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const { tags } = find(world, call, call.stale);
  return answer("Tags", { Items: { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } });
}

function retag(world: CloudfrontWorld, call: RestXmlCall, change: (tags: Tags) => Tags): RestXmlAnswer {
  const { tags, arn, resources } = find(world, call, false);
  const next = change(tags);
  checkCount(Object.keys(next).length, world.settings.quotas.tags);
  resources.write(arn, next);
  return { status: 204 };
}

function checkCount(count: number, most: number): void {
  if (count > most) throw refuse("InvalidTagging", `A resource can have up to ${most} tags.`);
}

/** @throws AwsRefused InvalidArgument, NoSuchResource */
function find(
  world: CloudfrontWorld,
  { query, now }: RestXmlCall,
  stale: boolean,
): { readonly arn: string; readonly tags: Tags; readonly resources: TaggedResources } {
  const arn = query.get("Resource") ?? "";
  if (!/^arn:aws:cloudfront::\d{12}:[a-z-]+\/[\w-]+$/.test(arn)) {
    throw refuse("InvalidArgument", `The resource ARN '${arn}' is not valid.`);
  }
  for (const resources of [distributions(world), trustStores(world, now), ...world.tagged]) {
    const tags = resources.find(arn, stale);
    if (tags !== undefined) return { arn, tags, resources };
  }
  throw refuse("NoSuchResource", `The resource ${arn} does not exist.`);
}

function distributions({ models }: CloudfrontWorld): TaggedResources {
  const find = (arn: string, stale = false) =>
    [...(stale ? models.before() : models.now()).distributions.values()].find((each) => each.arn === arn);
  return {
    find: (arn, stale) => find(arn, stale)?.tags,
    write: (arn, tags) => {
      const found = find(arn);
      if (found === undefined) return;
      models.write({ distributions: withEntry(models.now().distributions, found.id, { ...found, tags }) });
    },
  };
}

function trustStores(world: CloudfrontWorld, now: number): TaggedResources {
  const { models } = world;
  const find = (arn: string, stale = false) =>
    [...(stale ? models.before() : models.now()).trustStores.values()].find(
      (each) => each.arn === arn && isReadable(world, each, now),
    );
  return {
    find: (arn, stale) => find(arn, stale)?.tags,
    write: (arn, tags) => {
      const found = find(arn);
      if (found === undefined) return;
      models.write({ trustStores: withEntry(models.now().trustStores, found.id, { ...found, tags }) });
    },
  };
}
