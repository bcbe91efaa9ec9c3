import { z } from "zod";
import { readInput, readJson } from "../json/read-input.ts";
import { withEntry } from "../state.ts";
import { findReadyStore, type KeyValueAnswer, type KeyValueCall } from "./call.ts";
import { type KeyValueStore, type StoreContent, sizeOf } from "./models.ts";
import { refuse } from "./refusals.ts";
import type { KeyValueQuotas } from "./settings.ts";

interface Changes {
  readonly puts: readonly { readonly Key: string; readonly Value: string }[];
  readonly deletes: readonly string[];
}

const put = z.object({ Value: z.string() });
const update = z.object({
  Puts: z.array(z.object({ Key: z.string().min(1), Value: z.string() })).default([]),
  Deletes: z.array(z.object({ Key: z.string().min(1) })).default([]),
});

/** PutKey. */
export function putKey(call: KeyValueCall): KeyValueAnswer {
  const { Value } = readInput(put, readJson(call.body));
  return write(call, { puts: [{ Key: call.key, Value }], deletes: [] });
}

/** DeleteKey. */
export function deleteKey(call: KeyValueCall): KeyValueAnswer {
  return write(call, { puts: [], deletes: [call.key] });
}

/** UpdateKeys: all of it, or none. */
export function updateKeys(call: KeyValueCall): KeyValueAnswer {
  const { keysPerRequest, requestBytes } = call.settings.quotas;
  if (Buffer.byteLength(call.body) > requestBytes) {
    throw refuse("ServiceQuotaExceededException", `A request can have up to ${requestBytes} bytes`);
  }
  const { Puts, Deletes } = readInput(update, readJson(call.body));
  const keys = [...Puts, ...Deletes].map(({ Key }) => Key);
  if (keys.length === 0) throw refuse("ValidationException", "There is nothing to put or delete");
  if (keys.length > keysPerRequest) {
    throw refuse("ServiceQuotaExceededException", `A request can have up to ${keysPerRequest} keys`);
  }
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice !== undefined) throw refuse("ValidationException", `The key ${twice} is in the request twice`);
  return write(call, { puts: Puts, deletes: Deletes.map(({ Key }) => Key) });
}

function write(call: KeyValueCall, changes: Changes): KeyValueAnswer {
  const { models, settings, now } = call;
  for (const { Key, Value } of changes.puts) checkSizes(Key, Value, settings.quotas);
  const store = findReadyStore(call, models.now());
  checkVersion(call, store);
  const { items, size } = changed(store.content, changes);
  if (size > settings.quotas.storeBytes) {
    throw refuse(
      "ServiceQuotaExceededException",
      `A key value store can have up to ${settings.quotas.storeBytes} bytes`,
    );
  }
  const content: StoreContent = { items, size, etag: models.nextEtag("data"), modifiedAt: now };
  models.write({ stores: withEntry(models.now().stores, store.arn, { ...store, content }) });
  return { etag: content.etag, body: { ItemCount: items.size, TotalSizeInBytes: size } };
}

/**
 * Holds an entry against the quotas.
 *
 * @throws AwsRefused ValidationException
 */
function checkSizes(key: string, value: string, { keyBytes, valueBytes }: KeyValueQuotas): void {
  if (Buffer.byteLength(key) > keyBytes) {
    throw refuse("ValidationException", `A key can have up to ${keyBytes} bytes`);
  }
  if (Buffer.byteLength(value) > valueBytes) {
    throw refuse("ValidationException", `A value can have up to ${valueBytes} bytes`);
  }
}

/** An ETag that this plane handed out and that is not current any more is a conflict; any other was never valid here. */
function checkVersion({ ifMatch }: KeyValueCall, { content }: KeyValueStore): void {
  if (ifMatch === undefined) throw refuse("ValidationException", "The If-Match header is missing");
  if (ifMatch === content.etag) return;
  if (/^KV[A-Z0-9]{13}$/.test(ifMatch)) {
    throw refuse("ConflictException", "The key value store has changed since that version");
  }
  throw refuse("ValidationException", "The If-Match version is not one of a key value store's content");
}

function changed(content: StoreContent, { puts, deletes }: Changes): Pick<StoreContent, "items" | "size"> {
  const items = new Map(content.items);
  let { size } = content;
  const remove = (key: string): boolean => {
    const value = items.get(key);
    if (value === undefined) return false;
    size -= sizeOf(key, value);
    return items.delete(key);
  };
  for (const key of deletes) {
    if (!remove(key)) throw refuse("ResourceNotFoundException", `There is no key ${key}`);
  }
  for (const { Key, Value } of puts) {
    remove(Key);
    items.set(Key, Value);
    size += sizeOf(Key, Value);
  }
  return { items, size };
}
