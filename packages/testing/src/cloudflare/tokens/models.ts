import { createHash } from "node:crypto";
import type { CloudflarePermission } from "../permission.ts";

/** A token as it was issued. */
export interface Token {
  /** The account that every zone of the simulation is in; a user's token belongs to nobody else. */
  readonly owner: "user" | "account";
  readonly user: string;
  readonly permissions: ReadonlySet<CloudflarePermission>;
  readonly zones: "all" | ReadonlySet<string>;
  /** Before this moment the platform does not know the token everywhere and answers 403. */
  readonly knownFrom: number;
  readonly disabled: boolean;
  readonly expiresAt: number | undefined;
  readonly notBefore: number | undefined;
}

/** What the platform says of a token. */
export type TokenStatus = "active" | "disabled" | "expired";

/** A token's status; one whose time has not come has none of its own, and counts as disabled. */
export function statusOf({ disabled, expiresAt, notBefore }: Token, now: number): TokenStatus {
  if (disabled || (notBefore !== undefined && now < notBefore)) return "disabled";
  return expiresAt !== undefined && now >= expiresAt ? "expired" : "active";
}

/** The id of a token, which is no part of its text. */
export function tokenId(text: string): string {
  return createHash("sha256").update(`id of ${text}`).digest("hex").slice(0, 32);
}

/** The one account of the simulation. */
export const accountId = "00000000000000000000000000000001";
