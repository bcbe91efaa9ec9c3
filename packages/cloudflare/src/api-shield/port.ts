/**
 * The few operations that the adapter needs of Cloudflare, in its own terms. A test gives its own; the real one is
 * in http-client.ts.
 */
import type { CallContext } from "../cloudflare-http.ts";
import type { ZoneReads } from "../zone-reads.ts";

declare const store: unique symbol;

/** Id in the account's store of mTLS certificates. Those of origin pulls are others, and refused here. */
export type AuthorityId = string & { readonly [store]?: "account" };

/** A certificate in the account's store. */
export interface AuthorityRow {
  readonly id: AuthorityId;
  readonly name: string;
  /** True for CAs, which verify clients; false for what a Worker shows. */
  readonly ca: boolean;
  /** `custom`, `gateway_managed`, `access_managed`; an open list. */
  readonly type: string;
  /** Undefined when the API left it out. */
  readonly pem: string | undefined;
}

/** A rule of the phase `http_request_firewall_custom`. */
export interface FirewallRule {
  readonly id: string;
  readonly ref: string;
  /** e.g. `block`, `skip`, `log`, `managed_challenge`; an open list. */
  readonly action: string;
  readonly expression: string;
  readonly description: string;
  readonly enabled: boolean;
  /** Of a `skip`: whether it skips the rules behind it. */
  readonly skipsRuleset: boolean;
}

/** The custom rules of a zone, in order. `id` is undefined while there is no ruleset. */
export interface FirewallRules {
  readonly id: string | undefined;
  readonly rules: readonly FirewallRule[];
}

/** What is written of a rule. */
export interface RuleText {
  readonly ref: string;
  readonly expression: string;
  readonly description: string;
  readonly enabled: boolean;
}

/** All of it throws `REMOTE_…` errors. */
export interface ApiShieldPort extends ZoneReads {
  listAuthorities(account: string, call: CallContext): Promise<readonly AuthorityRow[]>;
  /** Services that use a CA, by name; none when it is gone. */
  listServices(account: string, id: AuthorityId, call: CallContext): Promise<readonly string[]>;
  uploadAuthority(
    account: string,
    upload: { readonly name: string; readonly pem: string },
    call: CallContext,
  ): Promise<void>;
  deleteAuthority(account: string, id: AuthorityId, call: CallContext): Promise<void>;
  /** The hostnames in a CA's list; `managed` is the CA that Cloudflare manages, which has no id. */
  readHostnames(
    zone: string,
    authority: AuthorityId | "managed",
    call: CallContext,
  ): Promise<readonly string[]>;
  /** Replaces the whole list. */
  putHostnames(
    zone: string,
    authority: AuthorityId | "managed",
    hostnames: readonly string[],
    call: CallContext,
  ): Promise<void>;
  readRules(zone: string, call: CallContext): Promise<FirewallRules>;
  /** Puts a rule before all others; without a ruleset it makes one. */
  addRule(zone: string, ruleset: string | undefined, rule: RuleText, call: CallContext): Promise<void>;
  /** Writes a rule and puts it before all others. */
  changeRule(zone: string, ruleset: string, id: string, rule: RuleText, call: CallContext): Promise<void>;
  deleteRule(zone: string, ruleset: string, id: string, call: CallContext): Promise<void>;
}
