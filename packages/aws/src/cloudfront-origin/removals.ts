import type { Finding, Keeping, Move, Seen } from "@handfast/core";
import type { OriginAction } from "./actions.ts";
import { finding } from "./findings.ts";
import { bundleName, bundleOf, certificateKey, type OriginState, shownArn, shownBundle } from "./state.ts";
import { acmBudget, type OriginStep } from "./steps.ts";
import type { OriginTarget } from "./target.ts";

/** Deletes the certificates that handfast imported and no origin is shown any more, nor in an image that is gone back to. */
export function originRemovals(
  { distribution }: OriginTarget,
  { now }: Pick<Seen<OriginState>, "now">,
  { keep, made }: Keeping<OriginState>,
): Move<OriginAction> {
  const named = new Set(made);
  const kept = new Set(
    [now, ...keep].flatMap(({ origin }) => {
      const bundle = shownArn(origin?.shows) === undefined ? shownBundle(origin?.shows) : undefined;
      return bundle === undefined ? [] : [bundleName(bundle)];
    }),
  );
  const idle = Object.entries(now.certificates)
    .filter(([name, { taken }]) => !taken && !kept.has(name))
    .map(([name]) => ({ name, bundle: bundleOf(name), key: certificateKey(distribution, bundleOf(name)) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const steps = idle
    .filter(({ key }) => named.has(key))
    .map(
      ({ name, bundle, key }): OriginStep => ({
        key: `delete-certificate ${name}`,
        object: key,
        action: { kind: "delete-certificate", bundle },
        effect: "remove",
        back: { never: "ACM gives no private key back: it takes the identity's own key to import it again" },
        settles: { by: "call" },
        cost: { budget: acmBudget, calls: 4 },
        summary: `delete certificate ${bundle.certificate.slice(0, 12)} from ACM`,
      }),
    );
  const findings = idle
    .filter(({ key }) => !named.has(key))
    .map(
      ({ bundle, key }): Finding =>
        finding(
          "info",
          "certificate-left",
          `certificate ${bundle.certificate.slice(0, 12)} in ACM is tagged as handfast's and unused, but no run known here imported it`,
          `retire it by its name ${key} when no other pipeline needs it`,
        ),
    );
  return { steps, findings };
}
