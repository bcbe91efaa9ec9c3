import type { Target } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import type { RunContext } from "./run-context.ts";

/** The adapter that a write calls, and the target that it calls it for. */
export function partsOf(
  { plan, adapters }: RunContext,
  write: { readonly target: string },
): { readonly adapter: Adapter; readonly target: Target<unknown> } {
  const endpoint = plan.endpoints[write.target];
  const adapter = adapters.get(endpoint?.adapter ?? "");
  if (endpoint === undefined || adapter === undefined)
    throw new TypeError(`plan has no endpoint ${write.target}`);
  return { adapter, target: { key: write.target, target: endpoint.target } };
}
