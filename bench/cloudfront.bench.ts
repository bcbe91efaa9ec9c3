/**
 * Calls to AWS of rollouts over 1, 10 and 100 CloudFront distributions, against the floor that the ports allow. Which calls
 * nobody can do without:
 *
 * - A look at distributions: GetDistribution for each of up to 4, else ListDistributions for every 100 of the account; and a
 *   list of each other thing that a state tells of, with who uses those in play: ListTrustStores, ListKeyValueStores,
 *   ListConnectionFunctions, and ListDistributionsByTrustStore for each store; or ListCertificates, and
 *   DescribeCertificate for each certificate.
 * - What an instance must learn once: ListTagsForResource for each distribution (which tool owns it), GetOriginRequestPolicy
 *   for each policy, HeadBucket and GetBucketVersioning; of each store the bundle (GetObject) and whether it asks OCSP
 *   responders (GetTrustStore); of each certificate ListTagsForCertificate and GetCertificate.
 * - What is made: PutObject, CreateTrustStore, and GetTrustStore for the second look that a new store needs; or
 *   ImportCertificate and the ListCertificates that finds it.
 * - A switch: GetDistributionConfig and UpdateDistribution.
 *
 * Core looks when it plans, before it starts, and right before each switch: at as many distributions at once as it writes
 * (8). While it waits for `Deployed` it looks at all of them at once, so that a hundred take no more looks than one: the
 * floor counts those of a run over one distribution.
 */
import type { Bench, BenchCase } from "./bench.ts";
import { type Counted, countRollout, type Side } from "./distribution-rollout.ts";

/** How many remote writes core makes at the same time, and so the most switches that share a look. */
const atOnce = 8;
/** Policies that a distribution of the bench names. */
const policies = 1;

const known = new Map<string, Promise<Counted>>();

/** Calls do not depend on chance, so each world is rolled out once. */
function counted(side: Side, distributions: number): Promise<Counted> {
  const key = `${side} ${distributions}`;
  const count = known.get(key) ?? countRollout(side, distributions);
  known.set(key, count);
  return count;
}

/** A look at so many distributions with so many stores, or certificates, in play. */
function lookFloor(side: Side, distributions: number, inPlay: number): number {
  const byName = distributions <= 4 ? distributions : Math.ceil(distributions / 100);
  return byName + (side === "viewers" ? 3 : 1) + inPlay;
}

/** What an instance learns once: of distributions, and of stores or certificates that are there. */
function learnFloor(side: Side, distributions: number, inPlay: number): number {
  return distributions + (side === "viewers" ? 2 + policies : 0) + 2 * inPlay;
}

function nothingFloor(side: Side, { distributions, made }: Counted): number {
  return lookFloor(side, distributions, made) + learnFloor(side, distributions, made);
}

/** Looks that a run takes while it waits: beside the one before its start, and those before its switches. */
function polls({ looks, switches }: Counted): number {
  return looks - 1 - switches;
}

function rolloutFloor(side: Side, { distributions, made, switches }: Counted, one: Counted): number {
  const rungs = switches / distributions;
  const batches = rungs * Math.ceil(distributions / atOnce);
  const making = made * (side === "viewers" ? 3 : 2);
  return (
    learnFloor(side, distributions, 0) +
    2 * lookFloor(side, distributions, 0) +
    making +
    batches * lookFloor(side, Math.min(distributions, atOnce), made) +
    2 * switches +
    polls(one) * lookFloor(side, distributions, made)
  );
}

const what: Readonly<Record<Side, string>> = {
  viewers: "required of viewers, one trust",
  origins: "shown to origins, one identity",
};

function plural(distributions: number): string {
  return distributions === 1 ? "1 distribution" : `${distributions} distributions`;
}

function casesOf(side: Side, distributions: number): readonly BenchCase[] {
  const name = `${what[side]}: ${plural(distributions)}`;
  return [
    {
      name: `${name}, nothing to do`,
      unit: "calls",
      against: "the floor: a look, tags of each, contents",
      target: 1.2,
      rounds: 1,
      prepare: async () => {
        const count = await counted(side, distributions);
        return { ours: async () => count.calls.nothing, against: async () => nothingFloor(side, count) };
      },
    },
    {
      name: `${name}, first rollout`,
      unit: "calls",
      against: "the floor: looks, tags of each, 2 a switch",
      target: 1.2,
      rounds: 1,
      prepare: async () => {
        const [count, one] = [await counted(side, distributions), await counted(side, 1)];
        return {
          ours: async () => count.calls.plan + count.calls.apply,
          against: async () => rolloutFloor(side, count, one),
        };
      },
    },
  ];
}

function linear(side: Side): BenchCase {
  const perDistribution = async (distributions: number): Promise<number> => {
    const { calls } = await counted(side, distributions);
    return (calls.plan + calls.apply) / distributions;
  };
  return {
    name: `${what[side]}: 100 distributions, first rollout`,
    unit: "calls each",
    against: "those for 10 distributions",
    target: 1,
    rounds: 1,
    prepare: async () => ({ ours: () => perDistribution(100), against: () => perDistribution(10) }),
  };
}

function planning(side: Side): BenchCase {
  return {
    name: `${what[side]}: plan for 100 distributions`,
    unit: "ms",
    against: "10 s of processor time",
    target: 1,
    rounds: 1,
    prepare: async () => {
      const { planMs } = await counted(side, 100);
      return { ours: async () => planMs, against: async () => 10_000 };
    },
  };
}

const sides: readonly Side[] = ["viewers", "origins"];

export const bench: Bench = {
  name: "cloudfront",
  cases: sides.flatMap((side) => [
    ...[1, 10, 100].flatMap((distributions) => casesOf(side, distributions)),
    linear(side),
    planning(side),
  ]),
};
