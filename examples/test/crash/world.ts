import { alb } from "@handfast/aws";
import {
  type Clock,
  fromValue,
  type Journal,
  type JournalEntry,
  type MtlsPlan,
  memoryJournal,
  type NewEntry,
  type SecretSource,
} from "@handfast/core";
import { prober } from "@handfast/pki";
import { type RequestStream, requestStream, turnableClock } from "@handfast/testing";
import { hostname, type Providers, startProviders } from "../../providers.ts";
import { startDataPlane } from "../../stack.ts";
import { type Instance, startInstance } from "./instance.ts";
import { type Judge, startJudge } from "./judge.ts";
import type { Materials } from "./materials.ts";
import { type Scenario, specOf, type Wish } from "./scenarios.ts";
import { makeWire, type Wire, withheld } from "./wire.ts";

/** The providers in the state before a scenario, with the journal that led there. */
export interface Scene {
  readonly providers: Providers;
  readonly wire: Wire;
  readonly judge: Judge;
  /** Everything at the providers as it was before the scenario, and a journal of what led there and nothing else. */
  reset(): Promise<Journal>;
  /** From now on a reset brings back what there is now, and what the journal holds that it gave last. */
  keep(): Promise<void>;
  /** An instance as another process would make it. */
  instance(journal: Journal, options?: { readonly timeoutMs?: number }): Instance;
  plan(instance: Instance, wish: Wish): Promise<MtlsPlan>;
  /** Lets so many milliseconds pass on the clock of all. */
  pass(ms: number): Promise<void>;
}

/** A scene on a clock that jumps whenever nothing else goes on. */
export interface World extends Scene, AsyncDisposable {
  /** Real HTTPS requests over the data plane, one every second on the clock; undefined without a data plane. */
  readonly visitors: (() => RequestStream) | undefined;
}

/** Real HTTPS requests through a data plane, or the acceptance function in their stead. It judges in both cases. */
export type Traffic = "tls" | "judged";

/** Providers that are quicker than they usually are, where nobody looks at how long it takes. */
export const quick = {
  lags: { visible: 500, active: 2_000, held: 500 },
  timing: { initializingMs: 500, certificateMs: 4_000, associationMs: 1_500, voidMs: 1_500 },
};

/** The last node has a change shortly before `alb` counts on it. */
const quickNodes = {
  node: (index: number) => 1_000 + index * 4_000,
  edge: (server: number) => server * 1_000,
  warmMs: 6_000,
};

/** How long `alb` waits after a switch. */
const settleMs = 10_000;

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
  const providers = await startProviders({ clock: serving, faults: wire, ...quick });
  const dataPlane = isTls ? await startDataPlane(providers, materials.pki, quickNodes) : undefined;
  const stop = clock.autoAdvance();
  const judge = judgeOf(providers, materials, settleMs - 1_000);
  const secrets = secretsOf(materials);
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
    providers,
    wire,
    judge,
    pass: (ms) => clock.advance(ms),
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

/** A judge of the traffic that the scenarios are about. */
export function judgeOf(providers: Providers, materials: Materials, listenerLagMs: number): Judge {
  const { pki, nextCa, nextLeaf, otherLeaf, crl } = materials;
  const { cloud, flare, listener, region, bucket, clock } = providers;
  return startJudge({
    listener: cloud.listenerSource(listener),
    edge: flare.edgeSource(hostname),
    clock,
    rules: alb({ region, bucket: { name: bucket } }).facts,
    certificates: [
      pki.root.certificate.pem,
      nextCa.certificate.pem,
      pki.leaf.pem,
      nextLeaf.pem,
      otherLeaf.pem,
    ],
    crls: [crl],
    stranger: pki.stranger.chain,
    listenerLagMs,
  });
}

/** The keys of all scenarios, as an instance takes them. */
export function secretsOf({ keys }: Materials): Readonly<Record<string, SecretSource>> {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, fromValue(key)]));
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

function withoutEnvelope(entry: JournalEntry): NewEntry {
  const { format: _format, run: _run, seq: _seq, at: _at, prev: _prev, ...added } = entry;
  return added as NewEntry;
}
