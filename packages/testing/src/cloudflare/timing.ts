/** How slow the simulated control plane is. All values are milliseconds on the simulator's clock. */
export interface CloudflareTiming {
  /** How long a new certificate or association reads `initializing`. @default 1000 */
  readonly initializingMs: number;
  /** From upload to `active`. @default 20000 */
  readonly certificateMs: number;
  /** From a write of an association to `active`; while it runs, the previous association stays in effect. @default 8000 */
  readonly associationMs: number;
  /** From voiding an association to its absence. @default 8000 */
  readonly voidMs: number;
  /** From upload or write to `deployment_timed_out`, when deployments are set to time out. @default 300000 */
  readonly timeOutMs: number;
  /** From DELETE to `deleted`. @default 10000 */
  readonly tombstoneMs: number;
  /** How long an upload or a delete holds the certificate stores of its zone; others meet 409. @default 200 */
  readonly holdMs: number;
  /** From DELETE of a client certificate to `revoked`; until then the edge does not know of it. @default 10000 */
  readonly revocationMs: number;
  /** From PATCH of a client certificate to `active`; until then it stays revoked at the edge. @default 10000 */
  readonly reactivationMs: number;
  /** From an upload to the account's store to the edge that trusts it. @default 5000 */
  readonly accountCertificateMs: number;
  /** From a write of the hostnames of a CA to an edge that asks there, or no longer; also how long a CA stays in use after it. @default 8000 */
  readonly askingMs: number;
  /** From a write of WAF custom rules to the edge that acts by them. @default 5000 */
  readonly customRuleMs: number;
}

/** About what users have observed; see docs/discoveries/cloudflare.md. */
export const defaultTiming: CloudflareTiming = {
  initializingMs: 1000,
  certificateMs: 20_000,
  associationMs: 8000,
  voidMs: 8000,
  timeOutMs: 300_000,
  tombstoneMs: 10_000,
  holdMs: 200,
  revocationMs: 10_000,
  reactivationMs: 10_000,
  accountCertificateMs: 5000,
  askingMs: 8000,
  customRuleMs: 5000,
};

/** An RFC 3339 date as the provider writes it: whole seconds without a fraction. */
export function writeDate(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
