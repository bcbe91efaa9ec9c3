import {
  type Clock,
  defineAdapter,
  type Face,
  type Finding,
  type Move,
  type Outcome,
  type PresenterAdapter,
  type Seen,
  type StepCheck,
  type Wanted,
  type WriteContext,
} from "@handfast/core";
import { z } from "zod";
import { cloudflareHttp, nameBaseUrl } from "../cloudflare-http.ts";
import type { CloudflareCredentials } from "../credentials.ts";
import { ensureSetting } from "../ensure.ts";
import {
  globalObject,
  type OriginPullOptions,
  plainZone,
  SharedCa,
  sharedCertificate,
} from "../fall-through.ts";
import { type SslZoneAction, sslZoneAction } from "../hostname/actions.ts";
import { checkCredential, ShownPermissions } from "../hostname/check-token.ts";
import { permissionsOn, type ZoneOperation } from "../operations.ts";
import { ownAction } from "../own-action.ts";
import { isPlain, sslModeObject } from "../ssl-mode/state.ts";

import { zoneClient } from "../zone/http-client.ts";
import type { ZonePort } from "../zone/port.ts";
import { zoneId } from "../zone-id.ts";
import { type GlobalAction, globalAction } from "./actions.ts";

/** A zone, whose hostnames show Cloudflare's shared certificate where nothing else is shown. */
export interface GlobalTarget {
  /** Id of the zone: 32 lower-case hex digits, on the zone's overview page. */
  readonly zone: string;
}

/** The zone setting `tls_client_auth`. */
interface GlobalState {
  readonly on: boolean;
  /** The SSL mode of the zone: read-only here. */
  readonly sslMode: string;
  /** False where the zone's plan does not let it be written. */
  readonly editable: boolean;
}

/** Options of {@link cloudflareGlobal}. */
export type CloudflareGlobalOptions = OriginPullOptions;

/** What it plans and performs, and what it only takes note of. */
type ReadAction = GlobalAction | SslZoneAction;
const readAction = z.discriminatedUnion("kind", [globalAction, sslZoneAction]);
const isOwn = (action: ReadAction): action is GlobalAction => action.kind === "global-switch";

const reading: readonly ZoneOperation[] = ["readSetting"];
const writing: readonly ZoneOperation[] = ["readSetting", "writeSetting"];

/**
 * Global Authenticated Origin Pulls: one certificate that all customers of Cloudflare share, the last of what a hostname
 * falls through to. It proves no more than that a request came through Cloudflare's network.
 *
 * `shows: "inherited"` turns it on, `shows: "nothing"` turns it off; it can show no identity. Nobody can read the shared
 * certificate, so what a verifier makes of it is told by probes alone. The token needs Zone Settings Write on each zone.
 * Source: Cloudflare SSL/TLS documentation, "Authenticated Origin Pulls (global)".
 *
 * @param options `as` names the adapter in specs and plans, for a second one with another credential
 * @throws TypeError for unclear credentials, or a base URL that would send them in the clear
 * @example
 * ```ts
 * import { cloudflareGlobal } from "@handfast/cloudflare";
 *
 * export const shared = cloudflareGlobal({ token: () => process.env.CLOUDFLARE_API_TOKEN ?? "" });
 * ```
 */
export function cloudflareGlobal(
  options: CloudflareGlobalOptions & { readonly as?: undefined },
): PresenterAdapter<"cloudflare.global", GlobalTarget, true>;
export function cloudflareGlobal<const N extends string>(
  options: CloudflareGlobalOptions & { readonly as: N },
): PresenterAdapter<N, GlobalTarget, true>;
export function cloudflareGlobal(
  options: CloudflareGlobalOptions & { readonly as?: string | undefined },
): PresenterAdapter<string, GlobalTarget, true> {
  const {
    token,
    email,
    key,
    as: name = "cloudflare.global",
    clock,
    waitMs = 90_000,
    sharedCa,
    ...http
  } = options;
  const credentials = { token, email, key } as CloudflareCredentials;
  const client = cloudflareHttp({ ...http, credentials });
  const port = zoneClient(client, name);
  const ca = new SharedCa(sharedCa);
  const shown = new ShownPermissions();
  const timed = <C extends { readonly clock: Clock }>(context: C): C =>
    clock === undefined ? context : { ...context, clock };
  const own = (action: ReadAction): GlobalAction => ownAction(action, isOwn, name);

  return defineAdapter<string, true, GlobalTarget, GlobalState, ReadAction>(
    {
      name,
      version: "1",
      scope: { baseUrl: nameBaseUrl(http.baseUrl), ...ca.scope },
      rate: client.rate,
      role: "presenter",
      inherits: true,
    },
    {
      schema: {
        target: z.strictObject({ zone: zoneId }),
        state: z.strictObject({ on: z.boolean(), editable: z.boolean(), sslMode: z.string() }),
        action: readAction,
      },
      readCalls: (targets) => 2 * targets.length,
      callsMade: client.callsMade,
      identify: ({ zone }) => globalObject(zone),
      read: async (targets, given) => {
        await ca.keep(given);
        return Promise.all(
          targets.map(async ({ target: { zone } }): Promise<Seen<GlobalState>> => {
            const context = timed(given);
            const [{ on, editable }, sslMode] = await Promise.all([
              port.readGlobalSetting(zone, context),
              port.readSslMode(zone, context),
            ]);
            shown.take(permissionsOn(zone, reading), []);
            return {
              objects: [globalObject(zone), sslModeObject(zone)],
              now: { on, editable, sslMode },
              may: [],
              settled: true,
              owner: "unknown",
              findings: [],
            };
          }),
        );
      },
      face: (_target, state) => ca.inFace(faceOf(state)),
      realise: (_target, wanted, base) => realise(wanted, base),
      steps: ({ zone }, from, to) => planSteps(zone, from, to, name),
      after: ({ zone }, state, { action }) => {
        if (action.zone !== zone) return state;
        return action.kind === "ssl-zone" ? { ...state, sslMode: action.to } : { ...state, on: action.on };
      },
      check: (_target, { action }, { now }): StepCheck => (now.on === own(action).on ? "done" : "todo"),
      perform: async (steps, context) => {
        const outcomes: Outcome[] = [];
        for (const { step } of steps)
          outcomes.push(await turn(port, waitMs, own(step.action), timed(context)));
        return outcomes;
      },
      removals: () => ({ steps: [], findings: [] }),
      owned: (_target, { on, sslMode }) => ({ on, sslMode }),
      checkPermissions: (permissions, context) =>
        checkCredential(port, token !== undefined, permissions, shown, timed(context)),
      permissions: ({ zone }, step) => permissionsOn(zone, step === undefined ? reading : writing),
    },
  );
}

function faceOf({ on, sslMode }: GlobalState): Face {
  if (!on) return { role: "presenter", shows: "nothing" };
  return { role: "presenter", shows: { unknown: isPlain(sslMode) ? plainZone : sharedCertificate } };
}

function realise(
  wanted: Wanted,
  base: GlobalState,
): { readonly state: GlobalState } | { readonly findings: readonly Finding[] } {
  if (wanted.role !== "presenter")
    return refuse(
      "not-a-verifier",
      "a Cloudflare zone shows certificates, it checks none",
      "link it as a presenter",
    );
  if (wanted.shows !== "inherited" && wanted.shows !== "nothing")
    return refuse(
      "shared-certificate-only",
      "global origin pulls show Cloudflare's shared certificate, and no identity of yours",
      'show the identity by cloudflare.hostname or cloudflare.zone, and give this one shows: "inherited" (on) or "nothing" (off)',
    );
  const on = wanted.shows === "inherited";
  if (on === base.on) return { state: base };
  if (!base.editable)
    return refuse(
      "setting-not-editable",
      "the zone's plan does not let global origin pulls (tls_client_auth) be changed",
      "leave it as it is; an association of the hostname decides before it",
    );
  return { state: { ...base, on } };
}

function planSteps(zone: string, from: GlobalState, to: GlobalState, budget: string): Move<GlobalAction> {
  if (from.on === to.on) return { steps: [], findings: [] };
  return {
    steps: [
      {
        key: to.on ? "turn-on" : "turn-off",
        object: globalObject(zone),
        action: { kind: "global-switch", zone, on: to.on },
        effect: "switch",
        back: "exact",
        // the setting has no status of its own
        settles: { by: "time", typicalMs: 30_000, atMostMs: 300_000 },
        cost: { budget, calls: 2 },
        summary: `turn global origin pulls of ${zone.slice(0, 12)} ${to.on ? "on" : "off"}`,
      },
    ],
    findings: [],
  };
}

function turn(
  port: ZonePort,
  waitMs: number,
  { zone, on }: GlobalAction,
  context: WriteContext,
): Promise<Outcome> {
  return ensureSetting({ waitMs }, context, on, {
    read: () => port.readGlobalPull(zone, context),
    write: () => port.writeGlobalPull(zone, on, context),
  });
}

function refuse(code: string, message: string, mend: string): { readonly findings: readonly Finding[] } {
  return { findings: [{ code, severity: "blocker", message, mend }] };
}
