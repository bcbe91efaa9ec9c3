import { alb } from "@handfast/aws";
import {
  type Clock,
  fromValue,
  type Journal,
  type JournalEntry,
  type MtlsPlan,
  memoryJournal,
  type NewEntry,
} from "@handfast/core";
import { prober } from "@handfast/pki";
import { type RequestStream, requestStream, type TurnableClock, turnableClock } from "@handfast/testing";
import { hostname, type Providers, startProviders } from "../../providers.ts";
import { startDataPlane } from "../../stack.ts";
import { type Instance, startInstance } from "./instance.ts";
import { type Judge, startJudge } from "./judge.ts";
import type { Materials } from "./materials.ts";
import { type Scenario, specOf, type Wish } from "./scenarios.ts";
import { makeWire, type Wire, withheld } from "./wire.ts";

/** The providers on a clock that jumps, in the state before a scenario, with the journal that led there. */
export interface World extends AsyncDisposable {
  readonly clock: TurnableClock;
  readonly providers: Providers;
  readonly wire: Wire;
  readonly judge: Judge;
  /** Real HTTPS requests over the data plane, one every second on the clock; undefined without a data plane. */
  readonly visitors: (() => RequestStream) | undefined;
  /** Everything at the providers as it was before the scenario, and a journal of what led there and nothing else. */
  reset(): Promise<Journal>;
  /** An instance as another process would make it. */
  instance(journal: Journal, options?: { readonly timeoutMs?: number }): Instance;
  plan(instance: Instance, wish: Wish): Promise<MtlsPlan>;
  /** From now on a reset brings back what there is now, and what the journal holds that it gave last. */
  keep(): Promise<void>;
}

/** With a data plane of real TLS everything is as slow as it usually is; without one the providers are quicker. */
export type Traffic = "tls" | "judged";

/** Real milliseconds until a call is given up that no fault holds back. */
const patienceMs = 20_000;

/** Starts the providers and rolls out what the scenario starts from. */
export async function startWorld({ base }: Scenario, materials: Materials, traffic: Traffic): Promise<World> {
  const clock = turnableClock(Date.now());
  const wire = makeWire();
  const serving: Clock = {
    now: () => clock.now(),
    sleep: (ms, signal) => (ms === withheld ? new Promise(() => undefined) : clock.sleep(ms, signal)),
  };
  const isTls = traffic === "tls";
  const providers = await startProviders({
    clock: serving,
    faults: wire,
    ...(isTls
      ? {}
      : {
          lags: { visible: 500, active: 2_000, held: 500 },
          timing: { initializingMs: 500, certificateMs: 4_000, associationMs: 1_500, voidMs: 1_500 },
        }),
  });
  const settleMs = isTls ? 60_000 : 10_000;
  const dataPlane = isTls ? await startDataPlane(providers, materials.pki) : undefined;
  const stop = clock.autoAdvance();
  const judge = startJudge({
    listener: providers.cloud.listenerSource(providers.listener),
    edge: providers.flare.edgeSource(hostname),
    clock,
    rules: alb({ region: providers.region, bucket: { name: providers.bucket } }).facts,
    certificates: certificatesOf(materials),
    crls: [materials.crl],
    stranger: materials.pki.stranger.chain,
    // a proof stands between what the edge shows and what the nodes refuse, where there is traffic to prove it by
    listenerLagMs: settleMs - 1_000,
  });
  const secrets = Object.fromEntries(
    Object.entries(materials.keys).map(([name, key]) => [name, fromValue(key)]),
  );
  const instances: Instance[] = [];
  const instance: World["instance"] = (journal, { timeoutMs = patienceMs } = {}) => {
    const made = startInstance({
      providers,
      journal,
      secrets,
      prober: dataPlane === undefined ? undefined : prober(dataPlane.reachEdge),
      // what the SDK hides by trying again is not what is looked for, but where all is as usual
      maxAttempts: isTls ? 4 : 1,
      timeoutMs,
      settleMs,
    });
    instances.push(made);
    return made;
  };
  const plan: World["plan"] = async ({ handfast }, wish) =>
    await handfast.plan(handfast.parseSpec(specOf(wish, materials, providers)));

  const past = remember(clock);
  if (base !== undefined) {
    const first = instance(past.journal);
    const report = await first.handfast.apply(await plan(first, base));
    if (report.status !== "done") throw new Error(`the base ended ${report.status}`);
    await clock.advance(settleMs);
  }
  let source = past;
  let latest = past;
  const snapshot = () => [providers.cloud.snapshot(), providers.flare.snapshot()];
  let restore = snapshot();
  return {
    clock,
    providers,
    wire,
    judge,
    visitors:
      dataPlane &&
      (() =>
        requestStream({
          url: `https://${hostname}/`,
          connect: dataPlane.edge.front,
          ca: materials.pki.site.certificate.pem,
          every: 1_000,
          clock,
          pace: clock,
        })),
    reset: async () => {
      for (const one of instances.splice(0)) one[Symbol.dispose]();
      for (const put of restore) put();
      // the nodes follow in their own time
      if (isTls) await clock.advance(settleMs);
      latest = await copyJournal(source, clock);
      return latest.journal;
    },
    instance,
    plan,
    keep: async () => {
      source = await copyJournal(latest, clock);
      restore = snapshot();
    },
    [Symbol.asyncDispose]: async () => {
      stop();
      judge.close();
      for (const one of instances) one[Symbol.dispose]();
      await dataPlane?.close();
      await providers.close();
    },
  };
}

function certificatesOf({ pki, nextCa, nextLeaf, otherLeaf }: Materials): readonly string[] {
  return [pki.root.certificate.pem, nextCa.certificate.pem, pki.leaf.pem, nextLeaf.pem, otherLeaf.pem];
}

/** A journal of which copies can be made: what is tried on one is not known to another. */
interface Remembered {
  readonly journal: Journal;
  /** Digests of all blobs. */
  readonly blobs: Set<string>;
}

function remember(clock: Clock): Remembered {
  const journal = memoryJournal({ clock });
  const blobs = new Set<string>();
  const put: Journal["blobs"]["put"] = async (bytes) => {
    const blob = await journal.blobs.put(bytes);
    blobs.add(blob.sha256);
    return blob;
  };
  return { journal: { ...journal, blobs: { ...journal.blobs, put } }, blobs };
}

async function copyJournal({ journal, blobs }: Remembered, clock: Clock): Promise<Remembered> {
  let at: number | undefined;
  const copy = remember({ ...clock, now: () => at ?? clock.now() });
  for (const digest of blobs) {
    const bytes = await journal.blobs.get(digest);
    if (bytes !== undefined) await copy.journal.blobs.put(bytes);
  }
  for (const run of await journal.runs()) {
    const writer = await copy.journal.open(run);
    for (const entry of await journal.read(run)) {
      at = Date.parse(entry.at);
      await writer.append(withoutEnvelope(entry));
    }
    await writer.close();
  }
  at = undefined;
  return copy;
}

function withoutEnvelope({
  format: _format,
  run: _run,
  seq: _seq,
  at: _at,
  ...entry
}: JournalEntry): NewEntry {
  return entry as NewEntry;
}
