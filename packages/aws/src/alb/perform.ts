import {
  canonicalText,
  type Digest,
  HandfastError,
  type Outcome,
  type Step,
  sha256,
  type Target,
  type WriteContext,
} from "@handfast/core";
import { holdsExactly, sortDigests } from "../digest-sets.ts";
import { orNothing } from "../leave-out-missing.ts";
import { composePem, dissectPem } from "../pem.ts";
import { closeRehearsal, openRehearsal, type RehearsalWriter } from "../rehearsal/perform-rehearsal.ts";
import { providerCode, type RetryLimits, retryOn } from "../retry.ts";
import { fileObject } from "../s3/keys.ts";
import type { BundleBucket } from "../s3/port.ts";
import { putOnce } from "../s3/put-once.ts";
import type { AlbAction } from "./actions.ts";
import { madeByAlb } from "./owned.ts";
import type { LoadBalancing, MutualAuthentication, StoreRecord } from "./port.ts";
import { ownerTag, toState } from "./read.ts";
import { type Authentication, type StoreContent, storeKey, storeObject } from "./state.ts";
import type { AlbTarget } from "./target.ts";

/** What the writer is given beside the steps. */
export interface AlbWriters {
  readonly balancing: LoadBalancing;
  readonly bucket: BundleBucket;
}

type Of<K extends AlbAction["kind"]> = Extract<AlbAction, { kind: K }>;

/** A new store is not always found at once; Terraform looks for it for 2 minutes (terraform-provider-aws, elbv2/trust_store.go). */
const untilVisible: RetryLimits = { tries: 25, everyMs: 5_000 };
/** A store counts as in use for a while after its last listener let go (the same file). */
const untilFree: RetryLimits = { tries: 25, everyMs: 5_000 };

/** Does the steps one after the other: each is one small call or two, and a throttled account is not helped by more at once. */
export async function performAlb(
  steps: readonly { readonly target: Target<AlbTarget>; readonly step: Step<AlbAction> }[],
  writers: AlbWriters,
  context: WriteContext,
): Promise<readonly Outcome[]> {
  const writer = new AlbWriter(writers, context);
  const outcomes: Outcome[] = [];
  for (const { target, step } of steps)
    outcomes.push(await writer.perform(target.target.listener, step.action));
  return outcomes;
}

class AlbWriter {
  readonly #balancing: LoadBalancing;
  readonly #bucket: BundleBucket;
  readonly #context: WriteContext;
  /** Marks what this step makes, so that a try whose answer was lost is known again as ours. */
  readonly #token: string;

  constructor({ balancing, bucket }: AlbWriters, context: WriteContext) {
    this.#balancing = balancing;
    this.#bucket = bucket;
    this.#context = context;
    this.#token = sha256(context.idempotencyKey).slice(0, 32);
  }

  perform(listener: string, action: AlbAction): Promise<Outcome> {
    const made = madeByAlb(listener, action, this.#bucket.name);
    switch (action.kind) {
      case "create-store":
        return this.#createStore(listener, action, made);
      case "add-crl":
        return this.#addCrl(listener, action, made);
      case "set-listener":
        return this.#setListener(listener, action);
      case "open-rehearsal":
        return this.#openRehearsal(listener, action);
      case "close-rehearsal":
        return closeRehearsal(listener, action.port, this.#rehearsing());
      case "delete-store":
        return this.#deleteStore(listener, action);
      case "delete-file":
        return this.#deleteFile(listener, action);
    }
  }

  async #createStore(
    listener: string,
    { store, anchors, bundle }: Of<"create-store">,
    made: readonly string[],
  ): Promise<Outcome> {
    const { signal } = this.#context;
    const there = await this.#balancing.findStore(store, signal);
    if (there !== undefined) return this.#adopt(listener, there, anchors, made);
    const ders = await Promise.all(anchors.map((digest) => this.#context.bytes(digest)));
    const location = await this.#put(bundle, composePem(ders, "CERTIFICATE"));
    try {
      const tags = { [ownerTag]: this.#token };
      await this.#balancing.createStore({ name: store, bundle: location, tags }, signal);
      return { made };
    } catch (error) {
      if (providerCode(error) !== "DuplicateTrustStoreName") throw error;
      return this.#adopt(listener, await this.#findStore(store, listener), anchors, made);
    }
  }

  /** A store of that name that is there already: right when it holds the same, and ours when this step's mark is on it. */
  async #adopt(
    listener: string,
    store: StoreRecord,
    anchors: readonly string[],
    made: readonly string[],
  ): Promise<Outcome> {
    const { signal } = this.#context;
    // While it is being created its content can't be read: the check that follows compares it once it is ACTIVE.
    if (store.active) {
      const held = dissectPem(await this.#balancing.bundle(store.arn, signal), "CERTIFICATE", store.name);
      if (sortDigests([...held.keys()]).join() !== sortDigests(anchors).join()) {
        throw new HandfastError(
          "REMOTE_CONFLICT",
          `create trust store failed [store=${store.name}]: one of that name holds other CAs; delete it, and find out who makes stores with names of handfast`,
          { operation: "CreateTrustStore", object: storeObject(store.name, listener) },
        );
      }
    }
    const tags = await this.#balancing.tags([store.arn], signal);
    return tags.get(store.arn)?.[ownerTag] === this.#token ? { adopted: true, made } : { adopted: true };
  }

  async #addCrl(
    listener: string,
    { store, crl, file }: Of<"add-crl">,
    made: readonly string[],
  ): Promise<Outcome> {
    const { signal } = this.#context;
    const { arn } = await this.#findStore(store, listener);
    for (const id of await this.#visible(() => this.#balancing.revocations(arn, signal))) {
      const pem = await this.#balancing.revocation(arn, id, signal);
      if (!dissectPem(pem, "X509 CRL", store).has(crl)) continue;
      return (await this.#isOwnFile(file)) ? { adopted: true, made } : { adopted: true };
    }
    const location = await this.#put(file, composePem([await this.#context.bytes(crl)], "X509 CRL"));
    await this.#visible(() => this.#balancing.addRevocation(arn, location, signal));
    return location.made ? { made } : {};
  }

  async #setListener(listener: string, { from, to, expects }: Of<"set-listener">): Promise<Outcome> {
    if (await this.#isAlready(listener, from, to)) return { adopted: true };
    const block = await this.#blockOf(listener, to, expects);
    const passing = ["TrustStoreNotReady", "TrustStoreNotFound"];
    const answer = await retryOn(passing, untilVisible, this.#context, () =>
      this.#balancing.setAuthentication(listener, block, this.#context.signal),
    );
    if (canonicalText(toState(answer, listener)) === canonicalText(to)) return {};
    throw new HandfastError(
      "REMOTE_UNEXPECTED",
      `set listener failed [listener=${listener}]: asked for ${canonicalText(to)}, the service answered with ${canonicalText(toState(answer, listener))}; look at the listener in the console`,
      { operation: "ModifyListener", object: listener, outcomeUnknown: true },
    );
  }

  async #openRehearsal(listener: string, action: Of<"open-rehearsal">): Promise<Outcome> {
    const block = await this.#blockOf(listener, action.to, undefined);
    return await openRehearsal(listener, action, block, untilVisible, this.#rehearsing());
  }

  #rehearsing(): RehearsalWriter {
    return { balancing: this.#balancing, context: this.#context, token: this.#token };
  }

  /** The service has no conditional write, so the listener is looked at right before: what somebody else set stays. */
  async #isAlready(listener: string, from: Authentication, to: Authentication): Promise<boolean> {
    const [seen] = await this.#balancing.listeners([listener], this.#context.signal);
    if (seen === undefined) {
      throw new HandfastError(
        "REMOTE_NOT_FOUND",
        `set listener failed [listener=${listener}]: it does not exist any more; plan again`,
        { operation: "DescribeListeners", object: listener },
      );
    }
    const now = canonicalText(toState(seen.authentication, listener));
    if (now === canonicalText(to)) return true;
    if (now === canonicalText(from)) return false;
    throw new HandfastError(
      "STEP_MOVED",
      `set listener failed [listener=${listener}]: it is at ${now}, neither as before nor as planned; find out who changed it, then plan again or roll back`,
      { operation: "DescribeListeners", object: listener },
    );
  }

  async #blockOf(
    listener: string,
    to: Authentication,
    expects: StoreContent | undefined,
  ): Promise<MutualAuthentication> {
    if (to.mode !== "verify") return to;
    const { ignoreExpiry, advertiseNames } = to;
    const { arn } = await this.#findStore(to.store, listener);
    if (expects !== undefined) await this.#expect(to.store, arn, expects);
    return { mode: "verify", storeArn: arn, ignoreExpiry, advertiseNames, removed: false };
  }

  /** A store of somebody else's must still hold what made it the right one. */
  async #expect(store: string, arn: string, expects: StoreContent): Promise<void> {
    const { signal } = this.#context;
    const differs = (what: string): HandfastError =>
      new HandfastError(
        "PRECONDITION_FAILED",
        `set listener failed [store=${store}]: its ${what} are not those that it held before; have its owner undo that, or ask for the trust by a spec`,
        { operation: "ModifyListener", facts: { store } },
      );
    if ("unknown" in expects.anchors) return;
    const held = dissectPem(await this.#balancing.bundle(arn, signal), "CERTIFICATE", store);
    if (!holdsExactly({ known: [...held.keys()] }, expects.anchors.known)) {
      throw differs("CA certificates");
    }
    if ("unknown" in expects.crls) return;
    const crls: Digest[] = [];
    for (const id of await this.#balancing.revocations(arn, signal)) {
      crls.push(...dissectPem(await this.#balancing.revocation(arn, id, signal), "X509 CRL", store).keys());
    }
    if (!holdsExactly({ known: crls }, expects.crls.known)) throw differs("CRLs");
  }

  /** Files first: the service has its own copy, and once the store is gone nothing tells any more that they are left. */
  async #deleteStore(listener: string, { store, files }: Of<"delete-store">): Promise<Outcome> {
    const { signal } = this.#context;
    const removed = [
      storeObject(store, listener),
      ...files.map((file) => fileObject(file, listener, this.#bucket.name)),
    ];
    const found = await this.#balancing.findStore(store, signal);
    if (found !== undefined) await this.#untilFree(store, found.arn);
    for (const file of files) await this.#bucket.delete(file, signal);
    if (found === undefined) return { removed, adopted: true };
    await retryOn(["TrustStoreInUse"], untilFree, this.#context, () =>
      orNothing(this.#balancing.deleteStore(found.arn, signal)),
    );
    return { removed };
  }

  async #deleteFile(listener: string, { file }: Of<"delete-file">): Promise<Outcome> {
    await this.#bucket.delete(file, this.#context.signal);
    return { removed: [fileObject(file, listener, this.#bucket.name)] };
  }

  async #untilFree(store: string, arn: string): Promise<void> {
    const { clock, signal } = this.#context;
    for (let left = untilFree.tries; ; left -= 1) {
      const users = (await orNothing(this.#balancing.associations(arn, signal))) ?? [];
      if (users.length === 0) return;
      if (left === 0) {
        throw new HandfastError(
          "PRECONDITION_FAILED",
          `delete trust store failed [store=${store}]: ${users.join(", ")} still refers to it; give that listener another store first, or leave this one out`,
          { operation: "DeleteTrustStore", facts: { users: users.length } },
        );
      }
      await clock.sleep(untilFree.everyMs, signal);
    }
  }

  async #put(
    key: string,
    text: string,
  ): Promise<{ bucket: string; key: string; version?: string | undefined; made: boolean }> {
    const bytes = new TextEncoder().encode(text);
    const placed = await putOnce(this.#bucket, key, bytes, this.#token, this.#context);
    return { bucket: this.#bucket.name, key, ...placed };
  }

  /** Whether an earlier try of this step has put the file there. */
  async #isOwnFile(key: string): Promise<boolean> {
    return (await this.#bucket.get(key, this.#context.signal))?.token === this.#token;
  }

  /** A store by its natural key; one that was just made may take a while to be found. */
  #findStore(key: string, listener: string): Promise<StoreRecord> {
    const { signal } = this.#context;
    return this.#visible(async () => {
      const named = key.includes("/") ? undefined : await this.#balancing.findStore(key, signal);
      const candidates = named === undefined ? await this.#balancing.stores(signal) : [named];
      const store = candidates.find(({ arn }) => storeKey(arn, listener) === key);
      if (store !== undefined) return store;
      throw new HandfastError(
        "REMOTE_NOT_FOUND",
        `find trust store failed [store=${key}]: these credentials see none of that name; check that nobody deleted or unshared it, then plan again`,
        {
          operation: "DescribeTrustStores",
          object: storeObject(key, listener),
          provider: { code: "TrustStoreNotFound" },
        },
      );
    });
  }

  #visible<R>(work: () => Promise<R>): Promise<R> {
    return retryOn(["TrustStoreNotFound"], untilVisible, this.#context, work);
  }
}
