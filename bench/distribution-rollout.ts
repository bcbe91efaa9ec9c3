/** First rollouts over simulated CloudFront distributions, and the calls that they take; every call takes a while. */
import { cloudfront, cloudfrontOrigin } from "@handfast/aws";
import {
  type Adapter,
  createHandfast,
  fromValue,
  type Handfast,
  MemoryWorld,
  memoryJournal,
  memoryVerifier,
} from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { aws, type CallLog, faults, simulate, turnableClock } from "@handfast/testing";
import { cpuTime } from "./bench.ts";

/** Whether distributions ask viewers for certificates, or show one to their origins. */
export type Side = "viewers" | "origins";

/** What was counted of one world. */
export interface Counted {
  readonly distributions: number;
  /** Calls of the first plan, of its run, and of a plan that finds nothing to do, by an instance that knows nothing yet. */
  readonly calls: { readonly plan: number; readonly apply: number; readonly nothing: number };
  /** The same by operation, for who wants to know where they go. */
  readonly operations: { readonly [K in keyof Counted["calls"]]: Readonly<Record<string, number>> };
  /** How often the run looked at the distributions, however many at once. */
  readonly looks: number;
  /** How often it switched one. */
  readonly switches: number;
  /** Trust stores, or certificates, that it made. */
  readonly made: number;
  /** Milliseconds of processor time of the first plan, the simulation's part included. */
  readonly planMs: number;
}

/** How many distributions one trust store serves (Amazon CloudFront quotas). */
const distributionsPerStore = 25;
/** Milliseconds that a call takes. */
const latencyMs = 100;
/** Milliseconds of a deployment: fewer than usual, since looks while waiting count the same on both sides. */
const deployedMs = 120_000;

/** Rolls out, and counts. */
export async function countRollout(side: Side, distributions: number): Promise<Counted> {
  const clock = turnableClock(Date.now());
  const slow = faults();
  slow.add({ times: Number.POSITIVE_INFINITY, fault: { kind: "delay", ms: latencyMs } });
  const cloud = aws({ clock, faults: slow, cloudfront: { lags: { deployed: deployedMs } } });
  const { region, credentials } = cloud;
  const bucket = { name: "bench-trust", region };
  cloud.createBucket(bucket.name, { versioning: "Enabled" });
  const arns = Array.from({ length: distributions }, () => cloud.addDistribution().arn);
  const simulation = simulate({ services: [cloud.s3, cloud.acm, cloud.cloudfront], clock });
  const { origins, close } = await simulation.listen();
  const at = (name: string) => ({ endpoint: origins[name] ?? "", credentials });
  const { spec, key } = await makeSpec(side, arns);
  const journal = memoryJournal({ clock });
  const world = new MemoryWorld({ clock });
  world.set("listener/app", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  // half as many stores again as are filled, as the option's text has it
  const storesPerTrust =
    distributions <= distributionsPerStore ? 1 : Math.ceil((1.5 * distributions) / distributionsPerStore);
  let looks = 0;
  const connect = (): Handfast<Adapter, string> => {
    const adapter =
      side === "viewers"
        ? cloudfront({
            bucket,
            storesPerTrust,
            cloudfront: at("cloudfront"),
            s3: { ...at("s3"), forcePathStyle: true },
          })
        : cloudfrontOrigin({ acm: at("acm"), cloudfront: at("cloudfront") });
    const read: typeof adapter.definition.read = (targets, context) => {
      looks += 1;
      return adapter.definition.read(targets, context);
    };
    const counting: Adapter = { ...adapter, definition: { ...adapter.definition, read } };
    const adapters: readonly Adapter[] = [memoryVerifier(world), counting];
    return createHandfast({
      adapters,
      journal,
      clock,
      secrets: { "edge-key": fromValue(key) },
      prober: async () => ({ verdict: "passed", reason: "", evidence: {} }),
      proof: { times: 1 },
    });
  };
  const stop = clock.autoAdvance();
  try {
    const handfast = connect();
    const wanted = handfast.parseSpec(spec);
    let made = await handfast.plan(wanted);
    // the first one loads the SDK
    simulation.log.clear();
    const first = connect();
    const planMs = await cpuTime(async () => {
      made = await first.plan(wanted);
    });
    const plan = take(simulation.log);
    looks = 0;
    const report = await first.apply(made);
    if (report.status !== "done") throw new Error(`the run is ${report.status}`);
    const apply = take(simulation.log);
    const looked = looks;
    const again = await connect().plan(wanted);
    if (again.steps.length > 0) throw new Error(`a second plan has ${again.steps.length} steps`);
    const nothing = take(simulation.log);
    const operations = { plan, apply, nothing };
    return {
      distributions,
      calls: { plan: sum(plan), apply: sum(apply), nothing: sum(nothing) },
      operations,
      looks: looked,
      switches: apply.UpdateDistribution ?? 0,
      made: (apply.CreateTrustStore ?? 0) + (apply.ImportCertificate ?? 0),
      planMs,
    };
  } finally {
    stop();
    await close();
  }
}

/** One trust, or one identity, for all. */
async function makeSpec(
  side: Side,
  arns: readonly string[],
): Promise<{ readonly spec: unknown; readonly key: string }> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: "CN=Bench Root", key });
  const csr = await createCsr({ subject: "CN=bench", key });
  const leaf = await root.issue(csr);
  const trust = { bench: root.trust };
  const chain = leaf.chain + root.certificate.pem;
  const identities = { bench: { chain, key: { secret: "edge-key" } } };
  const probe = { url: "https://app.example.com/", show: "bench" };
  const of = <T>(make: (distribution: string) => T) =>
    Object.fromEntries(arns.map((distribution, index) => [`front-${index}`, make(distribution)]));
  const names = arns.map((_, index) => `front-${index}`);
  const spec =
    side === "viewers"
      ? {
          trust,
          identities,
          verifiers: of((distribution) => ({
            adapter: "aws.cloudfront",
            distribution,
            mode: "required",
            trust: "bench",
          })),
          populations: { viewers: { mayShow: { issuedBy: ["bench"], nothing: false } } },
          links: names.map((to) => ({ from: "viewers", to, probe })),
        }
      : {
          trust,
          identities,
          verifiers: {
            app: { adapter: "memory.verifier", listener: "app", mode: "required", trust: "bench" },
          },
          presenters: of((distribution) => ({
            adapter: "aws.cloudfront-origin",
            distribution,
            origins: ["app"],
            shows: "bench",
          })),
          links: names.map((from) => ({ from, to: "app", probe })),
        };
  return { spec, key: key.export() };
}

/** Calls so far by operation, which are forgotten. */
function take(log: CallLog): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation } of log.calls) counts[operation] = (counts[operation] ?? 0) + 1;
  log.clear();
  return counts;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
