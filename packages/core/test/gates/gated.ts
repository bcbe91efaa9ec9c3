/** A shop behind one listener, or two, whose gates are what a test makes them. */
import {
  type Check,
  type Clock,
  type ConnectionLog,
  createHandfast,
  fromValue,
  type JsonValue,
  type LoggedConnections,
  MemoryWorld,
  memoryJournal,
  memoryPresenter,
  memoryVerifier,
  type Prober,
  type Report,
  type SecretSource,
} from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { digest, evidence } from "../fixtures/evidence.ts";
import { passing } from "../fixtures/shop.ts";
import { sleepersClock } from "../fixtures/sleepers-clock.ts";

type Options = Parameters<typeof createHandfast>[0];

export interface Gates extends Pick<Options, "answerMs" | "concurrency" | "policies" | "proof"> {
  readonly secrets?: Readonly<Record<string, SecretSource>>;
  readonly prober?: Prober | undefined;
  readonly checks?: Readonly<Record<string, Check>>;
  readonly logs?: Readonly<Record<string, ConnectionLog>>;
}

/** A world, and what makes instances over it. */
export function gated(clock: Clock & { leap(ms: number): void } = sleepersClock()) {
  const world = new MemoryWorld({ clock, nodes: 1 });
  for (const name of ["shop", "api"])
    world.set(`listener/${name}`, { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const journal = memoryJournal({ clock });
  const instance = (gates: Gates = {}) =>
    createHandfast({
      adapters: [
        memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 1_000 }),
        memoryPresenter(world, { atMostMs: 1_000 }),
      ],
      journal,
      secrets: { "edge-key": fromValue(keys.a1) },
      prober: passing,
      clock,
      ...gates,
    });
  const mode = (name = "shop"): unknown => (world.get(`listener/${name}`) as { mode?: unknown }).mode;
  return { clock, world, journal, instance, mode };
}

const probe = { url: "https://{hostname}/" };

/** `canary` and `rest` in front of the shop. */
export const twoLinks = {
  trust: { edge: { anchors: certificates.a } },
  identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
  verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
  presenters: {
    canary: { adapter: "memory.presenter", hostnames: ["c"], shows: "edge" },
    rest: { adapter: "memory.presenter", hostnames: ["r"], shows: "edge" },
  },
  links: [
    { from: "canary", to: "shop", probe },
    { from: "rest", to: "shop", probe },
  ],
} as const satisfies JsonValue;

/** `canary` in front of the shop, `rest` in front of the API. */
export const twoListeners = {
  ...twoLinks,
  verifiers: {
    ...twoLinks.verifiers,
    api: { adapter: "memory.verifier", listener: "api", mode: "required", trust: "edge" },
  },
  links: [
    { from: "canary", to: "shop", probe },
    { from: "rest", to: "api", probe },
  ],
} as const satisfies JsonValue;

/** The canary bakes under a check. */
export const watched = (bake = "10m") =>
  ({ waves: [{ name: "canary", from: ["canary"], bake, checks: ["errors"] }, { name: "rest" }] }) as const;

/** The shop's logs are looked into before it is narrowed. */
export const logged = (more: Readonly<Record<string, JsonValue>> = {}) =>
  ({
    verifiers: {
      shop: { ...twoLinks.verifiers.shop, evidence: { logs: "log", since: "7d", ...more } },
    },
  }) as const;

/** What the edge shows, as a log tells of it. */
export const ours: LoggedConnections["shown"] = (() => {
  const { serial, notAfter } = evidence.certificate(digest.a1);
  return { serial, notAfter };
})();

export const failing = (reason = "alert 48") => ({ verdict: "failed", reason, evidence: {} }) as const;
export const unsure = (reason = "nobody answered") =>
  ({ verdict: "inconclusive", reason, evidence: {} }) as const;
export const fine = { verdict: "passed", reason: "served", evidence: {} } as const;

/** The messages of all steps that ended badly. */
export const errorsOf = ({ steps }: Report): string =>
  steps.flatMap(({ error }) => (error === undefined ? [] : [`${error.code}: ${error.message}`])).join("\n");
