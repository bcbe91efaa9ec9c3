import type { Permission } from "@handfast/core";
import { permissionFor, permissionOn, type ZoneOperation } from "../translate-error.ts";
import type { ApiShieldAction } from "./actions.ts";
import type { ApiShieldTarget } from "./target.ts";

/** The calls of one look at a hostname. */
const reading: readonly ZoneOperation[] = [
  "readZone",
  "listDnsRecords",
  "listAuthorities",
  "listAuthorityServices",
  "readClientHostnames",
  "readFirewallRules",
];

/** The calls of each write. */
const writing: Readonly<Record<ApiShieldAction["kind"], readonly ZoneOperation[]>> = {
  upload: ["listAuthorities", "uploadAuthority"],
  delete: ["listAuthorities", "deleteAuthority"],
  set: [
    "listAuthorities",
    "readClientHostnames",
    "putClientHostnames",
    "readFirewallRules",
    "createFirewallRules",
    "addFirewallRule",
    "changeFirewallRule",
    "deleteFirewallRule",
  ],
};

/**
 * The token permissions, by Cloudflare's own names, that a write needs on its zone or account; without one, a look. A
 * `Write` covers the `Read` of the same name.
 */
export function permissionsOf(
  { zone, account }: Pick<ApiShieldTarget, "zone" | "account">,
  action?: ApiShieldAction,
): readonly Permission[] {
  const operations = action === undefined ? reading : writing[action.kind];
  const all = operations.map((operation) => ({
    allow: permissionFor(operation),
    on: permissionOn(operation) === "account" ? account : zone,
  }));
  return [...new Map(all.map((one) => [`${one.allow} ${one.on}`, one])).values()];
}
