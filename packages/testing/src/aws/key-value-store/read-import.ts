import { z } from "zod";
import type { Caller } from "../access.ts";
import { refuse } from "../cloudfront/refusals.ts";
import type { XmlElement } from "../rest-xml/element.ts";
import type { ReadObject } from "../s3/read-object.ts";
import { sizeOf } from "./models.ts";
import type { KeyValueQuotas, KeyValueSettings } from "./settings.ts";

/** What a store is filled with, or why it is not. */
export interface Imported {
  readonly items: ReadonlyMap<string, string>;
  readonly size: number;
  readonly failure: string | undefined;
}

const file = z.object({ data: z.array(z.object({ key: z.string().min(1), value: z.string() })) });

/**
 * The file that an import names. What is in it is looked at later, so that a bad one is told by the store's status.
 *
 * @throws AwsRefused InvalidArgument, AccessDenied when there is no such file, or not for the caller
 */
export function readImport(
  { readObject, settings }: { readonly readObject: ReadObject; readonly settings: KeyValueSettings },
  caller: Caller,
  source: XmlElement,
): Imported {
  source.oneOf("SourceType", ["S3"]);
  const arn = source.required("SourceARN");
  const [, bucket = "", key = ""] = /^arn:aws:s3:::([a-z0-9.-]+)\/(.+)$/.exec(arn) ?? [];
  if (key === "") throw refuse("InvalidArgument", `The source ARN '${arn}' is not valid.`);
  const found = readObject(caller, { region: "us-east-1", bucket, key, version: undefined });
  if (found === "denied") throw refuse("AccessDenied", `Access denied to ${arn}`);
  if (found === "missing") throw refuse("InvalidArgument", `There is no object ${arn} in us-east-1.`);
  return readFile(found.bytes, settings.quotas);
}

/** "File format for key-value pairs", Amazon CloudFront Developer Guide. */
function readFile(bytes: Uint8Array, quotas: KeyValueQuotas): Imported {
  const failed = (failure: string): Imported => ({ items: new Map(), size: 0, failure });
  if (bytes.length > quotas.storeBytes) return failed("The file is too large");
  const read = file.safeParse(parse(bytes));
  if (!read.success) return failed("The file is not in the format for key-value pairs");
  const items = new Map<string, string>();
  let size = 0;
  for (const { key, value } of read.data.data) {
    if (items.has(key)) return failed(`The file has the key ${key} twice`);
    if (Buffer.byteLength(key) > quotas.keyBytes) return failed(`The key ${key} is too long`);
    if (Buffer.byteLength(value) > quotas.valueBytes) return failed(`The value of ${key} is too long`);
    items.set(key, value);
    size += sizeOf(key, value);
  }
  return size > quotas.storeBytes
    ? failed("The file has too many keys")
    : { items, size, failure: undefined };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
