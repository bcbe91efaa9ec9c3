/** How slow key value stores are, in milliseconds. */
export interface KeyValueLags {
  /** From CreateKeyValueStore until the store is READY. @default 10_000 */
  readonly ready: number;
  /** The same for one that is filled from a file. @default 60_000 */
  readonly imported: number;
}

/** What there is room for ("Quotas on key value stores", Amazon CloudFront Developer Guide). */
export interface KeyValueQuotas {
  /** Stores per account. @default 50 */
  readonly stores: number;
  /** @default 512 */
  readonly keyBytes: number;
  /** @default 1_024 */
  readonly valueBytes: number;
  /** Keys and values of a store. @default 5 * 1024 * 1024 */
  readonly storeBytes: number;
  /** Keys that one UpdateKeys may put and delete. @default 50 */
  readonly keysPerRequest: number;
  /** The body of UpdateKeys. @default 3 * 1024 * 1024 */
  readonly requestBytes: number;
  /** Functions that refer to one store. @default 10 */
  readonly functionsPerStore: number;
}

/** Options of the simulated key value stores. */
export interface KeyValueOptions {
  readonly lags?: Partial<KeyValueLags> | undefined;
  readonly quotas?: Partial<KeyValueQuotas> | undefined;
}

/** What holds for both planes. */
export interface KeyValueSettings {
  readonly accountId: string;
  readonly lags: KeyValueLags;
  readonly quotas: KeyValueQuotas;
}

const quotas: KeyValueQuotas = {
  stores: 50,
  keyBytes: 512,
  valueBytes: 1_024,
  storeBytes: 5 * 1024 * 1024,
  keysPerRequest: 50,
  requestBytes: 3 * 1024 * 1024,
  functionsPerStore: 10,
};

/** The options with everything that was not said. */
export function keyValueSettings(accountId: string, options: KeyValueOptions = {}): KeyValueSettings {
  return {
    accountId,
    lags: { ready: 10_000, imported: 60_000, ...options.lags },
    quotas: { ...quotas, ...options.quotas },
  };
}
