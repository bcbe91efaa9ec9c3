/** What there is room for ("Quotas on connection functions", Amazon CloudFront Developer Guide). */
export interface ConnectionFunctionQuotas {
  /** Functions per account. @default 100 */
  readonly functions: number;
  /** Bytes of code. @default 10_240 */
  readonly codeBytes: number;
  /** Tags per function. @default 50 */
  readonly tags: number;
}

/** Options of the simulated connection functions. */
export interface ConnectionFunctionOptions {
  readonly quotas?: Partial<ConnectionFunctionQuotas> | undefined;
}

/** What holds for all of them. */
export interface FunctionSettings {
  readonly accountId: string;
  readonly quotas: ConnectionFunctionQuotas;
}

/** The options with everything that was not said. */
export function functionSettings(
  accountId: string,
  options: ConnectionFunctionOptions = {},
): FunctionSettings {
  return { accountId, quotas: { functions: 100, codeBytes: 10_240, tags: 50, ...options.quotas } };
}
