import { HandfastError, type Outcome, type WriteContext } from "@handfast/core";
import { ensure } from "../ensure.ts";
import type { SslRuleAction, SslZoneAction } from "../hostname/actions.ts";
import type { HostnamePort, SslRule } from "../hostname/port.ts";
import { refusalOf } from "../translate-error.ts";
import { isMarked, isOwnRule, ownRuleText, seeSsl } from "./rule.ts";
import { speaksTls, sslRuleKey, verdictOf } from "./state.ts";

/** What the writes of the SSL mode need beside the action. */
export interface SslOptions {
  readonly port: HostnamePort;
  readonly adapter: string;
  /** How long one write may wait for another one to end. */
  readonly waitMs: number;
}

/** Sets the mode of the whole zone. */
export function writeSslZone(
  options: SslOptions,
  { zone, from, to }: SslZoneAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  return ensure(options, context, ["busy"], {
    look: async (written) => {
      const now = await port.readSslMode(zone, context);
      if (now === to) return written ? {} : { adopted: true };
      if (now !== from) throw setElsewhere(options, zone, now);
      return undefined;
    },
    write: async () => {
      await port.writeSslMode(zone, to, context);
      return {};
    },
  });
}

/** Adds, changes or deletes our own rule of a hostname, and touches no other. */
export function writeSslRule(
  options: SslOptions,
  action: SslRuleAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  const { zone, hostname, to } = action;
  const key = sslRuleKey(zone, hostname);
  let ruleset: string | undefined;
  let own: SslRule | undefined;
  const outcome = (): Outcome => {
    if (to === null) return { removed: [key] };
    return action.from === null ? { made: [key] } : {};
  };
  // the ruleset may have been made by somebody else in between
  return ensure(options, context, ["busy", "exists"], {
    look: async (written) => {
      const found = await port.readSslRules(zone, context);
      ruleset = found.ruleset;
      own = found.rules.find((rule) => isMarked(rule, hostname));
      if (own !== undefined && !isOwnRule(own, hostname)) throw altered(options, action);
      if ((own?.ssl ?? null) !== to) return undefined;
      if (written) return outcome();
      return to === null ? { ...outcome(), adopted: true } : { adopted: true };
    },
    write: async () => {
      const place = own === undefined || ruleset === undefined ? undefined : { ruleset, id: own.id };
      if (to !== null) {
        const text = ownRuleText(hostname, to);
        if (place === undefined) await port.addSslRule(zone, ruleset, text, context);
        else await port.changeSslRule(zone, place, text, context);
      } else if (place !== undefined) {
        try {
          await port.deleteSslRule(zone, place, context);
        } catch (error) {
          if (refusalOf(error) !== "gone") throw error;
        }
      }
      return outcome();
    },
  });
}

/** What is planned for a time without TLS touches traffic at any other. @throws HandfastError `PRECONDITION_FAILED` */
export async function refuseUnlessPlain(
  { port, adapter }: SslOptions,
  { zone, hostname }: { readonly zone: string; readonly hostname: string },
  context: WriteContext,
): Promise<void> {
  const [mode, rules] = await Promise.all([
    port.readSslMode(zone, context),
    port.listSslRules(zone, context),
  ]);
  const ssl = seeSsl(hostname, mode, rules);
  if (speaksTls(ssl) === "no") return;
  throw new HandfastError(
    "PRECONDITION_FAILED",
    `write hostname association failed [zone=${zone}, hostname=${hostname}]: it was planned for a time at which Cloudflare speaks plain HTTP to the origin, and the SSL mode is "${verdictOf(ssl).mode}" now; plan again`,
    { adapter, object: `${zone}/${hostname}` },
  );
}

function setElsewhere({ adapter }: SslOptions, zone: string, now: string): HandfastError {
  return new HandfastError(
    "PRECONDITION_FAILED",
    `write SSL mode failed [zone=${zone}]: somebody set it to "${now}" since this was planned; plan again`,
    { adapter, object: zone },
  );
}

function altered({ adapter }: SslOptions, { zone, hostname }: SslRuleAction): HandfastError {
  return new HandfastError(
    "PRECONDITION_FAILED",
    `write Configuration Rule failed [zone=${zone}, hostname=${hostname}]: the rule that handfast made for the SSL mode was changed by somebody else; set it as it was or delete it, then plan again`,
    { adapter, object: sslRuleKey(zone, hostname) },
  );
}
