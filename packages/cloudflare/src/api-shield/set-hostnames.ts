/**
 * What clients of hostnames meet, written for many hostnames of one zone at once: a list of a CA takes them all in one
 * call, a rule is a call of its own.
 */
import {
  type Digest,
  HandfastError,
  isHandfastError,
  type Performed,
  type WriteContext,
} from "@handfast/core";
import { ensure, lookAgainMs, pause } from "../ensure.ts";
import type { SetAction } from "./actions.ts";
import { isShadowed } from "./judge-rules.ts";
import type { PerformOptions } from "./perform.ts";
import type { AuthorityId, FirewallRule, FirewallRules } from "./port.ts";
import { refOf, ruleText } from "./rule-text.ts";
import { type AuthorityName, authorityKey, type OwnRule, sorted } from "./state.ts";
import { findAuthorities } from "./world.ts";

/**
 * Sets hostnames of one zone: first the lists that they are added to, then the rules, last the lists that they are taken
 * from. Where asking begins or ends beside a rule, the edge is given time between: who is refused must have been asked.
 *
 * @returns for each its outcome, or the error that it alone ended in
 */
export async function setHostnames(
  options: PerformOptions,
  actions: readonly SetAction[],
  context: WriteContext,
): Promise<readonly Performed[]> {
  const [first] = actions;
  if (first === undefined) return [];
  for (const crl of new Set(actions.flatMap(({ to }) => to.rule?.crls ?? [])))
    await learn(options, crl, context);
  const ids = await findAuthorities(options.port, first.account, context);
  const writer = new HostnameWriter(options, first.zone, ids, context);
  for (const action of actions) writer.check(action);
  const isFirstAsk = ({ from, to }: SetAction) => from.associated.length === 0 && to.rule?.enabled === true;
  await writer.setListed(actions, ({ to }) => to.associated, true);
  // an earlier attempt may have come so far: whether it also waited, nobody wrote down
  if (actions.some(isFirstAsk)) await pause(context, Math.max(options.settleMs, options.idleMs));
  await writer.writeRules(actions);
  const removed = ({ from, to }: SetAction) =>
    from.associated.filter((name) => !to.associated.includes(name));
  const isLastAsk = (action: SetAction) =>
    action.to.associated.length === 0 && removed(action).length > 0 && action.from.rule !== null;
  if (actions.some(isLastAsk)) await pause(context, options.settleMs);
  await writer.setListed(actions, removed, false);
  return actions.map((action) => writer.answerOf(action));
}

/** Keeps a list in mind. A way back may name one that nobody has any more: the rule needs its serial numbers alone. */
async function learn({ memory }: PerformOptions, crl: Digest, context: WriteContext): Promise<void> {
  try {
    memory.learn(await context.bytes(crl));
  } catch (error) {
    if (!isHandfastError(error) || error.code !== "BLOB_MISSING") throw error;
  }
}

class HostnameWriter {
  readonly #options: PerformOptions;
  readonly #zone: string;
  readonly #ids: ReadonlyMap<AuthorityName, AuthorityId | "managed">;
  readonly #context: WriteContext;
  readonly #changed = new Set<SetAction>();
  readonly #failed = new Map<SetAction, HandfastError>();
  #rules: FirewallRules | undefined;

  constructor(
    options: PerformOptions,
    zone: string,
    ids: ReadonlyMap<AuthorityName, AuthorityId | "managed">,
    context: WriteContext,
  ) {
    this.#options = options;
    this.#zone = zone;
    this.#ids = ids;
    this.#context = context;
  }

  answerOf(action: SetAction): Performed {
    return this.#failed.get(action) ?? (this.#changed.has(action) ? {} : { adopted: true });
  }

  /** Fails an action whose CA is not there (any more). */
  check(action: SetAction): void {
    const lost = action.to.associated.find((name) => !this.#ids.has(name));
    if (lost !== undefined) this.#failed.set(action, authorityGone(this.#options.adapter, action, lost));
  }

  /** Has each rule as its action wants it; what fails, fails alone. No other rule is touched. */
  async writeRules(actions: readonly SetAction[]): Promise<void> {
    for (const action of actions.filter((one) => !this.#failed.has(one))) {
      try {
        if (await this.#setRule(action)) this.#changed.add(action);
      } catch (error) {
        this.#rules = undefined;
        if (!isHandfastError(error) || error.code === "ABORTED") throw error;
        this.#failed.set(action, error);
      }
    }
  }

  /** Has hostnames in the lists of the CAs that are named for each, or not, as wanted. */
  async setListed(
    actions: readonly SetAction[],
    named: (action: SetAction) => readonly AuthorityName[],
    wanted: boolean,
  ): Promise<void> {
    for (const name of sorted(actions.flatMap(named))) {
      const id = this.#ids.get(name);
      const due = actions.filter((action) => !this.#failed.has(action) && named(action).includes(name));
      // what a CA's list held is gone with the CA
      if (id === undefined || due.length === 0) continue;
      const hostnames = due.map(({ hostname }) => hostname);
      const moved = await this.#replaceList(id, hostnames, wanted);
      for (const action of due) if (moved.has(action.hostname)) this.#changed.add(action);
    }
  }

  /** Writes one list with these hostnames more or less; answers with those that were not so already. */
  async #replaceList(
    id: AuthorityId | "managed",
    hostnames: readonly string[],
    wanted: boolean,
  ): Promise<ReadonlySet<string>> {
    const { port, waitMs, adapter } = this.#options;
    const { clock } = this.#context;
    const until = clock.now() + waitMs;
    const moved = new Set<string>();
    for (;;) {
      let now: readonly string[] = [];
      const due = () => hostnames.filter((hostname) => now.includes(hostname) !== wanted);
      const outcome = await ensure(this.#options, this.#context, ["busy"], {
        look: async (written) => {
          now = await port.readHostnames(this.#zone, id, this.#context);
          for (const hostname of due()) moved.add(hostname);
          if (due().length > 0) return undefined;
          return written ? {} : { adopted: true };
        },
        // the write replaces the list, so the names of others go along as they were a moment ago
        write: async () => {
          const next = wanted ? [...now, ...due()] : now.filter((other) => !hostnames.includes(other));
          await port.putHostnames(this.#zone, id, next, this.#context);
          return {};
        },
      });
      if (outcome.adopted === true) return moved;
      now = await port.readHostnames(this.#zone, id, this.#context);
      if (due().length === 0) return moved;
      // somebody else replaced the list at the same moment, without these hostnames
      if (clock.now() + lookAgainMs > until) throw overwritten(adapter, this.#zone, due());
      await pause(this.#context, lookAgainMs);
    }
  }

  async #setRule({ hostname, to }: SetAction): Promise<boolean> {
    const { port } = this.#options;
    let own: FirewallRule | undefined;
    let rules: FirewallRules = { id: undefined, rules: [] };
    let looks = 0;
    const outcome = await ensure(this.#options, this.#context, ["gone"], {
      look: async (written) => {
        // read once for all; again after whatever went wrong
        if (looks > 0) this.#rules = undefined;
        looks += 1;
        this.#rules ??= await port.readRules(this.#zone, this.#context);
        rules = this.#rules;
        own = rules.rules.find(({ ref }) => ref === refOf(hostname));
        if (!isAsWanted(rules, own, hostname, to.rule)) return undefined;
        return written ? {} : { adopted: true };
      },
      write: async () => {
        if (to.rule === null) {
          await port.deleteRule(this.#zone, rules.id as string, own?.id as string, this.#context);
          return {};
        }
        const text = ruleText(hostname, to.rule);
        if (own !== undefined && rules.id !== undefined) {
          await port.changeRule(this.#zone, rules.id, own.id, text, this.#context);
          return {};
        }
        await port.addRule(this.#zone, rules.id, text, this.#context);
        // there is a ruleset now, which the next one goes into
        if (rules.id === undefined) this.#rules = undefined;
        return {};
      },
    });
    return outcome.adopted !== true;
  }
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

function overwritten(adapter: string, zone: string, hostnames: readonly string[]): HandfastError {
  return new HandfastError(
    "REMOTE_CONFLICT",
    `write hostnames that ask for client certificates failed [zone=${zone}, hostname=${hostnames[0]}]: somebody else replaces the same list again and again; find out who, and try again`,
    { adapter, object: zone, outcomeUnknown: true },
  );
}

function authorityGone(
  adapter: string,
  { account, hostname }: SetAction,
  name: AuthorityName,
): HandfastError {
  return new HandfastError(
    "PRECONDITION_FAILED",
    `set ${hostname} failed [account=${account}, CA=${name.slice(0, 12)}]: the CA is not in the account's store (any more); plan again, which uploads it`,
    { adapter, object: authorityKey(account, name) },
  );
}
