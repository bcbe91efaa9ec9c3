import { type Clock, defineAdapter, type Performed, type VerifierAdapter } from "@handfast/core";
import { cloudflareApiShieldCa } from "@handfast/core/rules";
import {
  type CloudflareHttp,
  type CloudflareHttpOptions,
  cloudflareHttp,
  nameBaseUrl,
} from "../cloudflare-http.ts";
import type { CloudflareCredentials } from "../credentials.ts";
import { checkCredential, ShownPermissions } from "../hostname/check-token.ts";
import { ZoneQueue } from "../hostname/zone-queue.ts";
import { type ApiShieldAction, apiShieldAction } from "./actions.ts";
import { CrlMemory } from "./crl-memory.ts";
import { httpClient } from "./http-client.ts";
import { performAction } from "./perform.ts";
import { permissionsOf } from "./permissions.ts";
import type { ApiShieldPort } from "./port.ts";
import { authorityRoom, realiseState } from "./realise.ts";
import { planRemovals } from "./removals.ts";
import { seeHostname } from "./see.ts";
import { setHostnames } from "./set-hostnames.ts";
import { type ApiShieldState, apiShieldState, faceOf, objectsOf, ownedState } from "./state.ts";
import { checkStep, madeBy, planSteps, stateAfter } from "./steps.ts";
import { type ApiShieldTarget, apiShieldTarget, readManaged } from "./target.ts";
import { readAuthorities, readZoneWorld } from "./world.ts";

/** Options of {@link cloudflareApiShield}: exactly one style of credentials, and what is rarely needed. */
export type CloudflareApiShieldOptions = CloudflareCredentials &
  Omit<CloudflareHttpOptions, "credentials"> & {
    /** Time, for waiting and for the rate. @default the clock that core hands over */
    readonly clock?: Clock | undefined;
    /** How long one write waits for what passes by itself at Cloudflare, in milliseconds. @default 90000 */
    readonly waitMs?: number | undefined;
    /**
     * How long until every edge acts by a change, in milliseconds. Cloudflare tells neither when nor how long.
     *
     * @default 30000
     */
    readonly settleMs?: number | undefined;
    /**
     * How long Cloudflare keeps a visitor's connection that is idle, in milliseconds: it is waited for between asking for
     * certificates for the first time and requiring them, since what was open before is never asked.
     * Source: Cloudflare Fundamentals, "Connection limits".
     *
     * @default 400000
     */
    readonly idleMs?: number | undefined;
    /**
     * PEM of CRLs that rules may have been made from. Cloudflare keeps serial numbers alone: what an earlier process
     * revoked is known to be one of these lists, or not at all.
     */
    readonly crls?: readonly string[] | undefined;
  };

/** What {@link cloudflareApiShield} returns. */
export type CloudflareApiShieldAdapter<N extends string = string> = VerifierAdapter<
  N,
  ApiShieldTarget,
  "off" | "request" | "required",
  "crl"
>;

/**
 * Mutual TLS between clients and Cloudflare, for one hostname each: CAs of your own in the account's store, the lists of
 * hostnames at which they are asked for, and a WAF custom rule that blocks whoever shows no certificate of theirs. All
 * other rules, and other hostnames in the lists, stay as they are.
 *
 * The token needs on the account: Account: SSL and Certificates Write; on each zone: SSL and Certificates Write, Zone WAF
 * Write and Zone Read; DNS Read lets it see hostnames that are not proxied. CAs of your own take an Enterprise plan.
 * Source: Cloudflare API Shield documentation, "Configure mTLS" and "Bring your own CA for mTLS".
 *
 * @param options `as` names the adapter in specs and plans, for a second one with another credential
 * @throws TypeError for unclear credentials, or a base URL that would send them in the clear
 * @example
 * ```ts
 * import { cloudflareApiShield } from "@handfast/cloudflare";
 *
 * export const front = cloudflareApiShield({ token: () => process.env.CLOUDFLARE_API_TOKEN ?? "" });
 * ```
 */
export function cloudflareApiShield(
  options: CloudflareApiShieldOptions & { readonly as?: undefined },
): CloudflareApiShieldAdapter<"cloudflare.api-shield">;
export function cloudflareApiShield<const N extends string>(
  options: CloudflareApiShieldOptions & { readonly as: N },
): CloudflareApiShieldAdapter<N>;
export function cloudflareApiShield(
  options: CloudflareApiShieldOptions & { readonly as?: string | undefined },
): CloudflareApiShieldAdapter {
  const { token, email, key, as: name = "cloudflare.api-shield", ...rest } = options;
  const { clock, waitMs = 90_000, settleMs = 30_000, idleMs = 400_000, crls = [], ...http } = rest;
  const credentials = { token, email, key } as CloudflareCredentials;
  const client = cloudflareHttp({ ...http, credentials });
  return apiShieldOn({
    port: httpClient(client, name),
    client,
    name,
    waitMs,
    settleMs,
    idleMs,
    clock,
    memory: new CrlMemory(crls),
    baseUrl: nameBaseUrl(http.baseUrl),
    verifies: token !== undefined,
  });
}

/** The CAs of an account, and what uses one of them; a zone's own facts, with the hostnames of the managed CA and one more. */
const [callsForAccount, callsForZone] = [2, 5];

/** The adapter on any port: what {@link cloudflareApiShield} does behind its credentials. */
function apiShieldOn(options: {
  readonly port: ApiShieldPort;
  readonly client: Pick<CloudflareHttp, "rate" | "callsMade">;
  readonly name: string;
  readonly waitMs: number;
  readonly settleMs: number;
  readonly idleMs: number;
  readonly clock: Clock | undefined;
  readonly memory: CrlMemory;
  readonly baseUrl: string;
  /** Whether the credential is one that can be verified. */
  readonly verifies: boolean;
}): CloudflareApiShieldAdapter {
  const { port, name, waitMs, settleMs, idleMs, memory, baseUrl } = options;
  const steps = { budget: name, settleMs, idleMs };
  const shown = new ShownPermissions();
  const timed = <C extends { readonly clock: Clock }>(context: C): C =>
    options.clock === undefined ? context : { ...context, clock: options.clock };

  return defineAdapter<
    string,
    "off" | "request" | "required",
    "crl",
    ApiShieldTarget,
    ApiShieldState,
    ApiShieldAction
  >(
    {
      name,
      version: "1",
      scope: { baseUrl },
      rate: options.client.rate,
      role: "verifier",
      modes: ["off", "request", "required"],
      revocation: "crl",
      anchorRoom: authorityRoom,
      // The rule knows the direct issuer alone, which is the CA to upload ("Troubleshooting mTLS").
      maxIntermediates: 0,
      partialChain: true,
      crlRule: "listed",
      rules: { bundle: cloudflareApiShieldCa },
    },
    {
      schema: { target: apiShieldTarget, state: apiShieldState, action: apiShieldAction },
      readCalls: (targets) =>
        callsForAccount * new Set(targets.map(({ account }) => account)).size +
        callsForZone * new Set(targets.map(({ zone }) => zone)).size,
      callsMade: options.client.callsMade,
      identify: (target) => objectsOf(target)[0],
      read: async (targets, given) => {
        const context = timed(given);
        const zones = Map.groupBy(targets, ({ target }) => `${target.account}/${target.zone}`);
        const accounts = new Set(targets.map(({ target }) => target.account));
        const stores = new Map(
          await Promise.all(
            [...accounts].map(
              async (account) => [account, await readAuthorities(port, account, context)] as const,
            ),
          ),
        );
        const worlds = new Map(
          await Promise.all(
            [...zones].map(async ([key, members]) => {
              const { account, zone } = (members[0] as (typeof members)[0]).target;
              const authorities = stores.get(account) ?? [];
              return [key, await readZoneWorld(port, zone, authorities, context)] as const;
            }),
          ),
        );
        const held = [...stores.values()].flat().flatMap(({ certificates }) => certificates);
        const managed = targets.flatMap(({ target }) => readManaged(target.managedCa ?? "") ?? []);
        for (const { der } of [...held, ...managed]) await context.keep(der);
        return await Promise.all(
          targets.map(async ({ target }) => {
            const world = worlds.get(`${target.account}/${target.zone}`);
            if (world === undefined) throw new TypeError(`zone ${target.zone} was not read`);
            shown.take(permissionsOf(target), world.dns === undefined ? ["DNS Read"] : []);
            const seen = seeHostname(target, world, memory);
            for (const crl of seen.now.rule?.crlsRead === true ? seen.now.rule.crls : []) {
              const list = memory.get(crl);
              if (list !== undefined) await context.keep(list.der);
            }
            return seen;
          }),
        );
      },
      face: faceOf,
      realise: realiseState,
      steps: (target, from, to) => planSteps(target, from, to, steps),
      after: stateAfter,
      check: (_target, step, seen) => checkStep(step, seen),
      perform: async (all, given) => {
        const context = timed(given);
        const writing = { port, adapter: name, waitMs, settleMs, idleMs, memory };
        // lists are replaced as a whole: of all that write to one zone in this process, one at a time
        const inTurn = <T>(place: string, work: () => Promise<T>) => queue.run(`${baseUrl} ${place}`, work);
        const actions = all.map(({ step }) => step.action);
        const answers = new Map<ApiShieldAction, Performed>();
        for (const action of actions) {
          if (action.kind === "set") continue;
          const outcome = await inTurn(action.account, () => performAction(writing, action, context));
          answers.set(action, outcome);
        }
        const sets = actions.filter((action) => action.kind === "set");
        for (const some of Map.groupBy(sets, ({ account, zone }) => `${account}/${zone}`).values()) {
          const zone = (some[0] as (typeof some)[0]).zone;
          const performed = await inTurn(zone, () => setHostnames(writing, some, context));
          for (const [index, action] of some.entries()) answers.set(action, performed[index] as Performed);
        }
        return actions.map((action) => answers.get(action) as Performed);
      },
      removals: (target, seen, keeping) => planRemovals(target, seen, keeping, steps),
      owned: (_target, state) => ownedState(state),
      makes: (_target, { action }) => madeBy(action),
      checkPermissions: (permissions, context) =>
        checkCredential(port, options.verifies, permissions, shown, timed(context)),
      permissions: (target, step) => permissionsOf(target, step?.action),
    },
  );
}

/** Shared by every instance of this process, which may be several with credentials of their own. */
const queue = new ZoneQueue();
