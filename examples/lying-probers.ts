/** Probers that lie about what they saw. Each asks really first, so that only the verdict is a lie. */
import type { Prober } from "@handfast/core";

/** How a prober lies. */
export type Lie = "too kind" | "too strict" | "never sure";

const verdicts = { "too kind": "passed", "too strict": "failed", "never sure": "inconclusive" } as const;

/** Says the same to everything, whatever an honest one would say. */
export function lyingProber(honest: Prober, lie: Lie): Prober {
  return async (request) => ({
    ...(await honest(request)),
    verdict: verdicts[lie],
    reason: `the ${lie} prober says so`,
  });
}

/** Lies about requests over links and is honest about those at verifiers themselves, as if another made them. */
export function lyingOverLinks(honest: Prober, lie: Lie, direct: URL): Prober {
  const lying = lyingProber(honest, lie);
  return async (request) => await (new URL(request.url).host === direct.host ? honest : lying)(request);
}
