import type {
  AdapterDefinition,
  Clock,
  Digest,
  Outcome,
  Performed,
  ReadContext,
  Secret,
  Seen,
  Step,
  Wanted,
  WriteContext,
} from "@handfast/core";
import { HandfastError, isHandfastError, sha256 } from "@handfast/core";
import { cloudflare, type Faults, faults, type SimulatedCloudflare } from "@handfast/testing";
import type { HostnameAction } from "../../src/hostname/actions.ts";
import { cloudflareHostname } from "../../src/hostname/adapter.ts";
import type { HostnameState } from "../../src/hostname/state.ts";
import type { HostnameTarget } from "../../src/hostname/target.ts";
import { jumpingClock } from "../jumping-clock.ts";
import type { TestIdentities, TestIdentity } from "../make-identities.ts";

type Permission = Parameters<SimulatedCloudflare["addToken"]>[0]["permissions"][number];

/** What the adapter asks for. */
export const permissions: readonly Permission[] = [
  "SSL and Certificates Write",
  "Zone Read",
  "Zone Settings Read",
  "Config Settings Read",
  "DNS Read",
];

/** A simulated Cloudflare with one zone, and the adapter on it. */
export interface Simulated {
  readonly provider: SimulatedCloudflare;
  readonly faults: Faults;
  readonly clock: Clock & { readonly slept: readonly number[] };
  readonly zone: string;
  /** Every request that was sent, as method and path below the zone. */
  readonly calls: string[];
  /** The bytes that the adapter kept, by digest. */
  readonly kept: ReadonlyMap<Digest, Uint8Array>;
  target(hostname?: string): HostnameTarget;
  read(target?: HostnameTarget): Promise<Seen<HostnameState>>;
  readAll(hostnames: readonly string[]): Promise<readonly Seen<HostnameState>[]>;
  /** The state in which this is shown. */
  wanted(
    shows: TestIdentity | "nothing" | "inherited",
    base: HostnameState,
    target?: HostnameTarget,
  ): HostnameState;
  steps(from: HostnameState, to: HostnameState, target?: HostnameTarget): readonly Step<HostnameAction>[];
  /** Performs one step. */
  perform(step: Step<HostnameAction>, target?: HostnameTarget): Promise<Outcome>;
  /** Performs steps of several hostnames in one call. */
  performAll(
    steps: readonly { readonly hostname: string; readonly step: Step<HostnameAction> }[],
  ): Promise<readonly Performed[]>;
  /** Performs all steps of a move, each until it is done. */
  move(
    to: TestIdentity | "nothing" | "inherited" | { readonly state: HostnameState },
    target?: HostnameTarget,
  ): Promise<readonly Outcome[]>;
  definition: AdapterDefinition<HostnameTarget, HostnameState, HostnameAction>;
}

/** Sets up a zone `example.com` with the mode strict. */
export function simulated(
  identities: TestIdentities,
  options: {
    readonly permissions?: readonly Permission[] | undefined;
    readonly token?: string | undefined;
    readonly baseUrl?: string | undefined;
    readonly chain?: "refuse" | "drop" | "send" | undefined;
  } = {},
): Simulated {
  const clock = jumpingClock();
  const rules = faults();
  const provider = cloudflare({ clock, faults: rules, chain: options.chain });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode: "strict" });
  const token =
    options.token ?? provider.addToken({ permissions: options.permissions ?? permissions, zones: [zone] });
  const calls: string[] = [];
  const adapter = cloudflareHostname({
    token,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      calls.push(`${request.method} ${new URL(request.url).pathname.split(zone)[1]}`);
      const response = await provider.service.handle(request);
      if (response.type === "error") throw new TypeError("fetch failed");
      return response;
    },
  });
  const definition = adapter.definition as Simulated["definition"];
  const kept = new Map<Digest, Uint8Array>();
  const { signal } = new AbortController();
  const reading: ReadContext = {
    clock,
    signal,
    keep: async (bytes) => {
      kept.set(sha256(bytes), bytes);
      return { sha256: sha256(bytes), size: bytes.length };
    },
  };
  const keys = new Map(
    Object.values(identities).flatMap((one) => (isIdentity(one) ? [[one.secret.key, one.key]] : [])),
  );
  const writing: WriteContext = {
    clock,
    signal,
    idempotencyKey: "run-1/step-1",
    bytes: async (digest) => identities.blobs.get(digest) ?? fail(`no bytes ${digest}`),
    secret: async ({ key }: Secret) => keys.get(key) ?? fail(`no key ${key}`),
  };
  const targetOf = (hostname = "shop.example.com"): HostnameTarget => ({ zone, hostnames: [hostname] });
  const key = (target: HostnameTarget) => ({ key: `edge/${target.hostnames[0]}`, target });
  const one: Simulated = {
    provider,
    faults: rules,
    clock,
    zone,
    calls,
    kept,
    definition,
    target: targetOf,
    read: async (target = targetOf()) =>
      (await definition.read([key(target)], reading))[0] ?? fail("nothing seen"),
    readAll: (hostnames) =>
      definition.read(
        hostnames.map((name) => key(targetOf(name))),
        reading,
      ),
    wanted: (shows, base, target = targetOf()) => {
      const wanted: Wanted = { role: "presenter", shows: typeof shows === "string" ? shows : shownOf(shows) };
      const realised = definition.realise(target, wanted, base, identities.facts);
      return "state" in realised ? realised.state : fail(JSON.stringify(realised.findings));
    },
    steps: (from, to, target = targetOf()) => definition.steps(target, from, to).steps,
    perform: async (step, target = targetOf()) => {
      const [outcome] = await definition.perform([{ target: key(target), step }], writing);
      return outcome === undefined || isHandfastError(outcome) ? fail("no outcome") : outcome;
    },
    performAll: (steps) =>
      definition.perform(
        steps.map(({ hostname, step }) => ({ target: key(targetOf(hostname)), step })),
        writing,
      ),
    move: async (to, target = targetOf()) => {
      const { now } = await one.read(target);
      const state = typeof to === "object" && "state" in to ? to.state : one.wanted(to, now, target);
      const outcomes: Outcome[] = [];
      for (const step of one.steps(now, state, target)) {
        outcomes.push(await one.perform(step, target));
        for (let tries = 0; tries < 30; tries += 1) {
          const verdict = definition.check(target, step, await one.read(target));
          if (verdict === "done") break;
          if (verdict !== "pending") fail(`${step.key}: ${JSON.stringify(verdict)}`);
          await clock.sleep(5_000);
        }
      }
      return outcomes;
    },
  };
  return one;
}

/** The wanted form of an identity. */
export function shownOf({ certificate, chain, secret }: TestIdentity) {
  return { certificate: certificate.sha256, chain: chain.map(({ sha256: digest }) => digest), secret };
}

/** The error that a promise ends in. */
export async function errorOf(promise: Promise<unknown>): Promise<HandfastError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HandfastError) return error;
    throw error;
  }
  return fail("it did not fail");
}

function isIdentity(value: unknown): value is TestIdentity {
  return typeof value === "object" && value !== null && "secret" in value;
}

function fail(message: string): never {
  throw new Error(message);
}
