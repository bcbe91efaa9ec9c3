import { type Clock, defineAdapter, type PresenterAdapter, type Step } from "@handfast/core";
import { cloudflareOriginPullIdentity } from "@handfast/core/rules";
import { z } from "zod";
import { type CloudflareHttp, cloudflareHttp, nameBaseUrl } from "../cloudflare-http.ts";
import type { CloudflareCredentials } from "../credentials.ts";
import { type OriginPullOptions, SharedCa } from "../fall-through.ts";
import { globalAction } from "../global/actions.ts";
import { ownAction } from "../own-action.ts";
import { zoneActions } from "../zone/actions.ts";
import { type HostnameAction, hostnameAction } from "./actions.ts";
import { checkCredential, ShownPermissions } from "./check-token.ts";
import { afterFallThrough, isFallThrough, isHostnameAction, type ReadAction } from "./fall-through-after.ts";
import { httpClient } from "./http-client.ts";
import { judgeTogether } from "./judge-together.ts";
import { performActions } from "./perform.ts";
import { permissionsOf } from "./permissions.ts";
import type { HostnamePort } from "./port.ts";
import { realiseState } from "./realise.ts";
import { seeHostname } from "./see.ts";
import { faceOf, type HostnameState, hostnameState, objectsOf, ownedState } from "./state.ts";
import { checkStep, hostnameOf, madeBy, planRemovals, planSteps, stateAfter } from "./steps.ts";
import { type HostnameTarget, hostnameTarget } from "./target.ts";
import { ZoneQueue } from "./zone-queue.ts";
import { ZoneReader } from "./zone-reader.ts";

/** Options of {@link cloudflareHostname}. */
export type CloudflareHostnameOptions = OriginPullOptions;

/**
 * Per-hostname Authenticated Origin Pulls: the certificate that Cloudflare shows to the origin of each hostname.
 *
 * The token needs, on each zone: SSL and Certificates Write, Zone Read and Zone Settings Read; Config Settings Read
 * and DNS Read let it see more preconditions. Targets with `ssl` need Config Settings Write, or Zone Settings Write where
 * the zone's setting is to be written. Source: Cloudflare SSL/TLS documentation, "Authenticated Origin Pulls
 * (per-hostname)", and the API reference "Origin TLS Client Auth".
 *
 * @param options `as` names the adapter in specs and plans, for a second one with another credential
 * @throws TypeError for unclear credentials, or a base URL that would send them in the clear
 * @example
 * ```ts
 * import { cloudflareHostname } from "@handfast/cloudflare";
 *
 * export const edge = cloudflareHostname({ token: () => process.env.CLOUDFLARE_API_TOKEN ?? "" });
 * export const other = cloudflareHostname({ email: "ops@example.com", key: "0123456789abcdef", as: "cloudflare.hostname-b" });
 * ```
 */
export function cloudflareHostname(
  options: CloudflareHostnameOptions & { readonly as?: undefined },
): PresenterAdapter<"cloudflare.hostname", HostnameTarget, true>;
export function cloudflareHostname<const N extends string>(
  options: CloudflareHostnameOptions & { readonly as: N },
): PresenterAdapter<N, HostnameTarget, true>;
export function cloudflareHostname(
  options: CloudflareHostnameOptions & { readonly as?: string | undefined },
): PresenterAdapter<string, HostnameTarget, true> {
  const {
    token,
    email,
    key,
    as: name = "cloudflare.hostname",
    clock,
    waitMs = 90_000,
    sharedCa,
    ...http
  } = options;
  const credentials = { token, email, key } as CloudflareCredentials;
  const client = cloudflareHttp({ ...http, credentials });
  return hostnameAdapter({
    port: httpClient(client, name),
    client,
    name,
    waitMs,
    clock,
    baseUrl: nameBaseUrl(http.baseUrl),
    shared: new SharedCa(sharedCa),
    verifies: token !== undefined,
  });
}

const readAction = z.discriminatedUnion("kind", [...hostnameAction.options, ...zoneActions, globalAction]);

/** What `readZoneWorld` calls, as long as each list has one page. */
const callsForZone = 9;
/** Calls of a look at what writes move: associations and certificates. */
const callsForProgress = 2;

/** The adapter on any port: what {@link cloudflareHostname} does behind its credentials. */
function hostnameAdapter(options: {
  readonly port: HostnamePort;
  readonly client: Pick<CloudflareHttp, "rate" | "callsMade">;
  readonly name: string;
  readonly waitMs: number;
  readonly clock?: Clock | undefined;
  readonly baseUrl: string;
  readonly shared: SharedCa;
  /** Whether the credential is one that can be verified. */
  readonly verifies: boolean;
}): PresenterAdapter<string, HostnameTarget, true> {
  const { port, name, waitMs, shared } = options;
  const queue = new ZoneQueue();
  const reader = new ZoneReader(port);
  const shown = new ShownPermissions();
  const timed = <C extends { readonly clock: Clock }>(context: C): C =>
    options.clock === undefined ? context : { ...context, clock: options.clock };

  const own = (step: Step<ReadAction>): Step<HostnameAction> => ({
    ...step,
    action: ownAction(step.action, isHostnameAction, name),
  });

  return defineAdapter<string, true, HostnameTarget, HostnameState, ReadAction>(
    {
      name,
      version: "2",
      scope: { baseUrl: options.baseUrl, ...shared.scope },
      rate: options.client.rate,
      role: "presenter",
      inherits: true,
      each: "hostnames",
      rules: { identity: cloudflareOriginPullIdentity },
    },
    {
      schema: { target: hostnameTarget, state: hostnameState, action: readAction },
      readCalls: (targets, only) =>
        (only === "progress" ? callsForProgress : callsForZone) *
        new Set(targets.map(({ zone }) => zone)).size,
      callsMade: options.client.callsMade,
      identify: (target) => objectsOf(target.zone, hostnameOf(target))[0],
      read: async (targets, given) => {
        const context = timed(given);
        const worlds = await reader.read(targets, context);
        for (const [zone, world] of worlds) shown.note(zone, world);
        const ders = [...worlds.values()]
          .flatMap(({ certificates, zoneCertificates }) => [...certificates.values(), ...zoneCertificates])
          .flatMap(({ bundle }) => bundle?.ders ?? []);
        for (const der of ders) await context.keep(der);
        await shared.keep(context);
        return targets.map(({ target }) => {
          const world = worlds.get(target.zone);
          if (world === undefined) throw new TypeError(`zone ${target.zone} was not read`);
          return seeHostname(target, world, context.clock.now());
        });
      },
      face: (_target, state) => shared.inFace(faceOf(state)),
      realise: realiseState,
      steps: (target, from, to) => planSteps(target, from, to, name),
      after: (target, state, step) =>
        isFallThrough(step.action)
          ? afterFallThrough(target, state, step.action)
          : stateAfter(target, state, own(step)),
      check: (_target, step, seen) => checkStep(own(step), seen),
      perform: (steps, context) =>
        performActions(
          { port, adapter: name, queue, waitMs },
          steps.map(({ step }) => own(step).action),
          timed(context),
        ),
      judge: judgeTogether,
      removals: (target, seen, keeping) => planRemovals(target, seen, keeping, name),
      owned: (_target, state) => ownedState(state),
      makes: (_target, step) => madeBy(own(step).action),
      checkPermissions: (permissions, context) =>
        checkCredential(port, options.verifies, permissions, shown, timed(context)),
      permissions: ({ zone }, step) => permissionsOf(zone, step === undefined ? undefined : own(step).action),
    },
  );
}
