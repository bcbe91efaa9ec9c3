import type { AccountCertificates } from "./mtls-certificates/models.ts";
import { ownMoments as pullMoments } from "./origin-pull/models.ts";
import type { CloudflareTiming } from "./timing.ts";
import type { Zone } from "./zones/models.ts";

/** Every moment at which something changes by itself. */
export function ownMoments(
  zones: Iterable<Zone>,
  certificates: AccountCertificates,
  timing: CloudflareTiming,
): readonly number[] {
  const ofZones = [...zones].flatMap(({ askingHostnames, clientCertificates, pulls, rulesets }) => [
    ...pullMoments(pulls, timing),
    ...[...rulesets.values()].flatMap(({ edge }) => edge.map(({ from }) => from)),
    ...[...askingHostnames.values()].flatMap((versions) => versions.map(({ from }) => from)),
    ...[...clientCertificates.values()].map(({ change }) => change.settlesAt),
  ]);
  return [...ofZones, ...[...certificates.values()].map(({ trustedFrom }) => trustedFrom)];
}
