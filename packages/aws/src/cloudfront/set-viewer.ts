import { canonicalText, HandfastError, type Outcome, type WriteContext } from "@handfast/core";
import { changeConfig } from "../distribution/change-config.ts";
import type { ConfigDocument } from "../distribution/config-document.ts";
import type { Distributions, ViewerBlock } from "../distribution/port.ts";
import { type RetryLimits, retryOn } from "../retry.ts";
import type { RevocationControl } from "../revocation/port.ts";
import type { CloudFrontAction } from "./actions.ts";
import { storeLimits } from "./check-content.ts";
import { describe } from "./describe.ts";
import type { TrustStoreRecord, TrustStores } from "./port.ts";
import { type Front, type StoreContent, storeOf, type Viewer } from "./state.ts";
import { visibleStore } from "./store-writer.ts";

/** What the switch needs. */
export interface Switchers {
  readonly distributions: Distributions;
  readonly stores: TrustStores;
  functions(): Promise<Pick<RevocationControl, "functions">>;
}

type SetViewer = Extract<CloudFrontAction, { kind: "set-viewer" }>;

/**
 * With which code a distribution refuses a store or a function that another part of the service does not know yet, or not
 * as active, is not documented: what may be that is tried again a few times.
 */
const untilKnown: RetryLimits = { tries: 5, everyMs: 5_000 };
const notKnownYet = ["EntityNotFound", "InvalidArgument"];

/** Writes viewer mTLS and the connection function of a distribution, and no other field of it. */
export async function setViewer(
  distribution: string,
  action: SetViewer,
  switchers: Switchers,
  context: WriteContext,
): Promise<Outcome> {
  const written = await retryOn(notKnownYet, untilKnown, context, async () => {
    const ids = await idsFor(distribution, action, switchers, context);
    const edit = (config: ConfigDocument) => editFront(config, distribution, action, ids);
    return changeConfig(switchers.distributions, { arn: distribution, edit }, context);
  });
  return written === "as-wanted" ? { adopted: true } : {};
}

/** Names of stores and functions by the service's ids. */
interface Ids {
  readonly stores: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, string>;
}

async function idsFor(
  distribution: string,
  { from, to, expects }: SetViewer,
  { stores, functions }: Switchers,
  context: WriteContext,
): Promise<Ids> {
  const { signal } = context;
  const named = [storeOf(from.viewer), storeOf(to.viewer)].flatMap((one) => one ?? []);
  const found = named.length === 0 ? [] : await stores.list(signal);
  const all = new Map(found.map(({ id, name }) => [id, name]));
  const wanted = storeOf(to.viewer);
  if (wanted !== undefined) {
    const store =
      found.find(({ name }) => name === wanted) ??
      (await visibleStore(stores, wanted, distribution, context));
    all.set(store.id, store.name);
    if (wanted !== storeOf(from.viewer)) await expectStore(store, expects, distribution, stores, signal);
  }
  const hasFunction = from.connectionFunction !== null || to.connectionFunction !== null;
  const live = hasFunction ? await (await functions()).functions("LIVE", signal) : [];
  return { stores: all, functions: new Map(live.map(({ id, name }) => [id, name])) };
}

/** Whether a store can be switched to, and holds what made it the right one, as far as CloudFront tells. */
async function expectStore(
  { id, name, certificates, status }: TrustStoreRecord,
  expects: StoreContent | undefined,
  distribution: string,
  stores: TrustStores,
  signal: AbortSignal,
): Promise<void> {
  const refuse = (why: string): HandfastError =>
    new HandfastError("PRECONDITION_FAILED", `set viewers failed [store=${name}]: ${why}`, {
      operation: "UpdateDistribution",
      object: distribution,
      facts: { store: name },
    });
  const users = await stores.users(id, signal);
  if (users.length >= storeLimits.distributions && !users.includes(distribution)) {
    throw refuse(
      `it serves ${users.length} distributions, which is all that a store may; plan again: this distribution gets a further store`,
    );
  }
  if (expects === undefined) return;
  const { anchors, ocsp } = expects;
  const count = "known" in anchors ? anchors.known.length : anchors.count;
  const asks = status === "active" && (await stores.get(id, signal)).ocsp;
  if (status !== "active") throw refuse(`it is ${status}; wait until it is active, then plan again`);
  if ((count === undefined || count === certificates) && asks === ocsp) return;
  throw refuse(
    `it holds ${certificates} certificates${asks ? ", asking OCSP responders," : ""} and not what it held before; have its owner undo that, or ask for the trust by a spec`,
  );
}

function editFront(
  config: ConfigDocument,
  distribution: string,
  { from, to }: SetViewer,
  ids: Ids,
): "changed" | "as-wanted" {
  const now: Front = {
    viewer: namedViewer(config.viewer, ids.stores),
    connectionFunction: nameOf(config.connectionFunctionId, ids.functions),
  };
  const text = canonicalText(now);
  if (text === canonicalText(to)) return "as-wanted";
  if (text !== canonicalText(from)) {
    throw new HandfastError(
      "STEP_MOVED",
      `set viewers failed [distribution=${distribution}]: it is at ${describe(now)}, neither as before nor as planned; find out who changed it, then plan again or roll back`,
      { operation: "GetDistributionConfig", object: distribution },
    );
  }
  config.setViewer(withId(to.viewer, ids.stores));
  if (to.connectionFunction !== from.connectionFunction) {
    config.setConnectionFunction(
      to.connectionFunction === null
        ? undefined
        : idOf(to.connectionFunction, ids.functions, "connection function"),
    );
  }
  return "changed";
}

function namedViewer(viewer: ViewerBlock, names: ReadonlyMap<string, string>): Viewer {
  if (!("storeId" in viewer)) return viewer;
  const { storeId, ...rest } = viewer;
  return { ...rest, store: names.get(storeId) ?? storeId };
}

function withId(viewer: Viewer, names: ReadonlyMap<string, string>): ViewerBlock {
  if (!("store" in viewer)) return viewer;
  const { store, ...rest } = viewer;
  return { ...rest, storeId: idOf(store, names, "trust store") };
}

function nameOf(id: string | undefined, names: ReadonlyMap<string, string>): string | null {
  return id === undefined ? null : (names.get(id) ?? id);
}

function idOf(name: string, names: ReadonlyMap<string, string>, what: string): string {
  const found = [...names].find(([, one]) => one === name);
  if (found !== undefined) return found[0];
  throw new HandfastError(
    "REMOTE_NOT_FOUND",
    `set viewers failed [${what}=${name}]: there is none of that name that is published and that these credentials see; plan again`,
    { operation: "UpdateDistribution", provider: { code: "EntityNotFound" }, facts: { name } },
  );
}
