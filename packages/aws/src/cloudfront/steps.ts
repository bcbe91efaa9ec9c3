import { canonicalText, type Move } from "@handfast/core";
import { cloudfrontBudget, deploymentWithin } from "../distribution/deployment.ts";
import type { CloudFrontAction } from "./actions.ts";
import { describe } from "./describe.ts";
import { idOf } from "./names.ts";
import { blocker } from "./obstacles.ts";
import { prepareList } from "./prepare-list.ts";
import { prepareStore } from "./prepare-store.ts";
import { type CloudFrontState, type Front, frontOf, type StoreContent } from "./state.ts";
import { type CloudFrontStep, type StepOptions, stopped } from "./step.ts";
import type { CloudFrontTarget } from "./target.ts";

/** The steps of a move: what the wanted store and list lack, then the one switch: of the distribution, or of the list. */
export function cloudFrontSteps(
  target: CloudFrontTarget,
  from: CloudFrontState,
  to: CloudFrontState,
  options: StepOptions,
): Move<CloudFrontAction> {
  const [before, wanted] = [from.distribution, to.distribution];
  if (wanted === null) return { steps: [], findings: [] };
  if (before === null) {
    const message = `distribution ${target.distribution} is gone`;
    return stopped(blocker("distribution-not-found", message, "restore it first"));
  }
  const store = prepareStore(target, from, to, options);
  if ("findings" in store) return store;
  const list = prepareList(target, from, to, options);
  if ("findings" in list) return list;
  const steps = [...store.steps, ...list.steps];
  const was = frontOf(before);
  const front: Front = { viewer: wanted.viewer, connectionFunction: list.connectionFunction };
  if (canonicalText(was) === canonicalText(front)) return { steps, findings: [] };
  const flip: CloudFrontStep = {
    key: `set-viewer ${describe(front)}`,
    object: target.distribution,
    ...(steps.length === 0 ? {} : { after: steps.map(({ key }) => key) }),
    action: {
      kind: "set-viewer",
      from: was,
      to: front,
      ...(store.expects === undefined ? {} : { expects: store.expects }),
    },
    effect: "switch",
    back: "exact",
    settles: deploymentWithin(options.deployAtMostMs),
    cost: { budget: cloudfrontBudget, calls: callsToSet(store.expects) },
    summary: `set viewers of ${idOf(target.distribution)} to ${describe(front)} (now ${describe(was)})`,
  };
  return { steps: [...steps, flip], findings: [] };
}

/** The look and the write; and, for a store that is found, what it holds. Ids are known from the look before. */
function callsToSet(expects: StoreContent | undefined): number {
  return expects === undefined ? 2 : 3;
}
