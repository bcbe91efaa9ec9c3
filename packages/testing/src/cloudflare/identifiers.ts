import { createHash } from "node:crypto";

/** Makes the ids of one simulator: in the provider's forms, and the same in every run. */
export interface Identifiers {
  /** 32 hex digits: zones, rulesets, rules, records. */
  hex(): string;
  /** 36 characters: certificates. */
  uuid(): string;
  /** 40 characters of a token. */
  token(): string;
}

/** Ids from a counter, so that two runs of a test read alike. */
export function identifiers(): Identifiers {
  let made = 0;
  const next = (): Buffer => createHash("sha256").update(`simulated cloudflare ${++made}`).digest();
  return {
    hex: () => next().toString("hex").slice(0, 32),
    uuid: () => {
      const hex = next().toString("hex");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    },
    token: () => next().toString("base64url").slice(0, 40),
  };
}
