import { type Digest, digestOf } from "@handfast/core";
import type { RuleText } from "./port.ts";
import type { OwnRule } from "./state.ts";

/** By this the rule of a hostname is known again; the API keeps it as it is. */
export function refOf(hostname: string): string {
  return `handfast_client_certificates_${digestOf(hostname).slice(0, 16)}`;
}

/** A rule as it is sent. The description tells people whose it is, and names the CRLs by digest. */
export function ruleText(hostname: string, { expression, enabled, crls }: OwnRule): RuleText {
  const lists = crls.length === 0 ? "" : `, revoked by ${crls.join(" ")}`;
  const description = `handfast: client certificates of ${hostname}${lists}`;
  return { ref: refOf(hostname), expression, description, enabled };
}

/** The CRLs that a description names. */
export function crlsIn(description: string): Digest[] {
  return description.match(/\b[0-9a-f]{64}\b/g) ?? [];
}
