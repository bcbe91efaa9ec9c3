import type { Finding, Keeping, Move, Seen, Step, StepCheck } from "@handfast/core";
import { zoneObject } from "../fall-through.ts";
import type { GlobalAction } from "../global/actions.ts";
import type { SslZoneAction } from "../hostname/actions.ts";
import { type Bundle, isSameCertificate, type UnknownCertificate } from "../hostname/state.ts";
import type { ZoneAction, ZoneDeleteAction } from "./actions.ts";
import { nameOf, plainOf, type ZoneCertificate, type ZoneState, zoneCertificateKey } from "./state.ts";
import type { ZoneTarget } from "./target.ts";

type ZoneStep = Step<ZoneAction>;

/**
 * The steps of a move. Only what decides matters: the switch, and while it is on the newest certificate. What is older
 * stays for the way back, until it is retired.
 */
export function planSteps(
  { zone }: ZoneTarget,
  from: ZoneState,
  to: ZoneState,
  budget: string,
): Move<ZoneAction> {
  const maker = new StepMaker(zone, from.enabled, budget);
  const now = from.certificates[0];
  if (!to.enabled) return { steps: from.enabled ? [maker.turn(false, now, [])] : [], findings: [] };
  const [wanted] = to.certificates;
  if (wanted === undefined) return { steps: from.enabled ? [] : [maker.turn(true, now, [])], findings: [] };
  const place = from.certificates.findIndex((one) => nameOf(one) === nameOf(wanted));
  if (place < 0) {
    if ("unknown" in wanted || wanted.secret === undefined) return { steps: [], findings: [gone(wanted)] };
    maker.upload({ ...wanted, secret: wanted.secret });
  } else {
    const findings = from.certificates
      .slice(0, place)
      .flatMap((one) => ("unknown" in one ? [unread(one)] : []));
    if (findings.length > 0) return { steps: [], findings };
    maker.uncover(from.certificates, place);
  }
  const before = maker.steps.map(({ key }) => key);
  return {
    steps: from.enabled ? maker.steps : [...maker.steps, maker.turn(true, wanted, before)],
    findings: place > 0 ? [uncovered(wanted, from.certificates.slice(0, place))] : [],
  };
}

/** Makes the steps at one zone; which of them is the switch depends on whether its certificates are shown now. */
class StepMaker {
  readonly steps: ZoneStep[] = [];
  readonly #zone: string;
  readonly #isOn: boolean;
  readonly #budget: string;

  constructor(zone: string, isOn: boolean, budget: string) {
    this.#zone = zone;
    this.#isOn = isOn;
    this.#budget = budget;
  }

  turn(enabled: boolean, newest: ZoneCertificate | undefined, after: readonly string[]): ZoneStep {
    return {
      key: enabled ? "turn-on" : "turn-off",
      object: zoneObject(this.#zone),
      ...(after.length === 0 ? {} : { after }),
      action: {
        kind: "zone-switch",
        zone: this.#zone,
        enabled,
        newest: newest === undefined ? null : plainOf(newest),
      },
      effect: "switch",
      back: "exact",
      // the setting has no status of its own
      settles: { by: "time", typicalMs: 30_000, atMostMs: 300_000 },
      cost: { budget: this.#budget, calls: 2 },
      summary: `turn zone-level origin pulls of ${this.#name} ${enabled ? "on" : "off"}`,
    };
  }

  upload({
    certificate,
    chain,
    secret,
  }: Bundle & Pick<Extract<ZoneAction, { secret: unknown }>, "secret">): void {
    const bundle = { certificate, chain };
    const name = certificate.slice(0, 12);
    this.steps.push({
      key: `upload:${name}`,
      object: zoneObject(this.#zone),
      action: { kind: "zone-upload", zone: this.#zone, bundle, secret, isOn: this.#isOn },
      effect: this.#isOn ? "switch" : "none",
      // by deleting it again, for as long as the one before is there
      back: "until-retire",
      settles: { by: "status", typicalMs: 30_000, atMostMs: 300_000 },
      cost: { budget: this.#budget, calls: 3 },
      summary: this.#isOn
        ? `show certificate ${name} for zone ${this.#name}, by uploading it`
        : `upload certificate ${name} to the store of zone ${this.#name}`,
    });
  }

  /** Deletes what is newer than a certificate: what is not shown first, so that only the last deletion is a switch. */
  uncover(certificates: readonly ZoneCertificate[], place: number): void {
    for (let index = place - 1; index >= 0; index -= 1) {
      const newer = certificates[index];
      const next = certificates[place];
      if (newer === undefined || next === undefined || "unknown" in newer) continue;
      const before = this.steps.at(-1)?.key;
      const isSwitch = this.#isOn && index === 0;
      this.steps.push({
        ...this.remove(
          plainOf(newer) as Bundle,
          isSwitch,
          plainOf(index === 0 ? next : (certificates[0] ?? next)),
        ),
        object: zoneObject(this.#zone),
        ...(before === undefined ? {} : { after: [before] }),
        effect: isSwitch ? "switch" : "none",
      });
    }
  }

  remove(bundle: Bundle, isShown: boolean, next: ZoneDeleteAction["next"]): ZoneStep {
    const name = bundle.certificate.slice(0, 12);
    return {
      key: `delete:${name}`,
      object: zoneCertificateKey(this.#zone, bundle),
      action: { kind: "zone-delete", zone: this.#zone, bundle, isShown, next },
      effect: "remove",
      back: {
        never: "Cloudflare gives no private key back: it takes the identity's own key to upload it again",
      },
      settles: { by: "status", typicalMs: 10_000, atMostMs: 300_000 },
      cost: { budget: this.#budget, calls: 3 },
      summary: `delete certificate ${name} from the store of zone ${this.#name}`,
    };
  }

  get #name(): string {
    return this.#zone.slice(0, 12);
  }
}

/** What the zone adapter reads: its own actions, and those of others that change what it shows. */
export type ReadByZone = ZoneAction | GlobalAction | SslZoneAction;

/** The state once a step, perhaps of another adapter, is in effect. */
export function stateAfter({ zone }: ZoneTarget, state: ZoneState, action: ReadByZone): ZoneState {
  if (action.zone !== zone) return state;
  switch (action.kind) {
    case "global-switch":
      return { ...state, global: action.on };
    case "ssl-zone":
      return { ...state, sslMode: action.to };
    case "zone-switch":
      return { ...state, enabled: action.enabled };
    case "zone-upload": {
      const uploaded = { ...action.bundle, secret: action.secret };
      return { ...state, certificates: [uploaded, ...without(state.certificates, action.bundle)] };
    }
    case "zone-delete":
      return { ...state, certificates: without(state.certificates, action.bundle) };
  }
}

/** Where a step stands in what was just read. What it would do now must be what it was planned to do. */
export function checkStep({ action }: ZoneStep, { now, may, settled }: Seen<ZoneState>): StepCheck {
  const [first] = now.certificates;
  if (action.kind === "zone-switch") {
    const { newest, enabled } = action;
    const isPlanned = first === undefined ? newest === null : newest !== null && isSame(first, newest);
    // what is turned off shows nothing, whatever lies there
    if (!enabled) return now.enabled ? "todo" : "done";
    if (!isPlanned) return { moved: `${describe(first)} is the newest of the zone's store now` };
    return now.enabled ? "done" : "todo";
  }
  const held = find(now.certificates, action.bundle);
  if (action.kind === "zone-delete") {
    if (held === undefined)
      return may.some(({ certificates }) => find(certificates, action.bundle) !== undefined)
        ? "pending"
        : "done";
    const isShown = now.enabled && held === first;
    if (isShown === action.isShown) return "todo";
    return { moved: `${describe(held)} is ${isShown ? "" : "not "}shown now` };
  }
  if (held === undefined) {
    if (now.enabled === action.isOn) return "todo";
    return { moved: `zone-level origin pulls are ${now.enabled ? "on" : "off"} now` };
  }
  if (!("unknown" in held) && held.failed === true)
    return { failed: "the deployment of the certificate timed out at Cloudflare" };
  if (first !== held && now.enabled)
    return { moved: `${describe(first)} was uploaded after it, and is shown in its stead` };
  return settled ? "done" : "pending";
}

/** What a step makes where it is not there yet: the keys that its outcome then has. */
export function madeBy(action: ZoneAction): readonly string[] {
  return action.kind === "zone-upload" ? [zoneCertificateKey(action.zone, action.bundle)] : [];
}

/** Deletions of older certificates that handfast made and that no way back needs. */
export function planRemovals(
  { zone }: ZoneTarget,
  { now, may }: Seen<ZoneState>,
  { keep, made }: Keeping<ZoneState>,
  budget: string,
): Move<ZoneAction> {
  const mine = new Set(made);
  const kept = [now, ...may, ...keep].flatMap(({ enabled, certificates: [first] }) =>
    enabled && first !== undefined ? [first] : [],
  );
  const next = now.certificates[0];
  const maker = new StepMaker(zone, now.enabled, budget);
  const steps = now.certificates.flatMap((one) => {
    if ("unknown" in one || !mine.has(zoneCertificateKey(zone, one))) return [];
    if (kept.some((other) => isSameCertificate(plainOf(other), one))) return [];
    const left = next === undefined || next === one ? (now.certificates[1] ?? null) : next;
    return [
      maker.remove(plainOf(one) as Bundle, now.enabled && one === next, left === null ? null : plainOf(left)),
    ];
  });
  return { steps, findings: [] };
}

function without(certificates: readonly ZoneCertificate[], bundle: Bundle): readonly ZoneCertificate[] {
  return certificates.filter((one) => !isSameCertificate(plainOf(one), bundle));
}

function find(certificates: readonly ZoneCertificate[], bundle: Bundle): ZoneCertificate | undefined {
  return certificates.find((one) => isSameCertificate(plainOf(one), bundle));
}

function isSame(one: ZoneCertificate, other: Bundle | UnknownCertificate): boolean {
  return isSameCertificate(plainOf(one), other);
}

function describe(certificate: ZoneCertificate | undefined): string {
  return certificate === undefined ? "no certificate" : `certificate ${nameOf(certificate).slice(0, 12)}`;
}

function gone(certificate: ZoneCertificate): Finding {
  return {
    code: "certificate-gone",
    severity: "blocker",
    message: `certificate ${nameOf(certificate).slice(0, 12)} is not in the zone's store any more, and its key is not known here`,
    mend: "plan with an identity that holds this certificate and its key: it is then uploaded again",
  };
}

function uncovered(wanted: ZoneCertificate, newer: readonly ZoneCertificate[]): Finding {
  return {
    code: "newer-certificates-deleted",
    severity: "warning",
    message: `${describe(wanted)} is in the zone's store beneath newer ones, which are deleted for good to show it again, whoever uploaded them: ${newer.map((one) => nameOf(one).slice(0, 12)).join(", ")}`,
    mend: "to be able to come back to those, issue a new leaf and show that instead",
  };
}

function unread({ unknown }: UnknownCertificate): Finding {
  return {
    code: "certificate-unreadable",
    severity: "blocker",
    message: `certificate ${unknown} of the zone's store is newer than the wanted one, and can't be read: it would be deleted for good`,
    mend: "delete it by hand if nobody needs it, or show an identity that is not in the store yet",
  };
}
