import { createHash } from "node:crypto";
import { HandfastError } from "@handfast/core";
import { hostnamesPerCertificate } from "../hostname/limits.ts";

/** How hostnames are spread. */
export interface PackOptions<I extends string = string> {
  /** Names of identities, as the spec has them: each gets a group. */
  readonly identities: readonly I[];
  /** Where hostnames are now, by hostname: who is there stays. Names of other identities count for nothing. */
  readonly now?: Readonly<Record<string, string>> | undefined;
  /** Most hostnames of one identity. @default 100, which is what one certificate takes at Cloudflare */
  readonly most?: number | undefined;
}

/**
 * Spreads hostnames over identities, so that none has more than one certificate takes. Pure. Whoever is somewhere `now`
 * stays there, whatever others come or go. Everybody else goes by its name alone to the identity that is its own, or to
 * the next one where that is full; so without `now` nobody moves either as long as no group is full.
 *
 * @returns hostnames of each identity, sorted; an identity may have none
 * @throws HandfastError `SPEC_INVALID` when they do not fit
 * @example
 * ```ts
 * import { packHostnames } from "@handfast/cloudflare";
 *
 * const groups = packHostnames(["a.example.com", "b.example.com"], { identities: ["edge-1", "edge-2"] });
 * export const presenters = Object.entries(groups)
 *   .filter(([, hostnames]) => hostnames.length > 0)
 *   .map(([shows, hostnames]) => ({ adapter: "cloudflare.hostname", zone: "0".repeat(32), hostnames, shows }));
 * ```
 */
export function packHostnames<const I extends string>(
  hostnames: readonly string[],
  { identities, now = {}, most = hostnamesPerCertificate }: PackOptions<I>,
): Readonly<Record<I, readonly string[]>> {
  const groups = new Map<string, string[]>(identities.map((name) => [name, []]));
  const names = [...new Set(hostnames)].sort();
  if (names.length > groups.size * most) throw tooMany(names.length, groups.size, most);
  const place = (hostname: string, at: string | undefined): boolean => {
    const group = at === undefined ? undefined : groups.get(at);
    if (group === undefined || group.length >= most) return false;
    group.push(hostname);
    return true;
  };
  const newcomers = names.filter(
    (hostname) => !place(hostname, Object.hasOwn(now, hostname) ? now[hostname] : undefined),
  );
  for (const hostname of newcomers) byPreference(hostname, identities).some((name) => place(hostname, name));
  const sorted = [...groups].map(([name, group]) => [name, group.sort()]);
  return Object.fromEntries(sorted);
}

/** Identities in the order in which a hostname would have them (rendezvous hashing): no other hostname plays a part. */
function byPreference(hostname: string, identities: readonly string[]): readonly string[] {
  const weighed = [...new Set(identities)].map((name) => {
    return { name, weight: createHash("sha256").update(`${name} ${hostname}`).digest("hex") };
  });
  return weighed.sort((one, other) => (one.weight < other.weight ? -1 : 1)).map(({ name }) => name);
}

function tooMany(hostnames: number, identities: number, most: number): HandfastError {
  const missing = Math.ceil(hostnames / most) - identities;
  return new HandfastError(
    "SPEC_INVALID",
    `pack hostnames failed: ${hostnames} hostnames do not fit into ${identities} identities of ${most} each; name ${missing} more`,
  );
}
