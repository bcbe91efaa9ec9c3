/** Opens and closes the listener of a rehearsal. */
import { HandfastError, type Outcome, type WriteContext } from "@handfast/core";
import type { AlbAction } from "../alb/actions.ts";
import type { ListenerRecord, LoadBalancing, MutualAuthentication } from "../alb/port.ts";
import { ownerTag, toState } from "../alb/read.ts";
import { orNothing } from "../leave-out-missing.ts";
import { type RetryLimits, retryOn } from "../retry.ts";
import { isThere, rehearsalObject } from "./rehearsal.ts";

/** What writing takes of a rehearsal. */
export interface RehearsalWriter {
  readonly balancing: LoadBalancing;
  readonly context: WriteContext;
  /** Marks what this step makes. */
  readonly token: string;
}

/** Opens the listener at the spare port. */
export async function openRehearsal(
  listener: string,
  { port, to }: Extract<AlbAction, { kind: "open-rehearsal" }>,
  block: MutualAuthentication,
  limits: RetryLimits,
  { balancing, context, token }: RehearsalWriter,
): Promise<Outcome> {
  const made = [rehearsalObject(listener, port)];
  const [own] = await balancing.listeners([listener], context.signal);
  if (own !== undefined && isThere(toState(own.authentication, listener), to)) return { adopted: true };
  const there = await findBeside(own, port, balancing, context.signal);
  if (there !== undefined) {
    const tag = await tagOf(there, balancing, context.signal);
    if (tag === undefined) throw takenPort(listener, port);
    return tag === token ? { adopted: true, made } : { adopted: true };
  }
  await retryOn(["TrustStoreNotReady", "TrustStoreNotFound"], limits, context, () =>
    balancing.openBeside(listener, { port, block, tags: { [ownerTag]: token } }, context.signal),
  );
  return { made };
}

/** Deletes the listener at the spare port, if it is still ours. */
export async function closeRehearsal(
  listener: string,
  port: number,
  { balancing, context }: RehearsalWriter,
): Promise<Outcome> {
  const removed = [rehearsalObject(listener, port)];
  const [own] = await balancing.listeners([listener], context.signal);
  const there = await findBeside(own, port, balancing, context.signal);
  if (there === undefined) return { removed, adopted: true };
  if ((await tagOf(there, balancing, context.signal)) === undefined) throw takenPort(listener, port);
  await orNothing(balancing.deleteListener(there.arn, context.signal));
  return { removed };
}

async function findBeside(
  own: ListenerRecord | undefined,
  port: number,
  balancing: LoadBalancing,
  signal: AbortSignal,
): Promise<ListenerRecord | undefined> {
  const all = own === undefined ? [] : await balancing.listenersOf(own.loadBalancerArn, signal);
  return all.find((one) => one.port === port);
}

async function tagOf(
  { arn }: ListenerRecord,
  balancing: LoadBalancing,
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await balancing.tags([arn], signal)).get(arn)?.[ownerTag];
}

function takenPort(listener: string, port: number): HandfastError {
  return new HandfastError(
    "STEP_MOVED",
    `rehearse failed [listener=${listener}, port=${port}]: the port has a listener that is not handfast's; give rehearsalPort a spare port, then plan again`,
    { object: listener, facts: { port } },
  );
}
