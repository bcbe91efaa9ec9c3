import { canonicalText, HandfastError, type Outcome, type WriteContext } from "@handfast/core";
import { changeConfig } from "../distribution/change-config.ts";
import type { ConfigDocument } from "../distribution/config-document.ts";
import type { Distributions, ViewerBlock } from "../distribution/port.ts";
import { providerCode, type RetryLimits, retryOn } from "../retry.ts";
import type { RevocationControl } from "../revocation/port.ts";
import type { CloudFrontAction } from "./actions.ts";
import { distributionsPerStore } from "./check-crls.ts";
import { describe } from "./describe.ts";
import { type Ids, idIn, type NamesById, namedViewer } from "./ids.ts";
import type { TrustStores } from "./port.ts";
import { type Front, type StoreContent, storeOf, type Viewer } from "./state.ts";
import { visibleStore } from "./store-writer.ts";

/** What the switch needs. */
export interface Switchers {
  readonly distributions: Distributions;
  readonly stores: TrustStores;
  functions(): Promise<Pick<RevocationControl, "functions">>;
  /** As they were read last. */
  readonly ids: Ids;
}

type SetViewer = Extract<CloudFrontAction, { kind: "set-viewer" }>;

/**
 * With which code a distribution refuses a store or a function that another part of the service does not know yet, or not
 * as active, is not documented: what may be that is tried again a few times.
 */
const untilKnown: RetryLimits = { tries: 5, everyMs: 5_000 };
const notKnownYet = ["EntityNotFound", "InvalidArgument"];
/** Likewise, of a store that serves all the distributions that it may. */
const perhapsFull = ["EntityLimitExceeded", "InvalidArgument"];

/** Writes viewer mTLS and the connection function of a distribution, and no other field of it. */
export async function setViewer(
  distribution: string,
  action: SetViewer,
  switchers: Switchers,
  context: WriteContext,
): Promise<Outcome> {
  const store = storeOf(action.to.viewer);
  let isFresh = false;
  const write = async (): Promise<"changed" | "as-wanted"> => {
    const names = await namesFor(distribution, action, switchers, context, isFresh);
    isFresh = true;
    if (store !== undefined && action.expects !== undefined)
      await expectContent(
        store,
        idOf(store, names.stores, "trust store"),
        action.expects,
        switchers,
        context,
      );
    const edit = (config: ConfigDocument) => editFront(config, distribution, action, names);
    return changeConfig(switchers.distributions, { arn: distribution, edit }, context);
  };
  try {
    const written = await retryOn(notKnownYet, untilKnown, context, write);
    return written === "as-wanted" ? { adopted: true } : {};
  } catch (error) {
    if (store === undefined || !perhapsFull.includes(providerCode(error) ?? "")) throw error;
    throw (await fullStore(distribution, store, switchers, context)) ?? error;
  }
}

/** Names by id. */
interface Names {
  readonly stores: NamesById;
  readonly functions: NamesById;
  /** Whether they were asked for just now. */
  readonly isFresh: boolean;
}

/** Names as they were read last, if they have all that the step names; else they are asked for. */
async function namesFor(
  distribution: string,
  { from, to }: SetViewer,
  { functions, ids, stores }: Switchers,
  context: WriteContext,
  isFresh: boolean,
): Promise<Names> {
  const fronts = [from, to];
  const named = fronts.flatMap(({ viewer }) => storeOf(viewer) ?? []);
  const called = fronts.flatMap(({ connectionFunction }) => connectionFunction ?? []);
  const hasAll =
    named.every((name) => idIn(ids.stores, name) !== undefined) &&
    called.every((name) => idIn(ids.functions, name) !== undefined);
  if (hasAll && !isFresh) return { stores: ids.stores, functions: ids.functions, isFresh };
  const wanted = storeOf(to.viewer);
  if (wanted !== undefined) ids.sawStores(await visibleStore(stores, wanted, distribution, context));
  else if (named.length > 0) ids.sawStores(await stores.list(context.signal));
  if (called.length > 0) ids.sawFunctions(await (await functions()).functions("LIVE", context.signal));
  return { stores: ids.stores, functions: ids.functions, isFresh: true };
}

/** A store that no step here makes must hold what made it the right one, as far as CloudFront tells. */
async function expectContent(
  name: string,
  id: string,
  { anchors, ocsp }: StoreContent,
  { stores }: Switchers,
  { signal }: WriteContext,
): Promise<void> {
  const refuse = (why: string): HandfastError =>
    new HandfastError("PRECONDITION_FAILED", `set viewers failed [store=${name}]: ${why}`, {
      operation: "UpdateDistribution",
      facts: { store: name },
    });
  const { certificates, ocsp: asks, status } = await stores.get(id, signal);
  if (status !== "active") throw refuse(`it is ${status}; wait until it is active, then plan again`);
  const count = "known" in anchors ? anchors.known.length : anchors.count;
  if ((count === undefined || count === certificates) && asks === ocsp) return;
  throw refuse(
    `it holds ${certificates} certificates${asks ? ", asking OCSP responders," : ""} and not what it held before; have its owner undo that, or ask for the trust by a spec`,
  );
}

/** The error of a store that serves all it may; undefined when it does not. */
async function fullStore(
  distribution: string,
  store: string,
  { stores, ids }: Switchers,
  { signal }: WriteContext,
): Promise<HandfastError | undefined> {
  const users = await stores.users(idIn(ids.stores, store) ?? "", signal);
  if (users.length < distributionsPerStore || users.includes(distribution)) return undefined;
  return new HandfastError(
    "PRECONDITION_FAILED",
    `set viewers failed [store=${store}]: it serves ${users.length} distributions, which is all that a store may; plan again: this distribution gets a further store`,
    { operation: "UpdateDistribution", object: distribution, facts: { store } },
  );
}

function editFront(
  config: ConfigDocument,
  distribution: string,
  { from, to }: SetViewer,
  names: Names,
): "changed" | "as-wanted" {
  const { viewer, connectionFunctionId: functionId } = config;
  const now: Front = {
    viewer: namedViewer(viewer, names.stores),
    connectionFunction: functionId === undefined ? null : (names.functions.get(functionId) ?? functionId),
  };
  const text = canonicalText(now);
  if (text === canonicalText(to)) return "as-wanted";
  if (text !== canonicalText(from)) {
    const isKnown =
      (!("storeId" in viewer) || names.stores.has(viewer.storeId)) &&
      (functionId === undefined || names.functions.has(functionId));
    throw new HandfastError(
      isKnown || names.isFresh ? "STEP_MOVED" : "REMOTE_CONFLICT",
      `set viewers failed [distribution=${distribution}]: it is at ${describe(now)}, neither as before nor as planned; find out who changed it, then plan again or roll back`,
      {
        operation: "GetDistributionConfig",
        object: distribution,
        // what was made anew has another id: it is asked for, and looked at again
        ...(isKnown || names.isFresh ? {} : { provider: { code: "EntityNotFound" } }),
      },
    );
  }
  config.setViewer(withId(to.viewer, names.stores));
  if (to.connectionFunction !== from.connectionFunction) {
    const name = to.connectionFunction;
    config.setConnectionFunction(
      name === null ? undefined : idOf(name, names.functions, "connection function"),
    );
  }
  return "changed";
}

function withId(viewer: Viewer, names: NamesById): ViewerBlock {
  if (!("store" in viewer)) return viewer;
  const { store, ...rest } = viewer;
  return { ...rest, storeId: idOf(store, names, "trust store") };
}

function idOf(name: string, names: NamesById, what: string): string {
  const found = idIn(names, name);
  if (found !== undefined) return found;
  throw new HandfastError(
    "REMOTE_NOT_FOUND",
    `set viewers failed [${what}=${name}]: there is none of that name that is published and that these credentials see; plan again`,
    { operation: "UpdateDistribution", provider: { code: "EntityNotFound" }, facts: { name } },
  );
}
