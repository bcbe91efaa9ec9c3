/**
 * The writes. Each looks at the world before it is repeated, so that a lost answer or a CA that was there already ends as
 * if the first call had come through.
 */
import {
  type Digest,
  HandfastError,
  isHandfastError,
  type Outcome,
  toPem,
  type WriteContext,
} from "@handfast/core";
import { ensure, lookAgainMs } from "../ensure.ts";
import { refusalOf } from "../translate-error.ts";
import type { ApiShieldAction, DeleteAction, SetAction, UploadAction } from "./actions.ts";
import type { CrlMemory } from "./crl-memory.ts";
import { isShadowed } from "./judge-rules.ts";
import type { ApiShieldPort, AuthorityId, FirewallRule, FirewallRules } from "./port.ts";
import { refOf, ruleText } from "./rule-text.ts";
import { type AuthorityName, authorityKey, type OwnRule } from "./state.ts";
import { madeBy } from "./steps.ts";
import { findAuthorities } from "./world.ts";

/** What the writes need beside the action. */
export interface PerformOptions {
  readonly port: ApiShieldPort;
  readonly adapter: string;
  /** How long one write may wait for what passes by itself. */
  readonly waitMs: number;
  /** How long until the edge acts by a change. */
  readonly settleMs: number;
  /** How long Cloudflare keeps a visitor's connection that nobody uses. */
  readonly idleMs: number;
  readonly memory: CrlMemory;
}

/** Performs one action. @throws HandfastError `REMOTE_…`, `PRECONDITION_FAILED`, `BLOB_MISSING`, `ABORTED` */
export function performAction(
  options: PerformOptions,
  action: ApiShieldAction,
  context: WriteContext,
): Promise<Outcome> {
  switch (action.kind) {
    case "upload":
      return upload(options, action, context);
    case "delete":
      return remove(options, action, context);
    case "set":
      return set(options, action, context);
  }
}

async function upload(
  options: PerformOptions,
  action: UploadAction,
  context: WriteContext,
): Promise<Outcome> {
  const { port } = options;
  const { account, certificate } = action;
  const pem = toPem(await context.bytes(certificate), "CERTIFICATE");
  const made: Outcome = { made: madeBy(action) };
  return ensure(options, context, ["exists"], {
    look: async (written) => {
      if (!(await findAuthorities(port, account, context)).has(certificate)) return undefined;
      return written ? made : { adopted: true };
    },
    write: async () => {
      await port.uploadAuthority(account, { name: `handfast-${certificate.slice(0, 32)}`, pem }, context);
      return made;
    },
  });
}

async function remove(
  options: PerformOptions,
  { account, authority }: DeleteAction,
  context: WriteContext,
): Promise<Outcome> {
  const removed = [authorityKey(account, authority)];
  let id: AuthorityId | "managed" | undefined;
  return ensure(options, context, ["in-use"], {
    look: async (written) => {
      id = (await findAuthorities(options.port, account, context)).get(authority);
      if (id !== undefined) return undefined;
      return written ? { removed } : { removed, adopted: true };
    },
    write: async () => {
      try {
        await options.port.deleteAuthority(account, id as AuthorityId, context);
      } catch (error) {
        if (refusalOf(error) !== "gone") throw error;
      }
      return { removed };
    },
  });
}

/**
 * First the lists that the hostname is added to, then the rule, last the lists that it is taken from. Where asking begins
 * or ends beside the rule, the edge is given time between: who is refused must have been asked.
 */
async function set(options: PerformOptions, action: SetAction, context: WriteContext): Promise<Outcome> {
  const { from, to, account } = action;
  for (const crl of to.rule?.crls ?? []) await learn(options.memory, crl, context);
  const ids = await findAuthorities(options.port, account, context);
  for (const name of to.associated) requireId(options, ids, name, action);
  let wrote = false;
  for (const name of to.associated) wrote = (await setListed(options, ids, name, action, context)) || wrote;
  if (wrote && from.associated.length === 0 && to.rule?.enabled === true) {
    await context.clock.sleep(Math.max(options.settleMs, options.idleMs), context.signal);
  }
  const changed = await setRule(options, action, context);
  const left = [...ids.keys()].filter((name) => !to.associated.includes(name));
  const mine = left.filter((name) => from.associated.includes(name));
  if (changed && to.associated.length === 0 && mine.length > 0) {
    await context.clock.sleep(options.settleMs, context.signal);
  }
  for (const name of mine) wrote = (await setListed(options, ids, name, action, context)) || wrote;
  return wrote || changed ? {} : { adopted: true };
}

/** Keeps a list in mind. A way back may name one that nobody has any more: the rule needs its serial numbers alone. */
async function learn(memory: CrlMemory, crl: Digest, context: WriteContext): Promise<void> {
  try {
    memory.learn(await context.bytes(crl));
  } catch (error) {
    if (!isHandfastError(error) || error.code !== "BLOB_MISSING") throw error;
  }
}

/** Has the hostname in a CA's list or not, as the action wants; true when it had to be written. */
async function setListed(
  options: PerformOptions,
  ids: ReadonlyMap<AuthorityName, AuthorityId | "managed">,
  name: AuthorityName,
  action: SetAction,
  context: WriteContext,
): Promise<boolean> {
  const { port } = options;
  const { zone, hostname, to } = action;
  const id = requireId(options, ids, name, action);
  const wanted = to.associated.includes(name);
  const until = context.clock.now() + options.waitMs;
  for (let wrote = false; ; wrote = true) {
    let now: readonly string[] = [];
    const outcome = await ensure(options, context, ["busy"], {
      look: async (written) => {
        now = await port.readHostnames(zone, id, context);
        if (now.includes(hostname) !== wanted) return undefined;
        return written ? {} : { adopted: true };
      },
      // the write replaces the list, so the names of others go along as they were a moment ago
      write: async () => {
        const next = wanted ? [...now, hostname] : now.filter((other) => other !== hostname);
        await port.putHostnames(zone, id, next, context);
        return {};
      },
    });
    if (outcome.adopted === true) return wrote;
    if ((await port.readHostnames(zone, id, context)).includes(hostname) === wanted) return true;
    // somebody else replaced the list at the same moment, without this hostname
    if (context.clock.now() + lookAgainMs > until) throw overwritten(options, action);
    await context.clock.sleep(lookAgainMs, context.signal);
  }
}

/** Has the rule as the action wants it; true when it had to be written. No other rule is touched. */
async function setRule(options: PerformOptions, action: SetAction, context: WriteContext): Promise<boolean> {
  const { port } = options;
  const { zone, hostname, to } = action;
  let rules: FirewallRules = { id: undefined, rules: [] };
  let own: FirewallRule | undefined;
  const outcome = await ensure(options, context, ["gone"], {
    look: async (written) => {
      rules = await port.readRules(zone, context);
      own = rules.rules.find(({ ref }) => ref === refOf(hostname));
      if (!isAsWanted(rules, own, hostname, to.rule)) return undefined;
      return written ? {} : { adopted: true };
    },
    write: async () => {
      if (to.rule === null) {
        await port.deleteRule(zone, rules.id as string, own?.id as string, context);
        return {};
      }
      const text = ruleText(hostname, to.rule);
      if (own === undefined || rules.id === undefined) await port.addRule(zone, rules.id, text, context);
      else await port.changeRule(zone, rules.id, own.id, text, context);
      return {};
    },
  });
  return outcome.adopted !== true;
}

function isAsWanted(
  { rules }: FirewallRules,
  own: FirewallRule | undefined,
  hostname: string,
  wanted: OwnRule | null,
): boolean {
  if (own === undefined || wanted === null) return own === undefined && wanted === null;
  const text = ruleText(hostname, wanted);
  return (
    own.action === "block" &&
    own.expression === text.expression &&
    own.description === text.description &&
    own.enabled === text.enabled &&
    !isShadowed(rules, rules.indexOf(own), hostname)
  );
}

function overwritten({ adapter }: PerformOptions, { zone, hostname }: SetAction): HandfastError {
  return new HandfastError(
    "REMOTE_CONFLICT",
    `write hostnames that ask for client certificates failed [zone=${zone}, hostname=${hostname}]: somebody else replaces the same list again and again; find out who, and try again`,
    { adapter, object: `${zone}/${hostname}`, outcomeUnknown: true },
  );
}

function requireId(
  { adapter }: PerformOptions,
  ids: ReadonlyMap<AuthorityName, AuthorityId | "managed">,
  name: AuthorityName,
  { account, hostname }: SetAction,
): AuthorityId | "managed" {
  const id = ids.get(name);
  if (id !== undefined) return id;
  throw new HandfastError(
    "PRECONDITION_FAILED",
    `set ${hostname} failed [account=${account}, CA=${name.slice(0, 12)}]: the CA is not in the account's store (any more); plan again, which uploads it`,
    { adapter, object: authorityKey(account, name) },
  );
}
