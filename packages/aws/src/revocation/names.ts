/**
 * Names of what stands behind the revocation of a distribution. A *place* is where one list is: a distribution's ARN, or,
 * where it has several lists, the ARN with eight hex digits behind it that tell them apart
 * (`arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE-0a1b2c3d`).
 */
import { sha256 } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { type FunctionOptions, functionSource } from "./source.ts";

/** Name of the key value store that a connection function looks serials up in. */
export function listName(place: string): string {
  return `hf-${idOf(place)}`;
}

/** Whether a key value store has the name of one of a distribution's lists. */
export function isListName(name: string, distributionArn: string): boolean {
  return isBehind(name, distributionArn, /^(-[0-9a-f]{8})?$/);
}

/** Name of the connection function on a list: by the digest of its source. */
export function functionName(place: string, options: FunctionOptions): string {
  return `${listName(place)}-${sha256(functionSource(options)).slice(0, 8)}`;
}

/** Whether a connection function has the name of one of a distribution's; also of another version's source. */
export function isFunctionName(name: string, distributionArn: string): boolean {
  return isBehind(name, distributionArn, /^(-[0-9a-f]{8}){1,2}$/);
}

/** The store's name in journals. The service's own ARN has an id in place of the name. */
export function listObject(place: string): string {
  return `${accountOf(place)}:key-value-store/${listName(place)}`;
}

/** A connection function's name in journals. */
export function functionObject(name: string, distributionArn: string): string {
  return `${accountOf(distributionArn)}:connection-function/${name}`;
}

function isBehind(name: string, distributionArn: string, rest: RegExp): boolean {
  const before = listName(distributionArn);
  return name.startsWith(before) && rest.test(name.slice(before.length));
}

function idOf(place: string): string {
  return parseArn(place).resource.replace(/^distribution\//, "");
}

/** All of an ARN before the resource. */
function accountOf(distributionArn: string): string {
  const { partition, account } = parseArn(distributionArn);
  return `arn:${partition}:cloudfront::${account}`;
}
