import type { Finding, Seen, Step, StepCheck } from "@handfast/core";
import type { HostnameAction, SslAction } from "../hostname/actions.ts";
import type { HostnameState } from "../hostname/state.ts";
import type { HostnameTarget } from "../hostname/target.ts";
import {
  isPlain,
  ownRuleOf,
  type SslState,
  speaksTls,
  sslModeObject,
  sslRuleKey,
  verdictOf,
  verifiesOrigin,
  withOwnRule,
} from "./state.ts";

/** The part of a move that is about the SSL mode. */
export interface SslMove {
  readonly steps: readonly Step<HostnameAction>[];
  readonly findings: readonly Finding[];
  /** Whether it begins or ends that Cloudflare speaks TLS to the origin, and so that anything is shown. */
  readonly turns: "on" | "off" | "neither";
}

/**
 * The step that sets the mode: our own rule, or the zone's setting where the target says so. What others set is not
 * written, on the way back neither.
 */
export function planSslSteps(
  target: HostnameTarget,
  hostname: string,
  from: SslState,
  to: SslState,
  budget: string,
): SslMove {
  const actions: SslAction[] = [];
  const { zone } = target;
  const [own, wanted] = [ownRuleOf(from), ownRuleOf(to)];
  if (target.sslBy === "zone" && from.zone !== to.zone)
    actions.push({ kind: "ssl-zone", zone, from: from.zone, to: to.zone });
  if (own !== undefined && wanted !== undefined && own !== wanted)
    actions.push({ kind: "ssl-rule", zone, hostname, from: own, to: wanted });
  let end = from;
  const steps = actions.map((action, index): Step<HostnameAction> => {
    const before = actions[index - 1];
    const start = end;
    end = afterSsl(start, action);
    return {
      key: keyOf(action),
      ...(before === undefined ? {} : { after: [keyOf(before)] }),
      object: action.kind === "ssl-zone" ? sslModeObject(zone) : sslRuleKey(zone, hostname),
      action,
      effect: turnOf(start, end) === "neither" ? "none" : "switch",
      back: "exact",
      // the provider tells nowhere when its edges have it
      settles: { by: "time", typicalMs: 60_000, atMostMs: 300_000 },
      cost: { budget, calls: 2 },
      summary: summaryOf(action),
    };
  });
  const findings = actions.length === 0 ? [] : judgeMove(hostname, actions, from, end);
  return { steps, findings, turns: turnOf(from, end) };
}

/** The SSL mode of a hostname of the zone once a step is in effect. The rule must be the hostname's own. */
export function afterSsl(ssl: SslState, action: SslAction): SslState {
  if (action.kind === "ssl-rule") return withOwnRule(ssl, action.to);
  return ssl.zone === action.to ? ssl : { ...ssl, zone: action.to };
}

/** Where such a step stands. */
export function checkSsl(action: SslAction, { now: { ssl } }: Pick<Seen<HostnameState>, "now">): StepCheck {
  const now = action.kind === "ssl-zone" ? ssl.zone : ownRuleOf(ssl);
  if (now === undefined) return { failed: "the Configuration Rules can't be read any more" };
  if (now === action.to) {
    const { mode } = verdictOf(ssl);
    if (action.to === null || isPlain(action.to) || !isPlain(mode)) return "done";
    return { moved: `the SSL mode is "${mode}" all the same: a Configuration Rule of somebody else wins` };
  }
  if (now === action.from) return "todo";
  const what = action.kind === "ssl-zone" ? `of zone ${action.zone.slice(0, 12)}` : `of ${action.hostname}`;
  return { moved: `the SSL mode ${what} is now set to ${now ?? "nothing"}: somebody else wrote there` };
}

function turnOf(from: SslState, to: SslState): SslMove["turns"] {
  const [before, after] = [speaksTls(from) !== "no", speaksTls(to) !== "no"];
  if (before === after) return "neither";
  return after ? "on" : "off";
}

function keyOf({ kind, to }: SslAction): string {
  return `${kind}:${to ?? "none"}`;
}

function summaryOf(action: SslAction): string {
  if (action.kind === "ssl-zone")
    return `set the SSL mode of zone ${action.zone.slice(0, 12)} to ${action.to} (${action.from} before)`;
  const { hostname, from, to } = action;
  if (to === null) return `take the Configuration Rule with the SSL mode of ${hostname} (${from}) away`;
  if (from === null) return `add a Configuration Rule with the SSL mode ${to} for ${hostname}`;
  return `change the Configuration Rule for ${hostname} to the SSL mode ${to} (${from} before)`;
}

function judgeMove(hostname: string, actions: readonly SslAction[], from: SslState, to: SslState): Finding[] {
  const [before, after] = [verdictOf(from).mode, verdictOf(to).mode];
  const found: Finding[] = [];
  if (isPlain(before) && !isPlain(after)) {
    found.push({
      code: "ssl-origin-needs-tls",
      severity: "warning",
      message: `Cloudflare speaks plain HTTP to the origin of ${hostname} now ("${before}"), and TLS from then on ("${after}"): visitors get 521 or 525 where the origin does not answer TLS on its HTTPS port`,
      mend: "see to it that the origin serves the hostname over TLS before this run",
    });
  }
  if (verifiesOrigin(after) && !verifiesOrigin(before)) {
    found.push({
      code: "ssl-origin-verified",
      severity: "warning",
      message: `Cloudflare verifies the certificate of the origin of ${hostname} from then on ("${after}"): visitors get 526 where it has expired, has another name, or is of no CA that Cloudflare trusts`,
      mend: "check the origin's certificate (a public CA, Cloudflare's Origin CA, or a custom origin trust store) before this run",
    });
  }
  const zone = actions.find(({ kind }) => kind === "ssl-zone");
  if (zone !== undefined) {
    found.push({
      code: "ssl-zone-wide",
      severity: "warning",
      message: `the SSL mode of the whole zone changes from "${zone.from}" to "${zone.to}": for every hostname that no rule sets another for, those that no spec names included; legacy Page Rules that set SSL can't be seen from here, and win`,
      mend: 'leave out sslBy: "zone", so that a Configuration Rule for the hostname alone is written',
    });
  }
  return found;
}
