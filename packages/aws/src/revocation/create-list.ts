import { HandfastError, type Outcome, sha256 } from "@handfast/core";
import { providerCode } from "../retry.ts";
import { listName, listObject } from "./names.ts";
import type { RevocationContext } from "./operations.ts";
import type { RevocationPorts } from "./read-revocation.ts";

/** The tag by which handfast knows its own. */
const ownerTag = "handfast";

/** Marks what one step makes, so that a try whose answer was lost is known again. */
export function markOf({ idempotencyKey }: RevocationContext): {
  readonly comment: string;
  readonly tags: Readonly<Record<string, string>>;
} {
  const token = sha256(idempotencyKey).slice(0, 32);
  return { comment: `handfast ${token}`, tags: { [ownerTag]: token } };
}

/** What comes of a thing that was found there: made when the mark on it is this step's. */
export function adopt(
  found: { readonly comment: string },
  context: RevocationContext,
  object: string,
): Outcome {
  return found.comment === markOf(context).comment ? { adopted: true, made: [object] } : { adopted: true };
}

/** See `RevocationOperations.createList`. */
export async function createList(
  ports: RevocationPorts,
  place: string,
  context: RevocationContext,
): Promise<Outcome> {
  const { signal } = context;
  const control = await ports.control();
  const name = listName(place);
  const object = listObject(place);
  const there = await control.findStore(name, signal);
  if (there !== undefined) return adopt(there, context, object);
  try {
    await control.createStore({ name, ...markOf(context) }, signal);
    return { made: [object] };
  } catch (error) {
    if (providerCode(error) !== "EntityAlreadyExists") throw error;
    const found = await control.findStore(name, signal);
    if (found !== undefined) return adopt(found, context, object);
    throw new HandfastError(
      "REMOTE_CONFLICT",
      `create key value store failed [store=${name}]: the service says that there is one, and does not show it; wait, then try again`,
      { operation: "CreateKeyValueStore", object, provider: { code: "EntityAlreadyExists" } },
    );
  }
}
