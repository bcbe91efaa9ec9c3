import { HandfastError } from "@handfast/core";

/**
 * The action of a step that an adapter is to perform. Adapters of one fall-through read each other's actions, to know
 * what these do to their own targets; they perform only their own.
 *
 * @throws HandfastError `PLAN_INVALID` when the plan gives a step to the wrong adapter
 */
export function ownAction<All extends { readonly kind: string }, Own extends All>(
  action: All,
  isOwn: (action: All) => action is Own,
  adapter: string,
): Own {
  if (isOwn(action)) return action;
  throw new HandfastError(
    "PLAN_INVALID",
    `perform step failed [adapter=${adapter}]: a step of the kind "${action.kind}" is another adapter's; the plan was edited, so plan again`,
    { adapter },
  );
}
