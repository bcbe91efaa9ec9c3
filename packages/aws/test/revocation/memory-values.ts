import { type CrlFacts, type Digest, HandfastError } from "@handfast/core";
import { type TurnableClock, turnableClock } from "@handfast/testing";
import type { RevocationContext } from "../../src/revocation/operations.ts";
import type { KeyBatch, KeyValues, RevocationControl, StoreRecord } from "../../src/revocation/port.ts";
import type { RevocationPorts } from "../../src/revocation/read-revocation.ts";

/** What befalls a batch: it is refused, its answer is lost, or the process dies before it or after it. */
export type Fault = "conflict" | "answer-lost" | "dies-before" | "dies-after";

/** A key value store in memory, as strict as the service: an old ETag and a delete of nothing are refused. */
export class MemoryValues implements KeyValues {
  items: ReadonlyMap<string, string> = new Map();
  /** What the store held after each batch. */
  readonly history: ReadonlyMap<string, string>[] = [];
  /** Asked before each batch. */
  fault: (batch: number) => Fault | undefined = () => undefined;
  /** With which code an old ETag is refused. */
  stale = { code: "REMOTE_CONFLICT", provider: "Conflict" } as const;
  lists = 0;
  #version = 0;
  #batches = 0;

  describe() {
    const bytes = [...this.items].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    return Promise.resolve({ etag: `KV${this.#version}`, items: this.items.size, bytes });
  }

  get(_store: string, key: string) {
    return Promise.resolve(this.items.get(key));
  }

  async *list() {
    this.lists += 1;
    for (const [key, value] of this.items) yield { key, value };
  }

  update({ etag }: { readonly etag: string }, batch: KeyBatch): Promise<string> {
    this.#batches += 1;
    const fault = this.fault(this.#batches);
    if (fault === "dies-before") throw new Error("the process dies");
    if (fault === "conflict") this.#version += 1;
    if (etag !== `KV${this.#version}`) throw refusal(this.stale.code, this.stale.provider);
    const after = new Map(this.items);
    for (const key of batch.deletes)
      if (!after.delete(key)) throw refusal("REMOTE_NOT_FOUND", "ResourceNotFound");
    for (const { key, value } of batch.puts) after.set(key, value);
    this.items = after;
    this.history.push(after);
    this.#version += 1;
    if (fault === "dies-after") throw new Error("the process dies");
    // The SDK sends it again, and is refused by its own first try.
    if (fault === "answer-lost") throw refusal(this.stale.code, this.stale.provider);
    return Promise.resolve(`KV${this.#version}`);
  }

  /** Somebody else's write, past handfast. */
  meddle(change: (items: Map<string, string>) => void): void {
    const after = new Map(this.items);
    change(after);
    this.items = after;
    this.#version += 1;
  }
}

function refusal(
  code: "REMOTE_CONFLICT" | "REMOTE_REJECTED" | "REMOTE_NOT_FOUND",
  provider: string,
): HandfastError {
  return new HandfastError(code, "write keys failed: as the test wants it", { provider: { code: provider } });
}

export const distribution = "arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE";
const storeArn = "arn:aws:cloudfront::111122223333:key-value-store/0";

/** Ports on a store in memory that is there already. */
export function portsOn(values: KeyValues): RevocationPorts {
  const store: StoreRecord = { name: "hf-E1EXAMPLE", arn: storeArn, ready: true, comment: "" };
  const unasked = (): never => {
    throw new Error("nobody asks for this");
  };
  const control: RevocationControl = {
    stores: () => Promise.resolve([store]),
    findStore: (name) => Promise.resolve(name === store.name ? { ...store, etag: "E1" } : undefined),
    createStore: unasked,
    deleteStore: unasked,
    functions: () => Promise.resolve([]),
    findFunction: unasked,
    functionSource: unasked,
    createFunction: unasked,
    publishFunction: unasked,
    deleteFunction: unasked,
  };
  return { control: () => Promise.resolve(control), values: () => Promise.resolve(values) };
}

/** What a step is given: the bytes of these CRLs. */
export function contextWith(
  crls: readonly CrlFacts[],
  run = "run-1",
): RevocationContext & { readonly clock: TurnableClock } {
  const byDigest = new Map<Digest, Uint8Array>(crls.map(({ sha256, der }) => [sha256, der]));
  return {
    clock: turnableClock(),
    signal: new AbortController().signal,
    idempotencyKey: run,
    bytes: (digest) => {
      const der = byDigest.get(digest);
      if (der === undefined) throw new HandfastError("BLOB_MISSING", `nobody gave ${digest}`);
      return Promise.resolve(der);
    },
  };
}
