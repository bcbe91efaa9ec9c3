/**
 * A harness for planner tests: worlds in memory with nodes that lag, and an oracle that looks at every pair of nodes
 * after every change and counts who was refused. The oracle knows nothing of the planner.
 */
import { accepts, type Verdict } from "../../src/accept/accepts.ts";
import type { Shown, Target, Wanted, WantedPresenter, WantedVerifier } from "../../src/adapter/contract.ts";
import type { Adapter } from "../../src/adapter/define-adapter.ts";
import type { Clock } from "../../src/clock.ts";
import type { MemoryShown, MemoryWorld } from "../../src/memory/memory-world.ts";
import type { Link } from "../../src/plan/graph.ts";
import { makePlan, type PlanInput, type WantedEndpoint } from "../../src/plan/make-plan.ts";
import type { MtlsPlan, PlanStep } from "../../src/plan/plan.ts";
import {
  type CertificateName,
  type CrlName,
  crlDigest,
  digest,
  evidence,
  now,
} from "../fixtures/evidence.ts";
import { faceAt, shownAt } from "../fixtures/node-view.ts";

/** A clock that moves only when told. */
export function handClock(start = now): Clock & { turn(ms: number): void } {
  let at = start;
  return {
    now: () => at,
    sleep: async (ms) => {
      at += ms;
    },
    turn: (ms) => {
      at += ms;
    },
  };
}

export interface Ask {
  readonly key: string;
  readonly adapter: Adapter;
  readonly target: unknown;
  readonly want?: Wanted | undefined;
  readonly mayWeaken?: boolean;
  readonly mayDropEarly?: boolean;
  /** When a change that only time tells of is in effect. */
  readonly unsettledUntil?: (objects: readonly string[]) => number | undefined;
}

export function leaf(name: CertificateName, chain: readonly CertificateName[] = []): MemoryShown {
  return { certificate: digest[name], chain: chain.map((one) => digest[one]) };
}

export function shows(what: CertificateName | "nothing" | "inherited"): WantedPresenter {
  if (what === "nothing" || what === "inherited") return { role: "presenter", shows: what };
  return {
    role: "presenter",
    shows: { ...leaf(what), secret: { key: "k", spki: evidence.certificate(digest[what]).spki } },
  };
}

export function wants(
  mode: WantedVerifier["mode"],
  anchors: readonly CertificateName[] = [],
  crls: readonly CrlName[] = [],
): WantedVerifier {
  return {
    role: "verifier",
    mode,
    anchors: anchors.map((name) => digest[name]),
    crls: crls.map((name) => crlDigest[name]),
  };
}

export function link(from: string, to: string, mayRefuse: readonly string[] = []): Link {
  return {
    key: `${from} -> ${to}`,
    from: { endpoint: from },
    to: { endpoint: to },
    mayRefuse,
    probe: { url: "https://example.com/", echo: "x-seen-client-cert" },
    named: true,
  };
}

export async function observe(asks: readonly Ask[], clock: Clock): Promise<WantedEndpoint[]> {
  const context = {
    clock,
    signal: new AbortController().signal,
    keep: async () => ({ sha256: "", size: 0 }),
  };
  return Promise.all(
    asks.map(async (ask) => {
      const { key, adapter, target, want, mayWeaken = false, mayDropEarly = false } = ask;
      const parsed = adapter.definition.schema.target.parse(target);
      const [seen] = await adapter.definition.read([{ key, target: parsed }], context);
      if (seen === undefined) throw new Error("nothing seen");
      return {
        key,
        adapter,
        target: parsed,
        seen,
        want: want === undefined ? undefined : { face: want },
        mayWeaken,
        mayDropEarly,
        unsettledUntil: ask.unsettledUntil?.(seen.objects),
      };
    }),
  );
}

export async function planFor(
  asks: readonly Ask[],
  links: readonly Link[],
  clock: Clock,
  more: Partial<PlanInput> = {},
): Promise<MtlsPlan> {
  const endpoints = await observe(asks, clock);
  const proof = { times: 1, atMostMs: 0 };
  return makePlan({
    kind: "apply",
    now: clock.now(),
    endpoints,
    links,
    waves: [],
    proof,
    facts: evidence,
    findings: [],
    ...more,
  });
}

/** The way back: from what is seen now to the image that a plan took. */
export async function planBack(
  plan: MtlsPlan,
  asks: readonly Ask[],
  links: readonly Link[],
  clock: Clock,
): Promise<MtlsPlan> {
  const endpoints = (await observe(asks, clock)).map((endpoint) => ({
    ...endpoint,
    want:
      plan.endpoints[endpoint.key]?.goal === undefined
        ? undefined
        : { state: plan.endpoints[endpoint.key]?.before.now },
  }));
  return planFor([], links, clock, { kind: "rollback", endpoints });
}

/** Links as the oracle sees them: object names in the world, no adapter, no planner. */
export interface Traffic {
  readonly name: string;
  readonly association?: string;
  readonly zone?: string;
  /** What a population shows. */
  readonly shows?: Shown;
  readonly listener: string;
}

/** Watches a world: every pair of presenter node and verifier node, after every write and every turn of the clock. */
export class Oracle {
  readonly refusals: string[] = [];
  readonly #world: MemoryWorld;
  readonly #traffic: readonly Traffic[];
  readonly #served: Set<string>;

  constructor(world: MemoryWorld, traffic: readonly Traffic[]) {
    this.#world = world;
    this.#traffic = traffic;
    this.#served = new Set(
      traffic
        .filter((one) => this.#pairs(one).every(({ verdict }) => verdict === "accepted"))
        .map(({ name }) => name),
    );
    world.watch(() => this.look());
  }

  get served(): ReadonlySet<string> {
    return this.#served;
  }

  look(): void {
    for (const one of this.#traffic) {
      if (!this.#served.has(one.name)) continue;
      const refused = this.#pairs(one).find(({ verdict }) => verdict !== "accepted");
      if (refused !== undefined) this.refusals.push(`${one.name}: ${refused.reason}`);
    }
  }

  /** Whether a link is served at all nodes now. */
  isServed(name: string): boolean {
    const one = this.#traffic.find((traffic) => traffic.name === name);
    return one !== undefined && this.#pairs(one).every(({ verdict }) => verdict === "accepted");
  }

  #pairs({ association, zone, shows, listener }: Traffic): Verdict[] {
    const nodes = Array.from({ length: this.#world.nodes }, (_, node) => node);
    const faces = nodes.map((node) => faceAt(this.#world, listener, node));
    const shown =
      shows !== undefined ? [shows] : nodes.map((node) => shownAt(this.#world, { association, zone }, node));
    const rules = { maxIntermediates: 3, partialChain: false, crlRule: "whole" as const };
    return faces.flatMap((face) =>
      shown.map((one) => accepts(face, one, { at: this.#world.clock.now() }, rules, evidence)),
    );
  }
}

/** Runs a plan's writes in some order that its edges allow, waiting for each to settle; stops after `most` steps. */
export async function run(
  plan: MtlsPlan,
  adapters: readonly Adapter[],
  world: MemoryWorld,
  clock: ReturnType<typeof handClock>,
  options: {
    readonly pick?: (ready: readonly PlanStep[]) => PlanStep;
    readonly most?: number;
    readonly tick?: number;
    readonly oracle?: Oracle;
    /** Start all that is ready before the clock turns. */
    readonly hurry?: boolean;
  } = {},
): Promise<void> {
  const byName = new Map(adapters.map((adapter) => [adapter.facts.name, adapter]));
  const done = new Set<string>();
  const pick = options.pick ?? ((ready: readonly PlanStep[]) => ready[0] as PlanStep);
  const tick = options.tick ?? 500;
  const context = {
    clock,
    signal: new AbortController().signal,
    idempotencyKey: "key",
    bytes: async () => new Uint8Array(),
    secret: async () => "",
  };
  let started = 0;
  const pending = new Map<string, { step: PlanStep; since: number }>();
  const most = options.most ?? Number.POSITIVE_INFINITY;
  while (done.size < plan.steps.length) {
    const ready = plan.steps.filter(
      (step) => !done.has(step.id) && !pending.has(step.id) && step.after.every((id) => done.has(id)),
    );
    if (ready.length > 0 && started < most) {
      const step = pick(ready);
      started += 1;
      if (step.kind === "write") {
        const endpoint = plan.endpoints[step.target];
        const adapter = byName.get(endpoint?.adapter ?? "");
        const target: Target<unknown> = { key: step.target, target: endpoint?.target };
        await adapter?.definition.perform([{ target, step: step.step as never }], context);
      }
      pending.set(step.id, { step, since: clock.now() });
    }
    for (const [id, { step, since }] of pending) {
      if (isInEffect(plan, step, world, since)) {
        done.add(id);
        pending.delete(id);
      }
    }
    if (started >= most) return;
    if (pending.size > 0 && (ready.length === 0 || (options.hurry ?? false) === false)) {
      clock.turn(tick);
      options.oracle?.look();
    }
  }
}

function isInEffect(plan: MtlsPlan, step: PlanStep, world: MemoryWorld, since: number): boolean {
  const now = world.clock.now();
  if (step.kind === "write") {
    const { settles, object } = step.step;
    return settles.by === "time" ? now >= since + settles.atMostMs : world.isSettled(object);
  }
  if (step.kind === "wave") return now >= since + step.bakeMs;
  if (step.kind === "prove" || step.kind === "evidence") return true;
  if (now < Date.parse(step.notBefore ?? "1970-01-01")) return false;
  return (plan.endpoints[step.target]?.before.objects ?? []).every((object) => world.isSettled(object));
}
