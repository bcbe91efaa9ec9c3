import { refuse } from "../cloudfront/refusals.ts";
import { AwsRefused } from "../refused.ts";
import type { XmlElement } from "../rest-xml/element.ts";
import { functionsUsing, type StageContent } from "./models.ts";
import type { FunctionWorld } from "./world.ts";

/** What a request says of a stage. */
export type SentStage = Pick<StageContent, "code" | "comment" | "runtime" | "keyValueStore">;

/** What the API takes at all, whatever the quota. */
const mostCode = 40_960;

/**
 * Code and configuration, from a request that makes or updates a function.
 *
 * @param own the id of the function that is updated
 * @throws AwsRefused InvalidArgument, InconsistentQuantities, EntityLimitExceeded, EntitySizeLimitExceeded
 */
export function readFunction(
  world: FunctionWorld,
  body: XmlElement,
  { own, now }: { readonly own: string | undefined; readonly now: number },
): SentStage {
  const config = body.child("ConnectionFunctionConfig");
  if (config === undefined)
    throw refuse("InvalidArgument", "The parameter ConnectionFunctionConfig is required.");
  const runtime = config.oneOf("Runtime", ["cloudfront-js-1.0", "cloudfront-js-2.0"]);
  if (runtime !== "cloudfront-js-2.0") {
    throw refuse("InvalidArgument", `The runtime ${runtime} is not supported for connection functions.`);
  }
  return {
    code: readCode(world, body.required("ConnectionFunctionCode")),
    comment: config.required("Comment"),
    runtime,
    keyValueStore: readStore(world, config.child("KeyValueStoreAssociations"), { own, now }),
  };
}

function readCode({ settings }: FunctionWorld, text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)) {
    throw refuse("InvalidArgument", "The function code is missing, or not in base64.");
  }
  const code = new Uint8Array(Buffer.from(text, "base64"));
  if (code.length === 0 || code.length > mostCode) {
    throw refuse("InvalidArgument", `The function code must have between 1 and ${mostCode} bytes.`);
  }
  if (code.length > settings.quotas.codeBytes) {
    throw new AwsRefused(
      "EntitySizeLimitExceeded",
      413,
      `The function code has more than ${settings.quotas.codeBytes} bytes.`,
    );
  }
  return code;
}

function readStore(
  world: FunctionWorld,
  associations: XmlElement | undefined,
  { own, now }: { readonly own: string | undefined; readonly now: number },
): string | undefined {
  if (associations === undefined) return undefined;
  const arns = associations
    .children("Items/KeyValueStoreAssociation")
    .map((association) => association.required("KeyValueStoreARN"));
  if (associations.integer("Quantity") !== arns.length) {
    throw refuse("InconsistentQuantities", "The value of Quantity and the size of Items don't match.");
  }
  const [arn, ...more] = arns;
  if (arn === undefined) return undefined;
  if (more.length > 0) {
    throw refuse("EntityLimitExceeded", "A function can be associated with one key value store.");
  }
  const isArn = /^arn:aws:cloudfront::\d{12}:key-value-store\/[0-9a-fA-F-]{36}$/.test(arn);
  const store = isArn ? world.findStore(arn, now) : undefined;
  if (store === undefined) throw refuse("InvalidArgument", `The key value store '${arn}' does not exist.`);
  if (!store.isReady) throw refuse("InvalidArgument", `The key value store '${arn}' is not ready.`);
  const others = functionsUsing(world.models.now(), arn).filter(({ id }) => id !== own);
  if (others.length >= store.most) {
    throw refuse("EntityLimitExceeded", `A key value store can be associated with ${store.most} functions.`);
  }
  return arn;
}
