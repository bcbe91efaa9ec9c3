import type { Seen, StepCheck } from "@handfast/core";
import type { OriginAction } from "./actions.ts";
import { describe } from "./describe.ts";
import {
  bundleName,
  certificateKey,
  isAsWanted,
  type OriginState,
  type Showing,
  shownBundle,
} from "./state.ts";
import type { OriginStep } from "./steps.ts";
import { type OriginTarget, originOf } from "./target.ts";

/**
 * The state of a target once a step is in effect; the same one when the step leaves it alone. A step for another origin
 * of the distribution does: moves of origins that share no link need not wait for each other.
 */
export function afterOrigin(
  target: OriginTarget,
  state: OriginState,
  { action, object }: OriginStep,
): OriginState {
  if (action.kind === "set-origin") {
    const isOwn = object === target.distribution && action.origin === originOf(target);
    if (!isOwn || state.origin === null) return state;
    return { ...state, origin: { ...state.origin, shows: action.to } };
  }
  if (object !== certificateKey(target.distribution, action.bundle)) return state;
  const name = bundleName(action.bundle);
  const isThere = state.certificates[name] !== undefined;
  if (action.kind === "import-certificate") {
    if (isThere) return state;
    // The key goes on with it: a plan takes states of its own for the next to be reached.
    const stored = { taken: false, secret: action.secret };
    return { ...state, certificates: { ...state.certificates, [name]: stored } };
  }
  if (!isThere) return state;
  return {
    ...state,
    certificates: Object.fromEntries(Object.entries(state.certificates).filter(([key]) => key !== name)),
  };
}

/** Where a step stands in what was just read. */
export function checkOrigin(
  { action }: OriginStep,
  { now, settled }: Pick<Seen<OriginState>, "now" | "settled">,
): StepCheck {
  if (action.kind === "set-origin") {
    if (now.origin === null) return { failed: "the origin is gone" };
    const { shows } = now.origin;
    // Any change of the distribution that is under way may be this one, or may still undo it at some edge.
    if (isAsWanted(shows, action.to)) return settled ? "done" : "pending";
    if (isAsWanted(shows, action.from)) return "todo";
    return { moved: `the origin is shown ${describe(shows)}` };
  }
  const name = bundleName(action.bundle);
  const stored = now.certificates[name];
  if (action.kind === "import-certificate")
    return stored !== undefined || isShown(now.origin?.shows, action) ? "done" : "todo";
  if (stored === undefined) return "done";
  const inUse = stored.taken || isShown(now.origin?.shows, action);
  return inUse ? { moved: `an origin is shown certificate ${name.slice(0, 12)} again` } : "todo";
}

function isShown(
  shows: Showing | undefined,
  { bundle }: Extract<OriginAction, { kind: "import-certificate" | "delete-certificate" }>,
): boolean {
  const shown = shownBundle(shows);
  return shown !== undefined && bundleName(shown) === bundleName(bundle);
}
