import type { Route } from "../route.ts";
import { verifyToken } from "./handlers.ts";

/** Verification of the token that a request is made with. */
export function tokenRoutes(): readonly Route[] {
  const base = { permissions: "none", refusals: "with-null-result" } as const;
  return [
    {
      ...base,
      operation: "GET /user/tokens/verify",
      answer: { on: "account", handle: (call) => verifyToken(call, "user") },
    },
    {
      ...base,
      operation: "GET /accounts/{account_id}/tokens/verify",
      answer: { on: "account", handle: (call) => verifyToken(call, "account") },
    },
  ];
}
