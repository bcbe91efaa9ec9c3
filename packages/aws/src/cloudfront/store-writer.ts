import { HandfastError, type Outcome, type WriteContext } from "@handfast/core";
import type { Distributions } from "../distribution/port.ts";
import { orNothing } from "../leave-out-missing.ts";
import { providerCode, type RetryLimits, retryOn } from "../retry.ts";
import type { CloudFrontAction } from "./actions.ts";
import { storeObject } from "./names.ts";
import type { NewTrustStore, TrustStoreRecord, TrustStores } from "./port.ts";

/** The tag by which handfast knows its own. */
const ownerTag = "handfast";

/** What was just made may take a while to be found; Terraform retries likewise. */
const untilVisible: RetryLimits = { tries: 25, everyMs: 5_000 };
/**
 * When the 409 of a store that was attached clears is not documented; and one that was deleted stays readable for a while,
 * for which Terraform gives 10 minutes (terraform-provider-aws, cloudfront/trust_store.go).
 */
const untilFree: RetryLimits = { tries: 25, everyMs: 5_000 };
const untilGone: RetryLimits = { tries: 120, everyMs: 5_000 };

/** Makes and deletes trust stores, by name. */
export class StoreWriter {
  readonly #stores: TrustStores;
  readonly #distributions: Pick<Distributions, "tags">;
  readonly #distribution: string;
  readonly #token: string;
  readonly #context: WriteContext;

  /** @param step a distribution of the account, and the mark of the step */
  constructor(
    {
      stores,
      distributions,
    }: { readonly stores: TrustStores; readonly distributions: Pick<Distributions, "tags"> },
    { distribution, token }: { readonly distribution: string; readonly token: string },
    context: WriteContext,
  ) {
    this.#stores = stores;
    this.#distributions = distributions;
    this.#distribution = distribution;
    this.#token = token;
    this.#context = context;
  }

  async create(
    { store, anchors, ocsp }: Extract<CloudFrontAction, { kind: "create-store" }>,
    bundle: NewTrustStore["bundle"],
    made: readonly string[],
  ): Promise<Outcome> {
    const { signal } = this.#context;
    const there = await findStore(this.#stores, store, signal);
    if (there !== undefined) return this.#adopt(there, { count: anchors.length, ocsp }, made);
    try {
      await this.#stores.create({ name: store, bundle, ocsp, tags: { [ownerTag]: this.#token } }, signal);
      return { made };
    } catch (error) {
      if (providerCode(error) !== "EntityAlreadyExists") throw error;
      const all = await visibleStore(this.#stores, store, this.#distribution, this.#context);
      const found = all.find(({ name }) => name === store);
      if (found === undefined) throw error;
      return this.#adopt(found, { count: anchors.length, ocsp }, made);
    }
  }

  /**
   * A store of that name that is there already: right when it may hold the same, as far as CloudFront tells, and ours when
   * this step's mark is on it. One that failed was made by a step that this one does not follow: its check says why.
   */
  async #adopt(
    { id, arn, name, status }: TrustStoreRecord,
    wanted: { readonly count: number; readonly ocsp: boolean },
    made: readonly string[],
  ): Promise<Outcome> {
    const { signal } = this.#context;
    const details = status === "active" ? await orNothing(this.#stores.get(id, signal)) : undefined;
    if (
      details?.status === "active" &&
      (details.certificates !== wanted.count || details.ocsp !== wanted.ocsp)
    ) {
      throw new HandfastError(
        "REMOTE_CONFLICT",
        `create trust store failed [store=${name}]: one of that name holds ${details.certificates} certificates, ${details.ocsp ? "" : "not "}asking OCSP responders; delete it, and find out who changes stores with names of handfast`,
        { operation: "CreateTrustStore", object: storeObject(name, this.#distribution) },
      );
    }
    const tags = await this.#distributions.tags(arn, signal);
    return tags[ownerTag] === this.#token ? { adopted: true, made } : { adopted: true };
  }

  /**
   * Deletes a store once no distribution refers to it, and waits until it can't be read any more.
   *
   * @param before runs once it is known to be free
   * @returns whether there was one
   */
  async delete(store: string, before: () => Promise<unknown>): Promise<boolean> {
    const { signal } = this.#context;
    const found = await findStore(this.#stores, store, signal);
    if (found !== undefined) await this.#untilFree(found);
    await before();
    if (found === undefined) return false;
    // The ETag changes with the status, so it is asked for each time.
    const passing = ["CannotDeleteEntityWhileInUse", "InvalidIfMatchVersion", "PreconditionFailed"];
    await retryOn(passing, untilFree, this.#context, async () => {
      const details = await orNothing(this.#stores.get(found.id, signal));
      if (details !== undefined) await orNothing(this.#stores.delete(details, signal));
    });
    await this.#untilGone(found);
    return true;
  }

  async #untilFree({ id, name }: TrustStoreRecord): Promise<void> {
    const { clock, signal } = this.#context;
    for (let left = untilFree.tries; ; left -= 1) {
      const users = (await orNothing(this.#stores.users(id, signal))) ?? [];
      if (users.length === 0) return;
      if (left === 0) {
        throw new HandfastError(
          "PRECONDITION_FAILED",
          `delete trust store failed [store=${name}]: ${users.join(", ")} still refers to it; give that distribution another store first, or leave this one out`,
          { operation: "DeleteTrustStore", facts: { users: users.length } },
        );
      }
      await clock.sleep(untilFree.everyMs, signal);
    }
  }

  async #untilGone({ id, name }: TrustStoreRecord): Promise<void> {
    const { clock, signal } = this.#context;
    for (let left = untilGone.tries; left > 0; left -= 1) {
      if ((await orNothing(this.#stores.get(id, signal))) === undefined) return;
      await clock.sleep(untilGone.everyMs, signal);
    }
    throw new HandfastError(
      "REMOTE_CONFLICT",
      `delete trust store failed [store=${name}]: ten minutes after it was deleted it is still there; wait, look again, then try again`,
      { operation: "DeleteTrustStore", object: storeObject(name, this.#distribution) },
    );
  }
}

/** All stores, one of that name among them: what was just made may take a while to be found. */
export function visibleStore(
  stores: TrustStores,
  store: string,
  distribution: string,
  context: WriteContext,
): Promise<readonly TrustStoreRecord[]> {
  return retryOn(["EntityNotFound"], untilVisible, context, async () => {
    const all = await stores.list(context.signal);
    if (all.some(({ name }) => name === store)) return all;
    throw new HandfastError(
      "REMOTE_NOT_FOUND",
      `find trust store failed [store=${store}]: these credentials see none of that name; check that nobody deleted it, then plan again`,
      {
        operation: "ListTrustStores",
        object: storeObject(store, distribution),
        provider: { code: "EntityNotFound" },
      },
    );
  });
}

/** Whether GetTrustStore takes a name is not documented, so names are looked up in the list. */
async function findStore(
  stores: TrustStores,
  store: string,
  signal: AbortSignal,
): Promise<TrustStoreRecord | undefined> {
  return (await stores.list(signal)).find(({ name }) => name === store);
}
