import type { Finding } from "@handfast/core";
import type { HostnameTarget } from "../hostname/target.ts";
import { meets, rankOf, type SslState, verdictOf, withOwnRule } from "./state.ts";

/**
 * The SSL mode that a target asks for, or why it can't be had. A safer mode that is there is left: `ssl` says the least
 * that is to hold. Nothing is asked of a target without `ssl`.
 */
export function realiseSsl(
  target: HostnameTarget,
  now: SslState,
): { readonly ssl: SslState } | { readonly findings: readonly Finding[] } {
  const { ssl: asked } = target;
  if (asked === undefined) return { ssl: now };
  const { mode, maybe } = verdictOf(now);
  const modes = [mode, ...maybe];
  if (modes.every((one) => meets(one, asked))) return { ssl: now };
  return target.sslBy === "zone" ? realiseByZone(asked, now) : realiseByRule(asked, now, modes);
}

function realiseByZone(asked: string, now: SslState): ReturnType<typeof realiseSsl> {
  const { mode, by } = verdictOf(now);
  if (by !== "zone") {
    return refuse(
      "ssl-rule-decides",
      `a Configuration Rule sets the SSL mode of the hostname ("${mode}"): the zone's setting would change nothing`,
      'take that rule away, or leave out sslBy: "zone", so that a rule for the hostname is written',
    );
  }
  // what rules may do to some requests is told by a finding
  if (meets(mode, asked)) return { ssl: now };
  return rankOf(mode) === undefined ? unknownMode(mode) : { ssl: { ...now, zone: asked } };
}

function realiseByRule(
  asked: string,
  now: SslState,
  modes: readonly string[],
): ReturnType<typeof realiseSsl> {
  if ("unknown" in now.rules) {
    return refuse(
      "ssl-rules-needed",
      `the SSL mode of the hostname is to be "${asked}", and ${now.rules.unknown}`,
      'give the token the permission "Config Settings Write", or set sslBy: "zone"',
    );
  }
  const strange = modes.find((mode) => rankOf(mode) === undefined);
  if (strange !== undefined) return unknownMode(strange);
  const { own, over } = now.rules;
  if (over.mode !== null) return { findings: [overridden(asked, over.mode)] };
  if (own !== null && meets(own, asked)) return { ssl: now };
  const safer = modes.find((mode) => mode !== asked && meets(mode, asked));
  if (safer !== undefined) {
    return refuse(
      "ssl-would-weaken",
      `a Configuration Rule sets the SSL mode "${safer}" for some requests to the hostname, and a rule that sets "${asked}" for all would weaken it`,
      `ask for ssl: "${safer}", or take that rule away`,
    );
  }
  return { ssl: withOwnRule(now, asked) };
}

/** A rule of somebody else lies above our own, or above where it would have to be. */
export function overridden(asked: string, mode: string, name?: string): Finding {
  const rule = name === undefined ? "a Configuration Rule" : `the Configuration Rule "${name}"`;
  return {
    code: "ssl-rule-overrides",
    severity: "blocker",
    message: `${rule} comes after handfast's and sets the SSL mode of the hostname to "${mode}", where "${asked}" is asked for: the last match wins`,
    mend: "take that rule away, or move it before handfast's",
  };
}

function unknownMode(mode: string): { readonly findings: readonly Finding[] } {
  return refuse(
    "ssl-mode-unknown",
    `the SSL mode is "${mode}", which is not known here: it may be safer than what is asked for`,
    "set the SSL mode by hand and leave out ssl",
  );
}

function refuse(code: string, message: string, mend: string): { readonly findings: readonly Finding[] } {
  return { findings: [{ code, severity: "blocker", message, mend }] };
}
