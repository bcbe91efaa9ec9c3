import type { Finding, Move, Seen, Step, StepCheck } from "@handfast/core";
import { digestOf } from "@handfast/core";
import type { ApiShieldAction, HostnameSetting, SetAction } from "./actions.ts";
import {
  type ApiShieldState,
  type AuthorityName,
  authorityKey,
  isSameList,
  isSameRule,
  managedName,
  type OwnRule,
  objectsOf,
} from "./state.ts";
import type { ApiShieldTarget } from "./target.ts";

type ApiShieldStep = Step<ApiShieldAction>;

/** What the pure functions must know of the adapter's options. */
export interface StepOptions {
  /** The credential's budget. */
  readonly budget: string;
  /** How long until the edge acts by a change, in milliseconds. */
  readonly settleMs: number;
  /** How long Cloudflare keeps a visitor's connection that nobody uses, in milliseconds. */
  readonly idleMs: number;
}

/** The steps of a move: upload what is missing, then set the hostname. */
export function planSteps(
  target: ApiShieldTarget,
  from: ApiShieldState,
  to: ApiShieldState,
  options: StepOptions,
): Move<ApiShieldAction> {
  if (isSameList(from.associated, to.associated) && isSameRule(from.rule, to.rule)) {
    return { steps: [], findings: [] };
  }
  const missing = to.associated.filter((name) => isOfStore(name) && from.store[name] === undefined);
  const lost = missing.find((name) => to.store[name]?.anchors.length !== 1);
  if (lost !== undefined) {
    return {
      steps: [],
      findings: [
        {
          code: "authority-gone",
          severity: "blocker",
          message: `CA ${short(lost)} is not in the account's store any more, and can't be put there from here`,
          mend: "ask for the trust by a spec: its CAs are then uploaded anew",
        },
      ],
    };
  }
  const uploads = missing.map((name) => uploadStep(target, name, to.store[name]?.issuers ?? [], options));
  return {
    steps: [...uploads, setStep(target, from, to, uploads, options)],
    findings: isFirstAsk(from, to) ? [neverAsked(target, options)] : [],
  };
}

/** The state once a step is in effect; the same one when the step leaves this target alone. */
export function stateAfter(
  target: ApiShieldTarget,
  state: ApiShieldState,
  { action }: Pick<ApiShieldStep, "action">,
): ApiShieldState {
  if (action.account !== target.account) return state;
  switch (action.kind) {
    case "upload": {
      if (state.store[action.certificate] !== undefined) return state;
      const added = { anchors: [action.certificate], issuers: action.issuers, used: false };
      return { ...state, store: { ...state.store, [action.certificate]: added } };
    }
    case "delete": {
      if (state.store[action.authority] === undefined) return state;
      const { [action.authority]: _, ...store } = state.store;
      return { ...state, store };
    }
    case "set":
      if (action.zone !== target.zone || action.hostname !== target.hostname) return state;
      return { ...state, ...action.to };
  }
}

/** Where a step stands in what was just read. */
export function checkStep(
  { action }: Pick<ApiShieldStep, "action">,
  { now }: Seen<ApiShieldState>,
): StepCheck {
  switch (action.kind) {
    case "upload":
      return now.store[action.certificate] === undefined ? "todo" : "done";
    case "delete":
      return now.store[action.authority] === undefined ? "done" : "todo";
    case "set":
      return checkSetting(action, now);
  }
}

/** What a step makes where it is not there yet: the keys that its outcome then has. */
export function madeBy(action: ApiShieldAction): readonly string[] {
  return action.kind === "upload" ? [authorityKey(action.account, action.certificate)] : [];
}

function checkSetting({ hostname, from, to }: SetAction, now: ApiShieldState): StepCheck {
  if (isSameList(now.associated, to.associated) && isSameRule(now.rule, to.rule)) return "done";
  // the step is several calls: what it left half done is still to be done
  const ends = new Set([...from.associated, ...to.associated]);
  const stays = from.associated.filter((name) => to.associated.includes(name));
  const isBetween =
    now.associated.every((name) => ends.has(name)) && stays.every((name) => now.associated.includes(name));
  const isEitherRule = isSameRule(now.rule, from.rule) || isSameRule(now.rule, to.rule);
  if (isBetween && isEitherRule) return "todo";
  const what = isEitherRule ? `asks for ${describeNames(now.associated)}` : `has ${describeRule(now.rule)}`;
  return { moved: `${hostname} ${what}: somebody else wrote there` };
}

function uploadStep(
  { account }: ApiShieldTarget,
  name: AuthorityName,
  issuers: readonly string[],
  { budget, settleMs }: StepOptions,
): ApiShieldStep {
  return {
    key: `upload:${short(name)}`,
    object: authorityKey(account, name),
    action: { kind: "upload", account, certificate: name, issuers },
    effect: "none",
    back: "until-retire",
    settles: { by: "time", typicalMs: settleMs, atMostMs: settleMs },
    cost: { budget, calls: 2 },
    summary: `upload CA ${short(name)} to account ${account.slice(0, 12)}`,
  };
}

function setStep(
  target: ApiShieldTarget,
  from: ApiShieldState,
  to: ApiShieldState,
  uploads: readonly ApiShieldStep[],
  { budget, settleMs, idleMs }: StepOptions,
): ApiShieldStep {
  const { zone, account, hostname } = target;
  const after = uploads.map(({ key }) => key);
  const [before, next] = [settingOf(from), settingOf(to)];
  // a connection that was open before has shown nothing, and a rule would block its requests
  const inEffectMs = isFirstAsk(from, to) ? Math.max(settleMs, idleMs) : settleMs;
  return {
    key: `set:${digestOf(next).slice(0, 12)}`,
    object: objectsOf(target)[0],
    ...(after.length === 0 ? {} : { after }),
    action: { kind: "set", zone, account, hostname, from: before, to: next },
    effect: "switch",
    back: wayBack(from),
    settles: { by: "time", typicalMs: inEffectMs, atMostMs: inEffectMs },
    cost: { budget, calls: callsToSet(before, next) },
    batch: { key: `set:${account}/${zone}`, most: hostnamesTogether },
    summary: `set ${hostname} to ${describe(next)} (now ${describe(before)})`,
  };
}

/** Whether visitors are asked for certificates by this for the first time. */
function isFirstAsk(from: ApiShieldState, to: ApiShieldState): boolean {
  return from.associated.length === 0 && to.associated.length > 0;
}

function neverAsked({ hostname }: ApiShieldTarget, { idleMs }: StepOptions): Finding {
  return {
    code: "connections-never-asked",
    severity: "warning",
    message: `visitors' connections to ${hostname} that are open now are never asked for a certificate; Cloudflare ends them when they have been idle for ${Math.round(idleMs / 1000)} s, and one that stays busy for longer is blocked once a certificate is required`,
    mend: "let clients that keep connections busy open new ones before that, or let a wave bake for as long as they last",
  };
}

function settingOf({ associated, rule }: ApiShieldState): HostnameSetting {
  return { associated, rule };
}

/** Hostnames that are set together. A list takes any number; each has a rule, which is a call of its own. */
const hostnamesTogether = 25;

/**
 * Of a whole batch: the look at the store and at the rules; for each list a look, a write and another look; and a call for
 * the rule of each hostname.
 */
function callsToSet(from: HostnameSetting, to: HostnameSetting): number {
  const names = new Set([...from.associated, ...to.associated]);
  const moved = [...names].filter(
    (name) => from.associated.includes(name) !== to.associated.includes(name),
  ).length;
  return 2 + 3 * moved + (isSameRule(from.rule, to.rule) ? 0 : hostnamesTogether);
}

function wayBack({ associated, store }: ApiShieldState): ApiShieldStep["back"] {
  if (associated.length === 0) return "exact";
  if (associated.every((name) => !isOfStore(name) || store[name] !== undefined)) return "until-retire";
  return { never: "a CA that is asked for now is not in the account's store any more" };
}

function isOfStore(name: AuthorityName): boolean {
  return name !== managedName && !name.startsWith("id:");
}

function describe({ associated, rule }: HostnameSetting): string {
  if (rule?.enabled === true) {
    const lists = rule.crls.length === 0 ? "" : `, ${rule.crls.length} CRL(s)`;
    return `required by ${describeNames(associated)}${lists}`;
  }
  return associated.length === 0 ? "off" : `request by ${describeNames(associated)}`;
}

function describeNames(names: readonly AuthorityName[]): string {
  return names.length === 0 ? "no CA" : names.map(short).join(" and ");
}

function describeRule(rule: OwnRule | null): string {
  if (rule === null) return "no rule of handfast's";
  return rule.enabled ? "another rule under handfast's name" : "the rule switched off";
}

function short(name: AuthorityName): string {
  return name === managedName ? "the managed CA" : name.slice(0, 12);
}
