import { type Clock, defineAdapter, type PresenterAdapter, type Step } from "@handfast/core";
import { cloudflareOriginPullIdentity } from "@handfast/core/rules";
import { z } from "zod";
import { cloudflareHttp, nameBaseUrl } from "../cloudflare-http.ts";
import type { CloudflareCredentials } from "../credentials.ts";
import { type OriginPullOptions, SharedCa } from "../fall-through.ts";
import { globalAction } from "../global/actions.ts";
import { sslZoneAction } from "../hostname/actions.ts";
import { checkCredential, ShownPermissions } from "../hostname/check-token.ts";
import { ZoneQueue } from "../hostname/zone-queue.ts";
import { ownAction } from "../own-action.ts";
import { type ZoneAction, zoneActions } from "./actions.ts";
import { zoneClient } from "./http-client.ts";
import { performAction } from "./perform.ts";
import { permissionsOf } from "./permissions.ts";
import { realiseState } from "./realise.ts";
import { readZonePulls, seeZone } from "./see.ts";
import { faceOfZone, ownedZoneState, type ZoneState, zoneObjects, zoneState } from "./state.ts";
import { checkStep, madeBy, planRemovals, planSteps, type ReadByZone, stateAfter } from "./steps.ts";
import { type ZoneTarget, zoneTarget } from "./target.ts";

/** Options of {@link cloudflareZone}. */
export type CloudflareZoneOptions = OriginPullOptions;

const readAction = z.discriminatedUnion("kind", [...zoneActions, globalAction, sslZoneAction]);
const isOwn = (action: ReadByZone): action is ZoneAction => action.kind.startsWith("zone-");

/** What `readZonePulls` calls, as long as each list has one page. */
const callsForZone = 7;

/**
 * Zone-level Authenticated Origin Pulls: the certificate that Cloudflare shows to the origins of all hostnames of a zone
 * that have no association of their own. While it is on, to upload a certificate is to show it, and the way back is to
 * delete it again; a hostname's association (`cloudflareHostname`) has neither trait, so prefer that.
 *
 * `shows: "inherited"` turns it off, so that Cloudflare's shared certificate is shown if global origin pulls are on.
 * The token needs, on each zone: SSL and Certificates Write, Zone Read and Zone Settings Read; DNS Read lets it say which
 * hostnames are reached. Source: Cloudflare SSL/TLS documentation, "Authenticated Origin Pulls (zone-level)".
 *
 * @param options `as` names the adapter in specs and plans, for a second one with another credential
 * @throws TypeError for unclear credentials, or a base URL that would send them in the clear
 * @example
 * ```ts
 * import { cloudflareZone } from "@handfast/cloudflare";
 *
 * export const zone = cloudflareZone({ token: () => process.env.CLOUDFLARE_API_TOKEN ?? "" });
 * ```
 */
export function cloudflareZone(
  options: CloudflareZoneOptions & { readonly as?: undefined },
): PresenterAdapter<"cloudflare.zone", ZoneTarget, true>;
export function cloudflareZone<const N extends string>(
  options: CloudflareZoneOptions & { readonly as: N },
): PresenterAdapter<N, ZoneTarget, true>;
export function cloudflareZone(
  options: CloudflareZoneOptions & { readonly as?: string | undefined },
): PresenterAdapter<string, ZoneTarget, true> {
  const {
    token,
    email,
    key,
    as: name = "cloudflare.zone",
    clock,
    waitMs = 90_000,
    sharedCa,
    ...http
  } = options;
  const credentials = { token, email, key } as CloudflareCredentials;
  const client = cloudflareHttp({ ...http, credentials });
  const port = zoneClient(client, name);
  const shared = new SharedCa(sharedCa);
  const queue = new ZoneQueue();
  const shown = new ShownPermissions();
  const timed = <C extends { readonly clock: Clock }>(context: C): C =>
    clock === undefined ? context : { ...context, clock };
  const own = (step: Step<ReadByZone>): Step<ZoneAction> => ({
    ...step,
    action: ownAction(step.action, isOwn, name),
  });

  return defineAdapter<string, true, ZoneTarget, ZoneState, ReadByZone>(
    {
      name,
      version: "1",
      scope: { baseUrl: nameBaseUrl(http.baseUrl), ...shared.scope },
      rate: client.rate,
      role: "presenter",
      inherits: true,
      rules: { identity: cloudflareOriginPullIdentity },
    },
    {
      schema: { target: zoneTarget, state: zoneState, action: readAction },
      readCalls: (targets) => callsForZone * new Set(targets.map(({ zone }) => zone)).size,
      callsMade: client.callsMade,
      identify: ({ zone }) => zoneObjects(zone)[0],
      read: async (targets, given) => {
        const context = timed(given);
        const ids = [...new Set(targets.map(({ target }) => target.zone))];
        const worlds = new Map(
          await Promise.all(ids.map(async (id) => [id, await readZonePulls(port, id, context)] as const)),
        );
        for (const [zone, { dns }] of worlds)
          shown.take(permissionsOf(zone), dns === undefined ? ["DNS Read"] : []);
        for (const { certificates } of worlds.values())
          for (const { bundle } of certificates)
            for (const der of bundle?.ders ?? []) await context.keep(der);
        await shared.keep(context);
        return targets.map(({ target }) => {
          const world = worlds.get(target.zone);
          if (world === undefined) throw new TypeError(`zone ${target.zone} was not read`);
          return seeZone(world, context.clock.now());
        });
      },
      face: (_target, state) => shared.inFace(faceOfZone(state)),
      realise: realiseState,
      steps: (target, from, to) => planSteps(target, from, to, name),
      after: (target, state, { action }) => stateAfter(target, state, action),
      check: (_target, step, seen) => checkStep(own(step), seen),
      perform: async (steps, context) => {
        const outcomes = [];
        for (const { step } of steps) {
          const { action } = own(step);
          outcomes.push(
            await queue.run(action.zone, () =>
              performAction({ port, adapter: name, waitMs }, action, timed(context)),
            ),
          );
        }
        return outcomes;
      },
      removals: (target, seen, keeping) => planRemovals(target, seen, keeping, name),
      owned: (_target, state) => ownedZoneState(state),
      makes: (_target, step) => madeBy(own(step).action),
      checkPermissions: (permissions, context) =>
        checkCredential(port, token !== undefined, permissions, shown, timed(context)),
      permissions: ({ zone }, step) => permissionsOf(zone, step === undefined ? undefined : own(step).action),
    },
  );
}
