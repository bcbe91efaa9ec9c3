/**
 * Calls to Cloudflare, and processor time, of fleets of 10, 100 and 1,000 hostnames in zones of 100: a plan that finds
 * nothing to do, a first rollout, and a rotation to a leaf of another CA; against the floor that the ports allow. Which
 * calls nobody can do without:
 *
 * - A look at a zone, nine: the zone, settings `tls_client_auth` and `ssl`, Configuration Rules, DNS records, the
 *   zone-level switch and its certificates, certificates of the hostname store, associations with `status=all`. Core
 *   looks when it plans, before it starts, and right before each switch.
 * - An upload, two: the store's list, since the same certificate twice is refused, and the upload.
 * - Associations, three for every 100 hostnames of a zone: the store's list with the id, the write, and the list that
 *   verifies it.
 * - A look while a run waits, two for a zone: certificates and associations. How many of them there are is decided by the
 *   time that deployments take; the floor counts as many as there were. That a thousand hostnames take no more of them
 *   for each zone than a hundred is a case of its own.
 * - Whether the token still holds, one for a run.
 */
import type { Bench, BenchCase } from "./bench.ts";
import { type Act, hostnamesPerZone, startFleet } from "./fleet.ts";

const look = 9;
const upload = 2;
const hostnamesPerCall = 100;
const write = 3;
const poll = 2;
const verifyToken = 1;

/** What was counted of one fleet. */
interface Counted {
  readonly hostnames: number;
  readonly zones: number;
  readonly nothing: Act;
  /** Planning and running, together. */
  readonly rollout: Act;
  readonly rotation: Act;
}

const known = new Map<number, Promise<Counted>>();

/** Calls do not depend on chance, so each fleet is rolled out once. */
function counted(hostnames: number): Promise<Counted> {
  const count = known.get(hostnames) ?? countFleet(hostnames);
  known.set(hostnames, count);
  return count;
}

async function countFleet(hostnames: number): Promise<Counted> {
  const fleet = await startFleet(hostnames);
  try {
    const toGeneration = (generation: 0 | 1) =>
      fleet.count(async () => {
        const { status } = await fleet.apply(await fleet.plan(generation));
        if (status !== "done") throw new Error(`the run over ${hostnames} hostnames ended ${status}`);
      });
    const rollout = await toGeneration(0);
    const nothing = await fleet.count(() => fleet.plan(0));
    if (nothing.value.steps.length > 0) throw new Error("there is something to do after the rollout");
    return { hostnames, zones: fleet.zones, nothing, rollout, rotation: await toGeneration(1) };
  } finally {
    fleet.close();
  }
}

function runFloor({ hostnames, zones }: Counted, { polls }: Act): number {
  const full = Math.floor(hostnames / hostnamesPerZone);
  const rest = Math.ceil((hostnames % hostnamesPerZone) / hostnamesPerCall);
  const writes = full * Math.ceil(hostnamesPerZone / hostnamesPerCall) + rest;
  return verifyToken + zones * (3 * look + upload) + writes * write + polls * poll;
}

/** Both sides are counts: nothing to measure twice. */
function ofCounts(ours: number, against: number) {
  return { ours: async () => ours, against: async () => against };
}

function casesOf(hostnames: number): readonly BenchCase[] {
  const common = { unit: "calls", target: 1.2, rounds: 1 } as const;
  const run = (name: string, actOf: (count: Counted) => Act): BenchCase => ({
    ...common,
    name: `${hostnames} hostnames, ${name}`,
    against: "the floor: 3 looks a zone, uploads, 3 a write, polls",
    prepare: async () => {
      const count = await counted(hostnames);
      return ofCounts(actOf(count).calls, runFloor(count, actOf(count)));
    },
  });
  return [
    {
      ...common,
      name: `${hostnames} hostnames, nothing to do`,
      against: "the floor: a look a zone",
      prepare: async () => {
        const { nothing, zones } = await counted(hostnames);
        return ofCounts(nothing.calls, zones * look);
      },
    },
    run("first rollout", ({ rollout }) => rollout),
    run("rotation", ({ rotation }) => rotation),
  ];
}

const acts = ["nothing", "rollout", "rotation"] as const;
const names = { nothing: "nothing to do", rollout: "first rollout", rotation: "rotation" } as const;

/** What a thousand take, each, against a hundred. */
const linear: readonly BenchCase[] = [
  ...acts.map((act): BenchCase => {
    return {
      name: `1000 hostnames, ${names[act]}`,
      unit: "ms each",
      against: "those for 100 hostnames",
      target: 3,
      rounds: 1,
      prepare: async () => {
        const [many, few] = [await counted(1_000), await counted(100)];
        return ofCounts(many[act].ms / 1_000, few[act].ms / 100);
      },
    };
  }),
  {
    name: "1000 hostnames, looks while waiting",
    unit: "a zone",
    against: "those for 100 hostnames",
    target: 1.2,
    rounds: 1,
    prepare: async () => {
      const [many, few] = [await counted(1_000), await counted(100)];
      return ofCounts(many.rollout.polls / many.zones, few.rollout.polls / few.zones);
    },
  },
];

export const bench: Bench = {
  name: "cloudflare",
  cases: [...[10, 100, 1_000].flatMap(casesOf), ...linear],
};
