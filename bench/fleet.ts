/** Fleets of hostnames over a simulated Cloudflare in the process, and the calls that their rollouts take. */
import { cloudflareHostname } from "@handfast/cloudflare";
import {
  type Adapter,
  type Clock,
  createHandfast,
  fromValue,
  type Handfast,
  MemoryWorld,
  type MtlsPlan,
  memoryJournal,
  memoryVerifier,
  type Prober,
  toPem,
} from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import {
  type CloudflareEdgeView,
  cloudflare,
  faults,
  type ListenerView,
  type Source,
  turnableClock,
} from "@handfast/testing";
import { cpuTime } from "./bench.ts";

/** Hostnames of one zone: as many as one certificate takes. */
export const hostnamesPerZone = 100;
/** Milliseconds that a call takes. */
const latencyMs = 50;

type Report = Awaited<ReturnType<Handfast<Adapter, string>["apply"]>>;

/** What one act took. */
export interface Act {
  readonly calls: number;
  /** Of them: writes of associations, uploads, and lists of associations. */
  readonly puts: number;
  readonly uploads: number;
  /** Answers with status 429 among them. */
  readonly refused: number;
  /** Looks at a zone with which a run waited for its writes. */
  readonly polls: number;
  /** Milliseconds of processor time, the simulation's part included. */
  readonly ms: number;
}

/** A fleet, and what can be done with it. */
export interface Fleet {
  readonly zones: number;
  readonly hostnames: readonly string[];
  /** Makes a plan that shows a generation's identity everywhere, by an instance that knows nothing yet. */
  plan(generation: 0 | 1): Promise<MtlsPlan>;
  apply(plan: MtlsPlan): Promise<Report>;
  rollback(run: string): Promise<Report>;
  /** Does something, and counts what it takes. */
  count<T>(act: () => Promise<T>): Promise<Act & { readonly value: T }>;
  /** What the edge shows for a hostname. */
  edge(hostname: string): Source<CloudflareEdgeView>;
  /** What the verifier does. */
  readonly listener: Source<ListenerView>;
  /** SHA-256 of the leaf of a generation. */
  readonly leaves: readonly [string, string];
  readonly clock: Clock;
  close(): void;
}

/** Two generations of a CA and a leaf. Made once for all fleets. */
const generations = (async () => {
  const make = async (name: string) => {
    const [rootKey, key] = [
      await generateKey({ type: "ec", curve: "P-256" }),
      await generateKey({ type: "ec", curve: "P-256" }),
    ];
    const root = await createAuthority({ subject: `CN=Fleet root ${name}`, key: rootKey });
    const leaf = await root.issue(await createCsr({ subject: `CN=edge ${name}`, key }));
    return { trust: root.trust, chain: leaf.chain, key: key.export(), sha256: leaf.facts.sha256 };
  };
  return [await make("1"), await make("2")] as const;
})();

function zoneOf({ target }: { readonly target: unknown }): string {
  return (target as { readonly zone: string }).zone;
}

/** The verifier in memory, as the nodes of a real one would have it. */
function viewOf(world: MemoryWorld): ListenerView {
  const listener = world.get("listener/origin");
  if (listener?.kind !== "listener") throw new Error("the world has no listener");
  const store = listener.store === null ? undefined : world.get(`store/${listener.store}`);
  const anchors = store?.kind === "store" && listener.mode === "required" ? store.anchors : [];
  return {
    mode: listener.mode === "required" ? "verify" : listener.mode === "request" ? "passthrough" : "off",
    anchors: anchors.map((digest) => toPem(world.bytes.get(digest) ?? new Uint8Array(), "CERTIFICATE")),
    crls: [],
    ignoreExpiry: false,
    advertiseNames: false,
    storeRemoved: false,
  };
}

/** How a fleet differs from the one of the bench. */
export interface FleetOptions {
  /** @default one that goes ahead whenever all wait */
  readonly clock?: Clock | undefined;
  /** @default everything is served */
  readonly prober?: Prober | undefined;
}

/** Sets a fleet up: hostnames in zones of a hundred, in front of one verifier. */
export async function startFleet(count: number, options: FleetOptions = {}): Promise<Fleet> {
  const made = await generations;
  const turnable = turnableClock(Date.now());
  const clock = options.clock ?? turnable;
  const prober = options.prober ?? (async () => ({ verdict: "passed", reason: "", evidence: {} }));
  const slow = faults();
  slow.add({ times: Number.POSITIVE_INFINITY, fault: { kind: "delay", ms: latencyMs } });
  const provider = cloudflare({ clock, faults: slow });
  const zones = Array.from({ length: Math.ceil(count / hostnamesPerZone) }, (_, at) => {
    const name = `zone${at}.example`;
    const { id } = provider.addZone({ name, sslMode: "strict" });
    const size = Math.min(hostnamesPerZone, count - at * hostnamesPerZone);
    return { id, hostnames: Array.from({ length: size }, (_, nth) => `h${nth}.${name}`) };
  });
  const token = provider.addToken({
    permissions: [
      "SSL and Certificates Write",
      "Zone Read",
      "Zone Settings Read",
      "Config Settings Read",
      "DNS Read",
    ],
    zones: "all",
  });
  const world = new MemoryWorld({ clock });
  world.set("listener/origin", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const journal = memoryJournal({ clock });
  const tally = { calls: 0, puts: 0, uploads: 0, refused: 0, polls: 0 };
  const connect = (): Handfast<Adapter, string> => {
    const adapter = cloudflareHostname({
      token,
      fetch: async (input, init) => {
        const request = new Request(input, init);
        tally.calls += 1;
        if (request.method === "PUT") tally.puts += 1;
        if (request.method === "POST") tally.uploads += 1;
        const answer = await provider.service.handle(request);
        if (answer.status === 429) tally.refused += 1;
        return answer;
      },
    });
    const read: typeof adapter.definition.read = (targets, context) => {
      if (context.only === "progress") tally.polls += new Set(targets.map(zoneOf)).size;
      return adapter.definition.read(targets, context);
    };
    const counting: Adapter = { ...adapter, definition: { ...adapter.definition, read } };
    return createHandfast<readonly Adapter[], string>({
      adapters: [memoryVerifier(world, { modes: ["off", "request", "required"] }), counting],
      journal,
      clock,
      secrets: { "key-0": fromValue(made[0].key), "key-1": fromValue(made[1].key) },
      prober,
      proof: { times: 1 },
    }) as Handfast<Adapter, string>;
  };
  const specOf = (generation: 0 | 1) => ({
    trust: { edge: made[generation].trust },
    identities: { edge: { chain: made[generation].chain, key: { secret: `key-${generation}` } } },
    verifiers: {
      origin: { adapter: "memory.verifier", listener: "origin", mode: "required", trust: "edge" },
    },
    presenters: Object.fromEntries(
      zones.map(({ id, hostnames }, at) => [
        `zone${at}`,
        { adapter: "cloudflare.hostname", zone: id, hostnames, shows: "edge" },
      ]),
    ),
    links: zones.map((_, at) => ({
      from: `zone${at}`,
      to: "origin",
      probe: { url: "https://{hostname}/" },
    })),
  });
  const stop = options.clock === undefined ? turnable.autoAdvance() : () => {};
  return {
    clock,
    zones: zones.length,
    hostnames: zones.flatMap(({ hostnames }) => hostnames),
    leaves: [made[0].sha256, made[1].sha256],
    plan: async (generation) => {
      const handfast = connect();
      return await handfast.plan(handfast.parseSpec(specOf(generation)));
    },
    apply: (plan) => connect().apply(plan),
    rollback: (run) => connect().rollback(run),
    count: async (act) => {
      const before = { ...tally };
      let value: Awaited<ReturnType<typeof act>> | undefined;
      const ms = await cpuTime(async () => {
        value = await act();
      });
      return {
        value: value as Awaited<ReturnType<typeof act>>,
        calls: tally.calls - before.calls,
        puts: tally.puts - before.puts,
        uploads: tally.uploads - before.uploads,
        refused: tally.refused - before.refused,
        polls: tally.polls - before.polls,
        ms,
      };
    },
    edge: (hostname) => provider.edgeSource(hostname),
    listener: {
      current: () => viewOf(world),
      subscribe: (changed) => world.watch(changed),
    },
    close: stop,
  };
}
