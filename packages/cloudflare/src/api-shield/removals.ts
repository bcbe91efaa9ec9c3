import type { Keeping, Move, Seen, Step } from "@handfast/core";
import type { ApiShieldAction } from "./actions.ts";
import { type ApiShieldState, authorityKey } from "./state.ts";
import type { StepOptions } from "./steps.ts";
import type { ApiShieldTarget } from "./target.ts";

/** Deletions of CAs that handfast uploaded and that nothing refers to any more. */
export function planRemovals(
  { account }: ApiShieldTarget,
  { now, may }: Seen<ApiShieldState>,
  { keep, made }: Keeping<ApiShieldState>,
  { budget, settleMs }: StepOptions,
): Move<ApiShieldAction> {
  const mine = new Set(made);
  const kept = new Set([now, ...may, ...keep].flatMap(({ associated }) => associated));
  const idle = Object.entries(now.store)
    .filter(([name, { used }]) => !used && !kept.has(name) && mine.has(authorityKey(account, name)))
    .map(([name]) => name)
    .sort();
  return {
    steps: idle.map(
      (name): Step<ApiShieldAction> => ({
        key: `delete:${name.slice(0, 12)}`,
        object: authorityKey(account, name),
        action: { kind: "delete", account, authority: name },
        effect: "remove",
        back: { never: "a deleted CA does not come back; its certificate can be uploaded anew" },
        settles: { by: "time", typicalMs: settleMs, atMostMs: settleMs },
        cost: { budget, calls: 2 },
        summary: `delete CA ${name.slice(0, 12)} from account ${account.slice(0, 12)}`,
      }),
    ),
    findings: [],
  };
}
