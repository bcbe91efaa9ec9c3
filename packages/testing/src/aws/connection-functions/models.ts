import { createHash } from "node:crypto";
import { type StateOverTime, stateOverTime } from "../state.ts";

/** A stage of a connection function: what is edited, or what runs. */
export type Stage = "DEVELOPMENT" | "LIVE";

/** What a stage is: replaced, never changed, when it is updated or published. */
export interface StageContent {
  readonly etag: string;
  readonly code: Uint8Array<ArrayBuffer>;
  readonly comment: string;
  readonly runtime: string;
  /** ARN of the key value store that it may read. */
  readonly keyValueStore: string | undefined;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** A connection function. */
export interface ConnectionFunction {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly development: StageContent;
  /** Undefined while it was never published. */
  readonly live: StageContent | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** The whole state. */
export interface FunctionState {
  /** By id, in the order in which they were made. */
  readonly functions: ReadonlyMap<string, ConnectionFunction>;
}

/** The state over time. */
export interface FunctionModels extends StateOverTime<FunctionState> {
  /** What ends an id, or an ETag: the same in every run, never the same twice. */
  nextToken(): string;
}

/** No functions. */
export function functionModels(): FunctionModels {
  let issued = 0;
  return {
    ...stateOverTime<FunctionState>({ functions: new Map() }),
    nextToken: () => {
      issued += 1;
      const hash = createHash("sha256").update(`connection function ${issued}`).digest("hex");
      return `E${BigInt(`0x${hash}`).toString(36).toUpperCase().slice(0, 13)}`;
    },
  };
}

/** The functions that refer to a store, in whatever stage. */
export function functionsUsing(
  { functions }: FunctionState,
  storeArn: string,
): readonly ConnectionFunction[] {
  return [...functions.values()].filter(({ development, live }) =>
    [development, live].some((stage) => stage?.keyValueStore === storeArn),
  );
}
