import type { Finding } from "@handfast/core";
import { certificatesPerZone, hostnamesPerCertificate } from "./limits.ts";
import { type Association, type Bundle, bundleName, type HostnameState } from "./state.ts";
import type { HostnameTarget } from "./target.ts";

/** Where one hostname is, and where a plan would have it. */
export interface HostnameEnds {
  readonly target: HostnameTarget;
  readonly from: HostnameState;
  readonly to: HostnameState;
}

/** Whether the hostnames of a plan fit together into what each zone has room for. */
export function judgeTogether(ends: readonly HostnameEnds[]): readonly Finding[] {
  return [...Map.groupBy(ends, ({ target }) => target.zone)].flatMap(([zone, own]) => [
    ...judgeSlots(zone, own),
    ...judgeCertificates(zone, own),
  ]);
}

function judgeSlots(zone: string, ends: readonly HostnameEnds[]): readonly Finding[] {
  const held = new Set(ends.flatMap(({ from }) => from.store.map(bundleName)));
  const wanted = new Set(ends.flatMap(({ to }) => to.store.map(bundleName)));
  const needed = [...wanted].filter((name) => !held.has(name)).length;
  const free = Math.max(0, certificatesPerZone - held.size);
  if (needed <= free) return [];
  return [
    {
      code: "certificate-slots-full",
      severity: "blocker",
      message: `the hostname store of zone ${zone} holds ${held.size} certificates and takes ${certificatesPerZone}; this plan uploads ${needed} more, and ${free} fit`,
      mend:
        free === 0
          ? "retire an earlier run, or delete certificates that no hostname uses, then plan again"
          : `roll out in ${Math.ceil(needed / free)} runs of at most ${free} new identities each, and retire what each replaces before the next; or show one identity at more hostnames (${hostnamesPerCertificate} each)`,
    },
  ];
}

function judgeCertificates(zone: string, ends: readonly HostnameEnds[]): readonly Finding[] {
  const [now, then] = [
    countBy(ends.map(({ from }) => from.association)),
    countBy(ends.map(({ to }) => to.association)),
  ];
  return [...then].flatMap(([name, count]): readonly Finding[] => {
    const beside = Math.max(0, countAll(name, ends) - (now.get(name) ?? 0));
    const over = beside + count - hostnamesPerCertificate;
    // what is there already was taken
    if (over <= 0 || count <= (now.get(name) ?? 0)) return [];
    return [
      {
        code: "certificate-hostnames-full",
        severity: "blocker",
        message: `certificate ${name.slice(0, 12)} would be shown for ${beside + count} hostnames of zone ${zone}${beside === 0 ? "" : ` (${beside} of them not in this plan)`}, and one certificate takes ${hostnamesPerCertificate}`,
        mend: `show other identities at ${over} of them; packHostnames of @handfast/cloudflare makes groups that stay as they are when hostnames come and go`,
      },
    ];
  });
}

/** How many hostnames are associated with a certificate, whether in the plan or not, by what one of them was told. */
function countAll(name: string, ends: readonly HostnameEnds[]): number {
  for (const { from } of ends) {
    const stored = from.store.find((entry) => bundleName(entry) === name);
    if (stored !== undefined) return (stored.hostnames ?? 0) + (nameOf(from.association) === name ? 1 : 0);
  }
  return 0;
}

function countBy(associations: readonly (Association | null)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const association of associations) {
    const name = nameOf(association);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function nameOf(association: Association | null): string | undefined {
  const certificate = association?.certificate;
  return certificate === undefined || "unknown" in certificate
    ? undefined
    : bundleName(certificate as Bundle);
}
