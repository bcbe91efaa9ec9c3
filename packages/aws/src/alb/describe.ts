import { shortenName } from "../digest-sets.ts";
import type { Authentication } from "./state.ts";

/** One line for a person, and the part of a step's key that tells one switch from another. */
export function describe(authentication: Authentication): string {
  if (authentication.mode !== "verify") return authentication.mode;
  const { store, ignoreExpiry, advertiseNames, cut } = authentication;
  const flags = [ignoreExpiry && "ignoring expiry", advertiseNames && "naming its CAs", cut && "cut away"];
  return ["verify with", shortenName(store), ...flags.filter((flag) => flag !== false)].join(" ");
}
