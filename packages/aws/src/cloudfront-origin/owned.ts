import type { OriginAction } from "./actions.ts";
import { certificateKey, type OriginState } from "./state.ts";

/**
 * What a plan stands on: what the origin is shown, and how it is reached. Not the rest of the distribution, which other
 * adapters and other people write, nor what else lies in ACM: that comes and goes with pipelines beside this one.
 */
export function ownedByOrigin({ distribution, origin }: OriginState): unknown {
  if (origin === null) return { distribution, origin };
  const { kind, protocolPolicy = null, shows } = origin;
  return { distribution, origin: { kind, protocolPolicy, shows } };
}

/** What a step makes where it is not there yet: the keys that its outcome then has. */
export function madeByOrigin(distribution: string, action: OriginAction): readonly string[] {
  return action.kind === "import-certificate" ? [certificateKey(distribution, action.bundle)] : [];
}
