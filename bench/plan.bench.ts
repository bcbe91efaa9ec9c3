import {
  createHandfast,
  fromValue,
  MemoryWorld,
  type MtlsPlan,
  memoryJournal,
  memoryPresenter,
  memoryVerifier,
  systemClock,
} from "@handfast/core";
import {
  type Authority,
  createAuthority,
  createCsr,
  generateKey,
  type Leaf,
  type LocalKey,
} from "@handfast/pki";
import { type Bench, cpuTime } from "./bench.ts";

interface Material {
  readonly root: Authority;
  readonly leaf: Leaf;
  readonly key: LocalKey;
}

async function makeMaterial(): Promise<Material> {
  const [rootKey, key] = [
    await generateKey({ type: "ec", curve: "P-256" }),
    await generateKey({ type: "ec", curve: "P-256" }),
  ];
  const root = await createAuthority({ subject: "CN=Bench Root", key: rootKey });
  const leaf = await root.issue(await createCsr({ subject: "CN=edge.example.com", key }));
  return { root, leaf, key };
}

/** Plans the first rollout of so many hostnames to one verifier that is off, in a world of its own. */
function planner({ root, leaf, key }: Material, hostnames: number): () => Promise<MtlsPlan> {
  const world = new MemoryWorld({ clock: systemClock });
  world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const handfast = createHandfast({
    adapters: [memoryVerifier(world), memoryPresenter(world)],
    journal: memoryJournal(),
    secrets: { "edge-key": fromValue(key.export()) },
  });
  const spec = handfast.spec({
    trust: { edge: root.trust },
    identities: { edge: leaf.identity("edge-key") },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: {
      edge: {
        adapter: "memory.presenter",
        hostnames: Array.from({ length: hostnames }, (_, index) => `host-${index}.example.com`),
        shows: "edge",
      },
    },
    links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }],
  });
  return () => handfast.plan(spec);
}

/** Microseconds per hostname of one plan. */
function perHostname(plan: () => Promise<MtlsPlan>, hostnames: number): () => Promise<number> {
  return async () => {
    let steps = 0;
    const ms = await cpuTime(async () => {
      steps = (await plan()).steps.length;
    });
    if (steps < hostnames) throw new Error(`a plan for ${hostnames} hostnames has ${steps} steps only`);
    return (ms * 1_000) / hostnames;
  };
}

export const bench: Bench = {
  name: "plan",
  cases: [
    {
      name: "1,000 hostnames behind one verifier",
      unit: "µs/hostname",
      against: "the same for 200 hostnames",
      // Near linear: five times the hostnames may cost at most fifteen times as much.
      target: 3,
      rounds: 3,
      prepare: async () => {
        const material = await makeMaterial();
        return {
          ours: perHostname(planner(material, 1_000), 1_000),
          against: perHostname(planner(material, 200), 200),
        };
      },
    },
  ],
};
