import type { Digest } from "@handfast/core";
import { z } from "zod";
import { type AuthorityName, type OwnRule, ownRuleSchema } from "./state.ts";

/** Puts a CA into the account's store. It verifies nobody until a hostname stands in its list. */
export interface UploadAction {
  readonly kind: "upload";
  readonly account: string;
  readonly certificate: Digest;
  readonly issuers: readonly string[];
}

/** What a hostname's clients meet: the CAs that are asked for, and the rule that refuses. */
export interface HostnameSetting {
  readonly associated: readonly AuthorityName[];
  readonly rule: OwnRule | null;
}

/**
 * Sets what a hostname's clients meet: first the lists of CAs that it is added to, then the rule, last the lists that it
 * is taken from. So whatever is between lets in nobody that neither end does.
 */
export interface SetAction {
  readonly kind: "set";
  readonly zone: string;
  readonly account: string;
  readonly hostname: string;
  readonly from: HostnameSetting;
  readonly to: HostnameSetting;
}

/** Deletes a CA from the account's store. */
export interface DeleteAction {
  readonly kind: "delete";
  readonly account: string;
  readonly authority: AuthorityName;
}

/** Every write of this adapter, as data. */
export type ApiShieldAction = UploadAction | SetAction | DeleteAction;

const text = z.string();
const setting = z.strictObject({ associated: z.array(text), rule: ownRuleSchema.nullable() });

/** Schema of {@link ApiShieldAction}. */
export const apiShieldAction: z.ZodType<ApiShieldAction> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("upload"),
    account: text,
    certificate: z.string().regex(/^[0-9a-f]{64}$/),
    issuers: z.array(text),
  }),
  z.strictObject({
    kind: z.literal("set"),
    zone: text,
    account: text,
    hostname: text,
    from: setting,
    to: setting,
  }),
  z.strictObject({ kind: z.literal("delete"), account: text, authority: text }),
]);
