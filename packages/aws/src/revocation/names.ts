/** Names of what stands behind the revocation of one distribution; all can be told from its ARN. */
import { sha256 } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { type FunctionOptions, functionSource } from "./source.ts";

/** Name of the key value store that a distribution's connection function looks serials up in. */
export function listName(distributionArn: string): string {
  return `hf-${idOf(distributionArn)}`;
}

/** Name of a distribution's connection function: by the digest of its source. */
export function functionName(distributionArn: string, options: FunctionOptions): string {
  return `${listName(distributionArn)}-${sha256(functionSource(options)).slice(0, 8)}`;
}

/** Whether a connection function has a name of handfast's, for this distribution; also of another version's source. */
export function isFunctionName(name: string, distributionArn: string): boolean {
  const before = `${listName(distributionArn)}-`;
  return name.startsWith(before) && /^[0-9a-f]{8}$/.test(name.slice(before.length));
}

/** The store's name in journals. The service's own ARN has an id in place of the name. */
export function listObject(distributionArn: string): string {
  return `${accountOf(distributionArn)}:key-value-store/${listName(distributionArn)}`;
}

/** A connection function's name in journals. */
export function functionObject(name: string, distributionArn: string): string {
  return `${accountOf(distributionArn)}:connection-function/${name}`;
}

function idOf(distributionArn: string): string {
  return parseArn(distributionArn).resource.replace(/^distribution\//, "");
}

/** All of an ARN before the resource. */
function accountOf(distributionArn: string): string {
  const { partition, account } = parseArn(distributionArn);
  return `arn:${partition}:cloudfront::${account}`;
}
