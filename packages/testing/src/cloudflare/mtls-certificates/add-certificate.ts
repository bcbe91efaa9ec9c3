import { type AccountCertificateRules, storeCertificate } from "./handlers.ts";
import type { AccountCertificateType } from "./models.ts";
import { readUpload } from "./read-upload.ts";

/** A CA to be put into the account's store behind the API. */
export interface NewAccountCertificate {
  /** PEM of a CA. */
  readonly certificates: string;
  readonly name?: string | undefined;
  /** Which product looks after it. @default "gateway_managed" */
  readonly type?: AccountCertificateType | undefined;
}

/** Adds a CA; plan and quota are not looked at. Throws a TypeError when the store would refuse the certificate itself. */
export function addAccountCertificate(
  { certificates, name, type = "gateway_managed" }: NewAccountCertificate,
  now: number,
  rules: Pick<AccountCertificateRules, "certificates" | "ids" | "timing">,
): { readonly id: string } {
  const upload = readUpload({ ca: true, certificates, name }, now);
  if (upload.kind === "refusal") throw new TypeError(`addAccountCertificate: ${upload.message}`);
  return { id: storeCertificate(upload, type, now, rules).id };
}
