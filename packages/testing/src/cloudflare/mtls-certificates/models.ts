/** Whose a certificate is: the caller's own, or one that another product of the provider looks after. */
export type AccountCertificateType = "custom" | "gateway_managed" | "access_managed";

/** A certificate in the store of the account. */
export interface AccountCertificate {
  readonly id: string;
  readonly ca: boolean;
  /** PEM, as the API gives it back. */
  readonly certificates: string;
  /** SHA-256 of the first certificate's DER: what makes two uploads the same. */
  readonly digest: string;
  readonly name: string;
  readonly type: AccountCertificateType;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly signature: string;
  readonly expiresOn: string;
  readonly uploadedAt: number;
  /** From when on the edge trusts it, if it is a CA. */
  readonly trustedFrom: number;
  deletedAt: number | undefined;
}

/** The store by id; deleted ones stay, so that deleting again can be told from an unknown id. */
export type AccountCertificates = Map<string, AccountCertificate>;

/** Whether it is there for its readers. */
export function isStored({ deletedAt }: AccountCertificate): boolean {
  return deletedAt === undefined;
}
