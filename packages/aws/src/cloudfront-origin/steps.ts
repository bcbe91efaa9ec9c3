import type { Finding, Move, Settling, Step } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { cloudfrontBudget } from "../distribution/deployment.ts";
import type { OriginAction } from "./actions.ts";
import { describe, idOf } from "./describe.ts";
import { finding, missingFinding } from "./findings.ts";
import {
  acmRegion,
  bundleName,
  certificateKey,
  isAsWanted,
  type OriginState,
  shownArn,
  shownBundle,
} from "./state.ts";
import { type OriginTarget, originOf } from "./target.ts";

export type OriginStep = Step<OriginAction>;

/** The credential's budget that calls on ACM draw on. */
export const acmBudget = `aws.acm/${acmRegion}`;

/** The steps of a move: import what is missing, then set the origin to it. */
export function originSteps(
  target: OriginTarget,
  from: OriginState,
  to: OriginState,
  deployment: Settling,
): Move<OriginAction> {
  const after = to.origin?.shows;
  if (after === undefined) return { steps: [], findings: [] };
  const before = from.origin?.shows;
  const missing = missingFinding(target, from);
  if (before === undefined || missing !== undefined) return blocked(missing);
  if (isAsWanted(before, after)) return { steps: [], findings: [] };
  const arn = shownArn(after);
  if (arn !== undefined && parseArn(arn).region !== acmRegion) return blocked(wrongRegion(arn));
  if (arn !== undefined && arn === shownArn(before)) return blocked(contentChanged(arn));
  const prepared = prepareCertificate(target, from, to);
  if ("findings" in prepared) return prepared;
  const where = `origin "${originOf(target)}" of ${idOf(target.distribution)}`;
  const flip: OriginStep = {
    key: `set-origin ${describe(after)}`,
    object: target.distribution,
    ...(prepared.steps.length === 0 ? {} : { after: prepared.steps.map(({ key }) => key) }),
    action: { kind: "set-origin", origin: originOf(target), from: before, to: after },
    effect: "switch",
    back: "exact",
    settles: deployment,
    // The configuration and its way back; what is in ACM, and whether it is the right one.
    cost: { budget: cloudfrontBudget, calls: after === "nothing" ? 2 : 5 },
    summary: `show ${describe(after)} to ${where} (now ${describe(before)})`,
  };
  return { steps: [...prepared.steps, flip], findings: [] };
}

/** What must be in ACM before an origin may be set to it. */
function prepareCertificate(
  target: OriginTarget,
  from: OriginState,
  to: OriginState,
): { readonly steps: readonly OriginStep[] } | Move<OriginAction> {
  const shows = to.origin?.shows;
  const bundle = shownBundle(shows);
  if (bundle === undefined || shownArn(shows) !== undefined) return { steps: [] };
  const name = bundleName(bundle);
  if (from.certificates[name] !== undefined) return { steps: [] };
  const short = bundle.certificate.slice(0, 12);
  const secret = to.certificates[name]?.secret;
  if (secret === undefined) {
    return blocked(
      finding(
        "blocker",
        "certificate-gone",
        `certificate ${short} is not in ACM any more, and its key is not known here`,
        "plan with an identity that holds this certificate and its key: it is then imported again",
      ),
    );
  }
  return {
    steps: [
      {
        key: `import-certificate ${name}`,
        object: certificateKey(target.distribution, bundle),
        action: { kind: "import-certificate", bundle, secret },
        effect: "none",
        back: "until-retire",
        settles: { by: "call" },
        cost: { budget: acmBudget, calls: 4 },
        summary: `import certificate ${short} into ACM in ${acmRegion}`,
      },
    ],
  };
}

function wrongRegion(arn: string): Finding {
  return finding(
    "blocker",
    "certificate-in-wrong-region",
    `${arn} is a certificate in ${parseArn(arn).region}, and CloudFront shows those of ${acmRegion}`,
    "show an identity: it is imported where it has to be",
  );
}

function contentChanged(arn: string): Finding {
  return finding(
    "blocker",
    "certificate-changed",
    `another certificate was imported into ${arn}, which is not handfast's to write: what the origin was shown before is gone`,
    "have its owner import that one again, or show it by an identity: it gets an ARN of its own",
  );
}

function blocked(why: Finding | undefined): Move<OriginAction> {
  return { steps: [], findings: why === undefined ? [] : [why] };
}
