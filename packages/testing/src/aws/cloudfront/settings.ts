/** How slow CloudFront is, in milliseconds. */
export interface CloudfrontLags {
  /** From CreateDistribution or UpdateDistribution until the distribution is `Deployed`. @default 300_000 */
  readonly deployed: number;
  /** From CreateTrustStore or UpdateTrustStore until the store is `active`, or `failed`. @default 20_000 */
  readonly active: number;
  /**
   * For how long a store that was seen `active` for the first time is `pending` once more; 0 for never.
   * @default 4_000
   */
  readonly flap: number;
  /** For how long something counts as in use after the last distribution without it was deployed. @default 5_000 */
  readonly held: number;
  /** For how long a deleted store can still be read. @default 10_000 */
  readonly deleted: number;
}

/** What there is room for ("Quotas", Amazon CloudFront Developer Guide). */
export interface CloudfrontQuotas {
  /** @default 20 */
  readonly trustStores: number;
  /** CA certificates in a store. @default 25 */
  readonly certificates: number;
  /** @default 16_384 */
  readonly certificateBytes: number;
  /** @default 65_536 */
  readonly bundleBytes: number;
  /** Distributions that use one store. @default 25 */
  readonly distributionsPerTrustStore: number;
  /** Distributions that use one connection function. @default 100 */
  readonly distributionsPerFunction: number;
  /** @default 200 */
  readonly distributions: number;
  /** Tags per resource. @default 50 */
  readonly tags: number;
}

/** Options of the simulated CloudFront. */
export interface CloudfrontOptions {
  readonly lags?: Partial<CloudfrontLags> | undefined;
  readonly quotas?: Partial<CloudfrontQuotas> | undefined;
  /**
   * When a bundle is refused that breaks a rule: `later`, by the status `failed` of a store that was taken first, or
   * at the `call`, with InvalidArgument.
   *
   * @default "later"
   */
  readonly bundlesChecked?: "call" | "later" | undefined;
  /** Why the store of that name fails although its bundle is good; undefined for the others. */
  readonly failing?: ((storeName: string) => string | undefined) | undefined;
}

/** What holds for the whole service. */
export interface CloudfrontSettings {
  readonly accountId: string;
  readonly lags: CloudfrontLags;
  readonly quotas: CloudfrontQuotas;
  readonly bundlesChecked: "call" | "later";
  failing(storeName: string): string | undefined;
}

const lags: CloudfrontLags = {
  deployed: 300_000,
  active: 20_000,
  flap: 4_000,
  held: 5_000,
  deleted: 10_000,
};

const quotas: CloudfrontQuotas = {
  trustStores: 20,
  certificates: 25,
  certificateBytes: 16_384,
  bundleBytes: 65_536,
  distributionsPerTrustStore: 25,
  distributionsPerFunction: 100,
  distributions: 200,
  tags: 50,
};

/** The options with everything that was not said. */
export function cloudfrontSettings(accountId: string, options: CloudfrontOptions = {}): CloudfrontSettings {
  return {
    accountId,
    lags: { ...lags, ...options.lags },
    quotas: { ...quotas, ...options.quotas },
    bundlesChecked: options.bundlesChecked ?? "later",
    failing: options.failing ?? (() => undefined),
  };
}
