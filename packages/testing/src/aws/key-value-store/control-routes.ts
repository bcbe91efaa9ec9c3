import { checkIfMatch, refuse } from "../cloudfront/refusals.ts";
import type { TaggedResources } from "../cloudfront/relied-on.ts";
import { arnOf } from "../cloudfront/rights.ts";
import { readTags } from "../cloudfront/tags.ts";
import { answer, host, pageAsked, pageOf, time, version } from "../cloudfront/wire.ts";
import type { RestXmlAnswer, RestXmlCall, RestXmlRoute } from "../rest-xml/route.ts";
import type { ReadObject } from "../s3/read-object.ts";
import { withEntry, withoutEntry } from "../state.ts";
import { statusOf } from "./call.ts";
import type { KeyValueModels, KeyValueState, KeyValueStore } from "./models.ts";
import { readImport } from "./read-import.ts";
import type { KeyValueSettings } from "./settings.ts";

/** What the control plane of key value stores works on. */
export interface KeyValueWorld {
  readonly models: KeyValueModels;
  readonly settings: KeyValueSettings;
  readonly readObject: ReadObject;
  /** Names of the functions that refer to a store, in whatever stage. */
  functionsUsing(storeArn: string): readonly string[];
}

/** How many tags a store may have. */
const mostTags = 50;

/** The operations of CloudFront's own API on key value stores: all but what is in them. */
export function keyValueStoreRoutes(world: KeyValueWorld): readonly RestXmlRoute[] {
  const path = `${version}/key-value-store`;
  const right = (operation: string, resource: string) => ({ action: `cloudfront:${operation}`, resource });
  /** The id of a store is in its ARN, its name in the path. */
  const named = (operation: string) => (call: RestXmlCall) => {
    const store = findByName(world.models.now(), call.label("Name"));
    return [right(operation, store?.arn ?? arnOf(world.settings, "key-value-store/*"))];
  };
  const handle = (work: (world: KeyValueWorld, call: RestXmlCall) => RestXmlAnswer) => (call: RestXmlCall) =>
    work(world, call);
  return [
    {
      method: "POST",
      path,
      operation: "CreateKeyValueStore",
      rights: (call) => [
        right("CreateKeyValueStore", "*"),
        ...(call.root("CreateKeyValueStoreRequest").child("Tags/Items/Tag") === undefined
          ? []
          : [right("TagResource", arnOf(world.settings, "key-value-store/*"))]),
      ],
      handle: handle(createKeyValueStore),
    },
    {
      method: "GET",
      path,
      operation: "ListKeyValueStores",
      rights: () => [right("ListKeyValueStores", "*")],
      handle: handle(listKeyValueStores),
    },
    {
      method: "GET",
      path: `${path}/{Name}`,
      operation: "DescribeKeyValueStore",
      rights: named("DescribeKeyValueStore"),
      handle: handle(describeKeyValueStore),
    },
    {
      method: "PUT",
      path: `${path}/{Name}`,
      operation: "UpdateKeyValueStore",
      rights: named("UpdateKeyValueStore"),
      handle: handle(updateKeyValueStore),
    },
    {
      method: "DELETE",
      path: `${path}/{Name}`,
      operation: "DeleteKeyValueStore",
      rights: named("DeleteKeyValueStore"),
      handle: handle(deleteKeyValueStore),
    },
  ];
}

/** The tags of stores, for the tagging operations of CloudFront. */
export function taggedStores(models: KeyValueModels): TaggedResources {
  return {
    find: (arn, stale) => (stale ? models.before() : models.now()).stores.get(arn)?.tags,
    write: (arn, tags) => {
      const store = models.now().stores.get(arn);
      if (store !== undefined)
        models.write({ stores: withEntry(models.now().stores, arn, { ...store, tags }) });
    },
  };
}

function createKeyValueStore(world: KeyValueWorld, call: RestXmlCall): RestXmlAnswer {
  const { models, settings } = world;
  const body = call.root("CreateKeyValueStoreRequest");
  const name = body.required("Name");
  const comment = body.text("Comment") ?? "";
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw refuse("InvalidArgument", `The name '${name}' of the key value store is not valid.`);
  }
  checkComment(comment);
  const tags = readTags(body.child("Tags"), mostTags);
  if (findByName(models.now(), name) !== undefined) {
    throw refuse("EntityAlreadyExists", `A key value store with the name '${name}' already exists.`);
  }
  if (models.now().stores.size >= settings.quotas.stores) {
    throw refuse("EntityLimitExceeded", "The maximum number of key value stores has been reached.");
  }
  const source = body.child("ImportSource");
  const imported = source === undefined ? undefined : readImport(world, call.caller, source);
  const id = models.nextId();
  const arn = arnOf(settings, `key-value-store/${id}`);
  const store: KeyValueStore = {
    id,
    arn,
    name,
    comment,
    createdAt: call.now,
    modifiedAt: call.now,
    etag: models.nextEtag("control"),
    readyAt: call.now + (imported === undefined ? settings.lags.ready : settings.lags.imported),
    failure: imported?.failure,
    content: {
      items: imported?.items ?? new Map(),
      size: imported?.size ?? 0,
      etag: models.nextEtag("data"),
      modifiedAt: call.now,
    },
    tags,
  };
  models.write({ stores: withEntry(models.now().stores, arn, store) });
  return describe(store, call.now, {
    status: 201,
    headers: { location: `https://${host}${version}/key-value-store/${name}` },
  });
}

function describeKeyValueStore({ models }: KeyValueWorld, call: RestXmlCall): RestXmlAnswer {
  const name = call.label("Name");
  const store = findByName(call.stale ? models.before() : models.now(), name);
  if (store === undefined) throw notFound(name);
  return describe(store, call.now);
}

function updateKeyValueStore({ models }: KeyValueWorld, call: RestXmlCall): RestXmlAnswer {
  const store = findForWrite(models, call);
  const comment = call.root("UpdateKeyValueStoreRequest").required("Comment");
  checkComment(comment);
  const updated = { ...store, comment, modifiedAt: call.now, etag: models.nextEtag("control") };
  models.write({ stores: withEntry(models.now().stores, store.arn, updated) });
  return describe(updated, call.now);
}

function deleteKeyValueStore({ models, functionsUsing }: KeyValueWorld, call: RestXmlCall): RestXmlAnswer {
  const store = findForWrite(models, call);
  if (functionsUsing(store.arn).length > 0) {
    throw refuse(
      "CannotDeleteEntityWhileInUse",
      `The key value store ${store.name} is in use by a function.`,
    );
  }
  models.write({ stores: withoutEntry(models.now().stores, store.arn) });
  return { status: 204 };
}

function listKeyValueStores({ models }: KeyValueWorld, call: RestXmlCall): RestXmlAnswer {
  const status = call.query.get("Status");
  const stores = [...(call.stale ? models.before() : models.now()).stores.values()].filter(
    (store) => status === null || statusOf(store, call.now) === status,
  );
  const { items, next, most } = pageOf(pageAsked(call), stores, ({ arn }) => arn);
  return answer("KeyValueStoreList", {
    NextMarker: next,
    MaxItems: most,
    Quantity: items.length,
    Items:
      items.length === 0 ? undefined : { KeyValueStore: items.map((store) => fieldsOf(store, call.now)) },
  });
}

function findByName({ stores }: KeyValueState, name: string): KeyValueStore | undefined {
  return [...stores.values()].find((store) => store.name === name);
}

function findForWrite(models: KeyValueModels, call: RestXmlCall): KeyValueStore {
  const store = findByName(models.now(), call.label("Name"));
  if (store === undefined) throw notFound(call.label("Name"));
  checkIfMatch(call, store.etag);
  return store;
}

function checkComment(comment: string): void {
  if (comment.length > 128) throw refuse("InvalidArgument", "The comment is longer than 128 characters.");
}

function notFound(name: string): Error {
  return refuse("EntityNotFound", `The key value store ${name} does not exist.`);
}

function describe(
  store: KeyValueStore,
  now: number,
  { status = 200, headers = {} }: Pick<RestXmlAnswer, "status" | "headers"> = {},
): RestXmlAnswer {
  return answer("KeyValueStore", fieldsOf(store, now), { status, headers: { etag: store.etag, ...headers } });
}

function fieldsOf(store: KeyValueStore, now: number) {
  return {
    Name: store.name,
    Id: store.id,
    Comment: store.comment,
    ARN: store.arn,
    Status: statusOf(store, now),
    LastModifiedTime: time(store.modifiedAt),
  };
}
