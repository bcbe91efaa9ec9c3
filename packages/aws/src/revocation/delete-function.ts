import type { Outcome } from "@handfast/core";
import { orNothing } from "../leave-out-missing.ts";
import { findFunction } from "./create-function.ts";
import { functionObject } from "./names.ts";
import type { RevocationContext } from "./operations.ts";
import type { RevocationPorts } from "./read-revocation.ts";
import { untilFree } from "./until-free.ts";

/** See `RevocationOperations.deleteFunction`. */
export async function deleteFunction(
  ports: RevocationPorts,
  distributionArn: string,
  name: string,
  context: RevocationContext,
): Promise<Outcome> {
  const { signal } = context;
  const control = await ports.control();
  const removed = [functionObject(name, distributionArn)];
  const there = await findFunction(control, name, signal);
  if (there === undefined) return { removed, adopted: true };
  await untilFree(`connection function [function=${name}]`, "distribution", context, async () => {
    const edited = await control.findFunction(there.id, "DEVELOPMENT", signal);
    if (edited !== undefined)
      await orNothing(control.deleteFunction({ id: there.id, etag: edited.etag }, signal));
  });
  return { removed };
}
