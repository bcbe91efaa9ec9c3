/** How much there may be; the published numbers are the defaults. */
export interface CloudflareQuotas {
  /** Client certificates of the managed CA in a zone that are not revoked. @default 100 */
  readonly clientCertificates: number;
  /** CAs of the caller's own in the account's store. @default 5 */
  readonly accountAuthorities: number;
}

/** The published numbers. */
export const defaultQuotas: CloudflareQuotas = { clientCertificates: 100, accountAuthorities: 5 };
