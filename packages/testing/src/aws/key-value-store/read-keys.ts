import { createHash } from "node:crypto";
import { findReadyStore, findStore, type KeyValueAnswer, type KeyValueCall, statusOf } from "./call.ts";
import { refuse } from "./refusals.ts";

/** DescribeKeyValueStore of the data plane, whose ETag is the one that writes take. */
export function describeKeyValueStore({ arn, view, now }: KeyValueCall): KeyValueAnswer {
  const store = findStore(view, arn);
  const { items, size, etag, modifiedAt } = store.content;
  const status = statusOf(store, now);
  return {
    etag,
    body: {
      KvsARN: arn,
      ItemCount: items.size,
      TotalSizeInBytes: size,
      Created: store.createdAt / 1000,
      LastModified: modifiedAt / 1000,
      Status: status,
      FailureReason: status === "FAILED" ? store.failure : undefined,
    },
  };
}

/** GetKey. */
export function getKey(call: KeyValueCall): KeyValueAnswer {
  const { items, size } = findReadyStore(call, call.view).content;
  const value = items.get(call.key);
  if (value === undefined) throw refuse("ResourceNotFoundException", `There is no key ${call.key}`);
  return { body: { Key: call.key, Value: value, ItemCount: items.size, TotalSizeInBytes: size } };
}

/** ListKeys: in an order that means nothing. A page begins behind the last key of the one before, be it there or not. */
export function listKeys(call: KeyValueCall): KeyValueAnswer {
  const asked = call.query.get("MaxResults") ?? "10";
  const most = /^\d{1,3}$/.test(asked) ? Number(asked) : 0;
  if (most < 1 || most > 50) throw refuse("ValidationException", "MaxResults must be between 1 and 50");
  const { items } = findReadyStore(call, call.view).content;
  const places = placesOf(items);
  const token = call.query.get("NextToken");
  if (token !== null && !/^[0-9a-f]{64}$/.test(token)) {
    throw refuse("ValidationException", "The NextToken is not valid");
  }
  const from = token === null ? 0 : places.findIndex(({ place }) => place > token);
  const page = from < 0 ? [] : places.slice(from, from + most);
  const last = page.at(-1);
  const hasMore = last !== undefined && from + page.length < places.length;
  return {
    body: {
      Items: page.map(({ key }) => ({ Key: key, Value: items.get(key) })),
      NextToken: hasMore ? last.place : undefined,
    },
  };
}

interface Place {
  readonly place: string;
  readonly key: string;
}

const known = new WeakMap<ReadonlyMap<string, string>, readonly Place[]>();

/** Contents are replaced, never changed, so their order is worked out once. */
function placesOf(items: ReadonlyMap<string, string>): readonly Place[] {
  const before = known.get(items);
  if (before !== undefined) return before;
  const places = [...items.keys()]
    .map((key) => ({ place: createHash("sha256").update(key).digest("hex"), key }))
    .sort((one, other) => (one.place < other.place ? -1 : 1));
  known.set(items, places);
  return places;
}
