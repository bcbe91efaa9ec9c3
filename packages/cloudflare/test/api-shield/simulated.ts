import type {
  AdapterDefinition,
  Clock,
  Digest,
  Finding,
  Outcome,
  ReadContext,
  Seen,
  Step,
  VerifierFace,
  Wanted,
  WriteContext,
} from "@handfast/core";
import { HandfastError, sha256 } from "@handfast/core";
import {
  type CloudflarePermission,
  cloudflare,
  type Faults,
  faults,
  type SimulatedCloudflare,
} from "@handfast/testing";
import type { ApiShieldAction } from "../../src/api-shield/actions.ts";
import type { ApiShieldState } from "../../src/api-shield/state.ts";
import type { ApiShieldTarget } from "../../src/api-shield/target.ts";
import { cloudflareApiShield } from "../../src/index.ts";
import { jumpingClock } from "../jumping-clock.ts";
import type { TestAuthorities } from "./authorities.ts";

/** The account that the simulated provider has. */
export const account = "00000000000000000000000000000001";

/** What the adapter asks for. */
export const permissions: readonly CloudflarePermission[] = [
  "Account: SSL and Certificates Write",
  "SSL and Certificates Write",
  "Zone WAF Write",
  "Zone Read",
  "DNS Read",
];

/** A simulated Cloudflare with one zone, and the adapter on it. */
export interface Simulated {
  readonly provider: SimulatedCloudflare;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly zone: string;
  /** Every request that was sent, as method and path. */
  readonly calls: string[];
  readonly definition: AdapterDefinition<ApiShieldTarget, ApiShieldState, ApiShieldAction>;
  target(more?: Partial<ApiShieldTarget>): ApiShieldTarget;
  read(target?: ApiShieldTarget): Promise<Seen<ApiShieldState>>;
  face(target?: ApiShieldTarget): Promise<VerifierFace>;
  /** What realise answers from what is there now. */
  realise(
    wanted: Partial<Wanted & { role: "verifier" }>,
    target?: ApiShieldTarget,
  ): Promise<{
    readonly state?: ApiShieldState | undefined;
    readonly findings?: readonly Finding[] | undefined;
  }>;
  perform(step: Step<ApiShieldAction>, target?: ApiShieldTarget): Promise<Outcome>;
  /** Goes to what is wanted, every step after the other, each until it is in effect. */
  move(
    wanted: Partial<Wanted & { role: "verifier" }>,
    target?: ApiShieldTarget,
  ): Promise<{ readonly steps: readonly Step<ApiShieldAction>[]; readonly made: readonly string[] }>;
  /** What somebody else asks of the API. */
  ask(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** Sets up an enterprise zone `example.com`. */
export function simulated(
  { blobs, facts }: TestAuthorities,
  options: {
    readonly permissions?: readonly CloudflarePermission[] | undefined;
    readonly crls?: readonly string[] | undefined;
    readonly idleMs?: number | undefined;
    /** Whether the token has ended. */
    readonly ended?: boolean | undefined;
    readonly provider?: Pick<Simulated, "provider" | "clock" | "zone" | "faults"> | undefined;
    /** Called before each request of the adapter. */
    readonly before?: ((request: Request) => Promise<void> | void) | undefined;
  } = {},
): Simulated {
  const clock = options.provider?.clock ?? jumpingClock();
  const rules = options.provider?.faults ?? faults();
  const provider = options.provider?.provider ?? cloudflare({ clock, faults: rules });
  const zone = options.provider?.zone ?? provider.addZone({ name: "example.com", plan: "enterprise" }).id;
  const token = provider.addToken({
    permissions: options.permissions ?? permissions,
    zones: [zone],
    expiresAt: options.ended === true ? clock.now() : undefined,
  });
  const other = provider.addToken({ permissions, zones: [zone], user: "other@example.com" });
  const calls: string[] = [];
  const adapter = cloudflareApiShield({
    token,
    crls: options.crls,
    idleMs: options.idleMs,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      await options.before?.(request);
      calls.push(`${request.method} ${new URL(request.url).pathname.replace("/client/v4", "")}`);
      const response = await provider.service.handle(request);
      if (response.type === "error") throw new TypeError("fetch failed");
      return response;
    },
  });
  const definition = adapter.definition as Simulated["definition"];
  const { signal } = new AbortController();
  const kept = new Map<Digest, Uint8Array>();
  const reading: ReadContext = {
    clock,
    signal,
    keep: async (bytes) => {
      kept.set(sha256(bytes), bytes);
      return { sha256: sha256(bytes), size: bytes.length };
    },
  };
  const writing: WriteContext = {
    clock,
    signal,
    idempotencyKey: "run-1/step-1",
    bytes: async (digest) => {
      const bytes = blobs.get(digest);
      if (bytes !== undefined) return bytes;
      throw new HandfastError("BLOB_MISSING", `read blob failed: ${digest} was not given; give it`);
    },
    secret: async () => fail("no secret is needed"),
  };
  const targetOf = (more: Partial<ApiShieldTarget> = {}): ApiShieldTarget => ({
    zone,
    account,
    hostname: "shop.example.com",
    ...more,
  });
  const keyed = (target: ApiShieldTarget) => ({ key: target.hostname, target });
  const wantedOf = (wanted: Partial<Wanted & { role: "verifier" }>): Wanted => ({
    role: "verifier",
    mode: "required",
    anchors: [],
    crls: [],
    ...wanted,
  });
  const one: Simulated = {
    provider,
    faults: rules,
    clock,
    zone,
    calls,
    definition,
    target: targetOf,
    read: async (target = targetOf()) => {
      const [seen] = await definition.read([keyed(target)], reading);
      return seen ?? fail("nothing seen");
    },
    face: async (target = targetOf()) => {
      const face = definition.face(target, (await one.read(target)).now);
      return face.role === "verifier" ? face : fail("a presenter");
    },
    realise: async (wanted, target = targetOf()) =>
      definition.realise(target, wantedOf(wanted), (await one.read(target)).now, facts),
    perform: async (step, target = targetOf()) => {
      const [outcome] = await definition.perform([{ target: keyed(target), step }], writing);
      if (outcome instanceof HandfastError) throw outcome;
      return (outcome as Outcome | undefined) ?? fail("no outcome");
    },
    move: async (wanted, target = targetOf()) => {
      const { now } = await one.read(target);
      const realised = definition.realise(target, wantedOf(wanted), now, facts);
      if (!("state" in realised)) return fail(JSON.stringify(realised.findings));
      const { steps, findings } = definition.steps(target, now, realised.state);
      if (findings.some(({ severity }) => severity === "blocker")) fail(JSON.stringify(findings));
      const made: string[] = [];
      for (const step of steps) {
        made.push(...((await one.perform(step, target)).made ?? []));
        await clock.sleep(step.settles.by === "call" ? 0 : step.settles.atMostMs);
        const verdict = definition.check(target, step, await one.read(target));
        if (verdict !== "done") fail(`${step.key}: ${JSON.stringify(verdict)}`);
      }
      return { steps, made };
    },
    ask: async (method, path, body) => {
      const response = await provider.service.handle(
        new Request(`https://api.cloudflare.com/client/v4/${path}`, {
          method,
          headers: { authorization: `Bearer ${other}`, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
      const answer = (await response.json()) as { success: boolean; errors: unknown; result: unknown };
      if (!answer.success) throw new Error(JSON.stringify(answer.errors));
      return answer.result;
    },
  };
  return one;
}

/** The codes of findings. */
export function codesOf(findings: readonly Finding[] | undefined): string[] {
  return (findings ?? []).map(({ code }) => code);
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

function fail(message: string): never {
  throw new Error(message);
}
