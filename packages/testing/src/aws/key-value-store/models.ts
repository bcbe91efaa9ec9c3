import { createHash } from "node:crypto";
import { type StateOverTime, stateOverTime } from "../state.ts";

/** A key value store. Its two planes have ETags that know nothing of each other. */
export interface KeyValueStore {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly comment: string;
  readonly createdAt: number;
  /** When the control plane changed it last. */
  readonly modifiedAt: number;
  /** The control plane's. */
  readonly etag: string;
  /** From when on it is READY, or failed. */
  readonly readyAt: number;
  /** Why the file that it was to be filled from could not be taken. */
  readonly failure: string | undefined;
  readonly content: StoreContent;
  readonly tags: Readonly<Record<string, string>>;
}

/** What is in a store: replaced, never changed, by every write. */
export interface StoreContent {
  readonly items: ReadonlyMap<string, string>;
  /** Bytes of all keys and values. */
  readonly size: number;
  /** The data plane's. */
  readonly etag: string;
  readonly modifiedAt: number;
}

/** The whole state. */
export interface KeyValueState {
  /** By ARN, in the order in which they were made. */
  readonly stores: ReadonlyMap<string, KeyValueStore>;
}

/** The state over time. */
export interface KeyValueModels extends StateOverTime<KeyValueState> {
  /** The id that ends an ARN: the same in every run, never the same twice. */
  nextId(): string;
  /** An ETag of the control plane or of the data plane, such as `ETVPDKIKX0DER` and `KV1PA6795UKMFR9`. */
  nextEtag(plane: "control" | "data"): string;
}

/** No stores. */
export function keyValueModels(): KeyValueModels {
  let issued = 0;
  const next = (): string => {
    issued += 1;
    return createHash("sha256").update(`key value store ${issued}`).digest("hex");
  };
  return {
    ...stateOverTime<KeyValueState>({ stores: new Map() }),
    nextId: () => next().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
    nextEtag: (plane) => {
      const token = BigInt(`0x${next()}`).toString(36).toUpperCase();
      return plane === "control" ? `E${token.slice(0, 12)}` : `KV${token.slice(0, 13)}`;
    },
  };
}

/** What an entry counts for. */
export function sizeOf(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value);
}
