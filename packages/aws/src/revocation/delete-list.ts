import type { Outcome } from "@handfast/core";
import { orNothing } from "../leave-out-missing.ts";
import { listName, listObject } from "./names.ts";
import type { RevocationContext } from "./operations.ts";
import type { RevocationPorts } from "./read-revocation.ts";
import { untilFree } from "./until-free.ts";

/** See `RevocationOperations.deleteList`. */
export async function deleteList(
  ports: RevocationPorts,
  place: string,
  context: RevocationContext,
): Promise<Outcome> {
  const { signal } = context;
  const control = await ports.control();
  const name = listName(place);
  const removed = [listObject(place)];
  if ((await control.findStore(name, signal)) === undefined) return { removed, adopted: true };
  await untilFree(`key value store [store=${name}]`, "connection function", context, async () => {
    const there = await control.findStore(name, signal);
    if (there !== undefined) await orNothing(control.deleteStore({ name, etag: there.etag }, signal));
  });
  return { removed };
}
