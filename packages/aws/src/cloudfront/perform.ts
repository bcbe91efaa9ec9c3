import { type Outcome, sha256, type Target, type WriteContext } from "@handfast/core";
import { composePem } from "../pem.ts";
import type { RevocationOperations } from "../revocation/operations.ts";
import { fileObject } from "../s3/keys.ts";
import type { BundleBucket } from "../s3/port.ts";
import { putOnce } from "../s3/put-once.ts";
import type { CloudFrontAction } from "./actions.ts";
import { listPlace, storeObject } from "./names.ts";
import { madeByCloudFront } from "./owned.ts";
import { type Switchers, setViewer } from "./set-viewer.ts";
import type { CloudFrontStep } from "./step.ts";
import { StoreWriter } from "./store-writer.ts";
import type { CloudFrontTarget } from "./target.ts";

/** What the writer is given beside the steps. */
export interface CloudFrontWriters extends Switchers {
  readonly revocation: RevocationOperations;
  readonly bucket: BundleBucket;
  readonly bucketRegion: string;
}

type Of<K extends CloudFrontAction["kind"]> = Extract<CloudFrontAction, { kind: K }>;

/** Does the steps one after the other: a throttled account is not helped by more at once. */
export async function performCloudFront(
  steps: readonly { readonly target: Target<CloudFrontTarget>; readonly step: CloudFrontStep }[],
  writers: CloudFrontWriters,
  context: WriteContext,
): Promise<readonly Outcome[]> {
  const writer = new CloudFrontWriter(writers, context);
  const outcomes: Outcome[] = [];
  for (const { target, step } of steps)
    outcomes.push(await writer.perform(target.target.distribution, step.action));
  return outcomes;
}

class CloudFrontWriter {
  readonly #writers: CloudFrontWriters;
  readonly #context: WriteContext;
  /** Marks what this step makes, so that a try whose answer was lost is known again as ours. */
  readonly #token: string;

  constructor(writers: CloudFrontWriters, context: WriteContext) {
    this.#writers = writers;
    this.#context = context;
    this.#token = sha256(context.idempotencyKey).slice(0, 32);
  }

  async perform(distribution: string, action: CloudFrontAction): Promise<Outcome> {
    const { revocation } = this.#writers;
    switch (action.kind) {
      case "create-store":
        return this.#createStore(distribution, action);
      case "create-list":
        return revocation.createList(listPlace(distribution, action.list), this.#context);
      case "write-list":
        return this.#writeList(distribution, action);
      case "create-function": {
        const { list, ocsp } = action;
        return revocation.createFunction(listPlace(distribution, list), { ocsp }, this.#context);
      }
      case "set-viewer":
        return setViewer(distribution, action, this.#writers, this.#context);
      case "delete-store":
        return this.#deleteStore(distribution, action);
      case "delete-function":
        return revocation.deleteFunction(distribution, action.name, this.#context);
      case "delete-list":
        return this.#deleteList(distribution, action);
      case "delete-file":
        return { removed: await this.#deleteFiles(distribution, [action.file]) };
    }
  }

  async #createStore(distribution: string, action: Of<"create-store">): Promise<Outcome> {
    const { anchors, bundle } = action;
    const ders = await Promise.all(anchors.map((digest) => this.#context.bytes(digest)));
    const { version } = await this.#put(bundle, composePem(ders, "CERTIFICATE"));
    const { bucket, bucketRegion } = this.#writers;
    const location = { bucket: bucket.name, key: bundle, region: bucketRegion, version };
    const made = madeByCloudFront(distribution, action, bucket.name);
    return this.#stores(distribution).create(action, location, made);
  }

  /** The CRLs lie in the bucket before their serials are in the list: by them the list is read back. */
  async #writeList(distribution: string, { from, to, list, files }: Of<"write-list">): Promise<Outcome> {
    const made: string[] = [];
    for (const [index, crl] of to.entries()) {
      const file = files[index] ?? "";
      const placed = await this.#put(file, composePem([await this.#context.bytes(crl)], "X509 CRL"));
      if (placed.made) made.push(this.#fileObject(distribution, file));
    }
    const place = listPlace(distribution, list);
    const outcome = await this.#writers.revocation.writeList(place, { from, to }, this.#context);
    return { ...outcome, ...(made.length === 0 ? {} : { made }) };
  }

  /** Files first: the service has its own copy, and once the store is gone nothing tells any more that they are left. */
  async #deleteStore(distribution: string, { store, files }: Of<"delete-store">): Promise<Outcome> {
    const removed = [
      storeObject(store, distribution),
      ...files.map((file) => this.#fileObject(distribution, file)),
    ];
    const found = await this.#stores(distribution).delete(store, () =>
      this.#deleteFiles(distribution, files),
    );
    return found ? { removed } : { removed, adopted: true };
  }

  async #deleteList(distribution: string, { list, files }: Of<"delete-list">): Promise<Outcome> {
    const outcome = await this.#writers.revocation.deleteList(listPlace(distribution, list), this.#context);
    const removed = await this.#deleteFiles(distribution, files);
    return { ...outcome, removed: [...(outcome.removed ?? []), ...removed] };
  }

  async #deleteFiles(distribution: string, files: readonly string[]): Promise<string[]> {
    for (const file of files) await this.#writers.bucket.delete(file, this.#context.signal);
    return files.map((file) => this.#fileObject(distribution, file));
  }

  #put(key: string, text: string): ReturnType<typeof putOnce> {
    const bytes = new TextEncoder().encode(text);
    return putOnce(this.#writers.bucket, key, bytes, this.#token, this.#context);
  }

  #stores(distribution: string): StoreWriter {
    return new StoreWriter(this.#writers, { distribution, token: this.#token }, this.#context);
  }

  #fileObject(distribution: string, file: string): string {
    return fileObject(file, distribution, this.#writers.bucket.name);
  }
}
