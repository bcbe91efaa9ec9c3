import { type Answer, result } from "../envelope.ts";
import type { Call } from "../route.ts";
import { writeDate } from "../timing.ts";
import { accountId, statusOf, type Token, tokenId } from "./models.ts";
import { refusals } from "./refusals.ts";

/** What a token of a user, or of the account, is told of itself: its status and dates, and nothing of what it may. */
export function verifyToken({ caller, now, params }: Call, owner: Token["owner"]): Answer {
  const { token } = caller;
  if (token === undefined) return refusals.noToken;
  const isHere = owner === "user" || params.account_id === accountId;
  if (token.issued.owner !== owner || !isHere) return refusals.invalidToken;
  const { expiresAt, notBefore } = token.issued;
  const status = statusOf(token.issued, now);
  return {
    ...result({
      id: tokenId(token.text),
      status,
      ...(notBefore === undefined ? {} : { not_before: writeDate(notBefore) }),
      ...(expiresAt === undefined ? {} : { expires_on: writeDate(expiresAt) }),
    }),
    ...(status === "active"
      ? { messages: [{ code: 10000, message: "This API Token is valid and active", type: null }] }
      : {}),
  };
}
