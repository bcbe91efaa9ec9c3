/** A rollout over memory adapters, of as many steps as asked for, on a clock that jumps. */
import {
  type Clock,
  createHandfast,
  fromValue,
  type Journal,
  MemoryWorld,
  type MtlsPlan,
  memoryPresenter,
  memoryVerifier,
  type Report,
} from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";

/** What all rollouts show and trust. */
export interface Material {
  readonly trust: { readonly anchors: string };
  readonly chain: string;
  readonly key: string;
}

/** How many hostnames one verifier serves. */
const hostnamesOfVerifier = 50;

export async function makeMaterial(): Promise<Material> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: "CN=Bench Root", key });
  const leaf = await root.issue(await createCsr({ subject: "CN=edge.example.com", key }));
  return { trust: root.trust, chain: leaf.chain, key: key.export() };
}

/** A clock on which every wait ends when nothing else is ready to go on, and has taken as long as was asked for. */
export function jumpingClock(): Clock {
  let time = Date.now();
  const sleepers: { readonly due: number; readonly wake: () => void }[] = [];
  const jump = (): void => {
    if (sleepers.length === 0) return;
    time = Math.max(time, Math.min(...sleepers.map(({ due }) => due)));
    const due = sleepers.filter((sleeper) => sleeper.due <= time);
    for (const sleeper of due) {
      sleepers.splice(sleepers.indexOf(sleeper), 1);
      sleeper.wake();
    }
    if (sleepers.length > 0) setImmediate(jump);
  };
  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = (): void => {
          const at = sleepers.indexOf(sleeper);
          if (at >= 0) sleepers.splice(at, 1);
          reject(signal?.reason);
        };
        const sleeper = {
          due: time + Math.max(0, ms),
          wake: (): void => {
            signal?.removeEventListener("abort", stop);
            resolve();
          },
        };
        signal?.addEventListener("abort", stop, { once: true });
        sleepers.push(sleeper);
        if (sleepers.length === 1) setImmediate(jump);
      }),
  };
}

/** A rollout that waits to be planned and applied, once. */
export interface Rollout {
  plan(): Promise<MtlsPlan>;
  apply(plan: MtlsPlan): Promise<Report>;
}

/** A first rollout to so many hostnames, each proved by a prober that is always content. */
export function makeRollout(material: Material, hostnames: number, journal: Journal, clock: Clock): Rollout {
  const world = new MemoryWorld({ clock });
  const verifiers = Array.from({ length: Math.ceil(hostnames / hostnamesOfVerifier) }, (_, at) => `v${at}`);
  for (const name of verifiers)
    world.set(`listener/${name}`, { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const handfast = createHandfast({
    adapters: [memoryVerifier(world), memoryPresenter(world)],
    journal,
    clock,
    secrets: { "edge-key": fromValue(material.key) },
    prober: async () => ({ verdict: "passed", reason: "", evidence: {} }),
    proof: { times: 1 },
  });
  const spec = handfast.parseSpec({
    trust: { edge: material.trust },
    identities: { edge: { chain: material.chain, key: { secret: "edge-key" } } },
    verifiers: Object.fromEntries(
      verifiers.map((name) => [
        name,
        { adapter: "memory.verifier", listener: name, mode: "required", trust: "edge" },
      ]),
    ),
    presenters: Object.fromEntries(
      verifiers.map((name, at) => [
        `edge-${at}`,
        {
          adapter: "memory.presenter",
          hostnames: Array.from(
            { length: Math.min(hostnamesOfVerifier, hostnames - at * hostnamesOfVerifier) },
            (_, index) => `host-${index}.${name}.example`,
          ),
          shows: "edge",
        },
      ]),
    ),
    links: verifiers.map((name, at) => ({
      from: `edge-${at}`,
      to: name,
      probe: { url: "https://{hostname}/" },
    })),
  });
  return { plan: () => handfast.plan(spec), apply: (plan) => handfast.apply(plan) };
}
