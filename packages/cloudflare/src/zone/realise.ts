import type { AdapterDefinition, Wanted } from "@handfast/core";
import { judgeChain } from "../hostname/realise.ts";
import { nameOf, type ZoneState } from "./state.ts";
import type { ZoneTarget } from "./target.ts";

type Realised = ReturnType<AdapterDefinition<ZoneTarget, ZoneState, never>["realise"]>;

/**
 * The state in which the wanted is shown, or why there is none. A certificate that is in the store beneath a newer one
 * is shown again by deleting what is newer: the API has no way to put it in front.
 */
export function realiseState(target: ZoneTarget, wanted: Wanted, base: ZoneState): Realised {
  if (wanted.role !== "presenter")
    return refuse(
      "not-a-verifier",
      "a Cloudflare zone shows certificates, it checks none",
      "link it as a presenter",
    );
  if (wanted.shows === "inherited") return { state: base.enabled ? { ...base, enabled: false } : base };
  if (wanted.shows === "nothing") {
    if (base.global)
      return refuse(
        "global-origin-pull-shown",
        "without its own certificate the zone shows Cloudflare's shared one, since global origin pulls are on",
        'turn them off in a run before (cloudflare.global, shows: "nothing"), or let the zone show what is inherited',
      );
    return { state: base.enabled ? { ...base, enabled: false } : base };
  }
  const { certificate, chain, secret } = wanted.shows;
  const name = nameOf({ certificate, chain });
  const place = base.certificates.findIndex((one) => nameOf(one) === name);
  const held = base.certificates[place];
  if (held === undefined) {
    const findings = target.sendChain === true ? [] : judgeChain({ certificate, chain });
    if (findings.length > 0) return { findings };
    return {
      state: { ...base, enabled: true, certificates: [{ certificate, chain, secret }, ...base.certificates] },
    };
  }
  if ("failed" in held && held.failed === true)
    return refuse(
      "certificate-deployment-failed",
      `certificate ${name.slice(0, 12)} is in the zone's store, but its deployment timed out at Cloudflare`,
      "delete it there and plan again: it is then uploaded anew",
    );
  const state = { ...base, enabled: true, certificates: base.certificates.slice(place) };
  return { state: place === 0 && base.enabled ? base : state };
}

function refuse(code: string, message: string, mend: string): Realised {
  return { findings: [{ code, severity: "blocker", message, mend }] };
}
