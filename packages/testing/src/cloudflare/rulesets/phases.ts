import { configurationPhase } from "../configuration-rules/configuration-phase.ts";
import { customPhase } from "../custom-rules/custom-phase.ts";
import type { Phase } from "./phase.ts";

/** Every phase that is simulated. */
export const phases: readonly Phase[] = [configurationPhase, customPhase];

/** A phase by its name in paths and bodies. */
export function findPhase(name: unknown): Phase | undefined {
  return phases.find((phase) => phase.name === name);
}
