import type { Digest, Known, Mode, VerifierFace } from "@handfast/core";
import { z } from "zod";
import { readRule } from "./expression.ts";
import { type ApiShieldTarget, readManaged } from "./target.ts";

/** What a CA is called in states: the digests of its certificates, or {@link managedName}, or `id:` and an id. */
export type AuthorityName = string;

/** The CA that Cloudflare manages for the account: always there, and its certificate can't be read. */
export const managedName = "managed";

/** A CA in the account's store that verifies clients. */
export interface Authority {
  /** Its certificates; one, unless somebody uploaded a bundle. */
  readonly anchors: readonly Digest[];
  /** Their subject key identifiers, as rules write them. */
  readonly issuers: readonly string[];
  /** Whether another hostname or service uses it. */
  readonly used: boolean;
}

/** The WAF custom rule of this hostname that handfast wrote. */
export interface OwnRule {
  readonly expression: string;
  readonly enabled: boolean;
  /** The CRLs that its serial numbers are from, by its description. */
  readonly crls: readonly Digest[];
  /** Whether the texts of those are known here: Cloudflare has no place for them. */
  readonly crlsRead: boolean;
  /** A rule before it skips the rest, or may: for some requests this one is not asked. */
  readonly shadowed: boolean;
}

/** What the custom rules of others do to clients of this hostname, for their certificates. */
export type OthersEffect =
  | { readonly kind: "nothing" }
  /** Lets in certificates of these issuers only, by key identifier. */
  | {
      readonly kind: "requires";
      readonly issuers: readonly string[] | "any";
      /** Revoked ones of the managed CA, too: they count as verified. */
      readonly revokedLetIn?: true | undefined;
    }
  | { readonly kind: "unknown"; readonly rule: string };

/** Everything that decides what Cloudflare asks of a hostname's clients. */
export interface ApiShieldState {
  /** CAs of the account that verify clients, by name. A wanted state asks for these at least. */
  readonly store: Readonly<Record<AuthorityName, Authority>>;
  /** The CAs in whose lists the hostname stands, sorted. In any of them: clients are asked for a certificate. */
  readonly associated: readonly AuthorityName[];
  readonly rule: OwnRule | null;
  readonly others: OthersEffect;
}

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Schema of {@link OwnRule}. */
export const ownRuleSchema: z.ZodType<OwnRule> = z.strictObject({
  expression: z.string(),
  enabled: z.boolean(),
  crls: z.array(digest),
  crlsRead: z.boolean(),
  shadowed: z.boolean(),
});

/** Schema of {@link ApiShieldState}. */
export const apiShieldState: z.ZodType<ApiShieldState> = z.strictObject({
  store: z.record(
    z.string(),
    z.strictObject({ anchors: z.array(digest), issuers: z.array(z.string()), used: z.boolean() }),
  ),
  associated: z.array(z.string()),
  rule: ownRuleSchema.nullable(),
  others: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("nothing") }),
    z.strictObject({
      kind: z.literal("requires"),
      issuers: z.union([z.array(z.string()), z.literal("any")]),
      revokedLetIn: z.literal(true).optional(),
    }),
    z.strictObject({ kind: z.literal("unknown"), rule: z.string() }),
  ]),
});

/** What clients of the hostname meet. A rule that can't be told makes the anchors unknown, never empty. */
export function faceOf(target: ApiShieldTarget, state: ApiShieldState): VerifierFace {
  const mode = modeOf(state);
  const fixed = { role: "verifier", mode, ignoreExpiry: false, advertiseNames: false } as const;
  if (mode !== "required") return { ...fixed, anchors: { known: [] }, crls: { known: [] } };
  return { ...fixed, anchors: anchorsOf(target, state), crls: crlsOf(state.rule) };
}

function modeOf({ associated, rule, others }: ApiShieldState): Mode {
  if (rule?.enabled === true || others.kind !== "nothing") return "required";
  return associated.length > 0 ? "request" : "off";
}

function anchorsOf(target: ApiShieldTarget, state: ApiShieldState): Known<readonly Digest[]> {
  const { rule, others } = state;
  if (others.kind === "unknown") {
    return { unknown: `whom rule "${others.rule}" lets in can't be told from here` };
  }
  const wide = others.kind === "requires" ? others.issuers : "any";
  if (rule?.enabled !== true) return anchorsFrom(target, state, wide);
  const own = readRule(rule.expression, target.hostname)?.issuers;
  if (own === undefined) return { unknown: "the rule that handfast wrote was changed by somebody else" };
  if (rule.shadowed) return { unknown: "a rule before the one that handfast wrote may skip it" };
  return anchorsFrom(target, state, wide === "any" ? own : own.filter((issuer) => wide.includes(issuer)));
}

/** The certificates behind issuers: of the CAs that are asked for, else of any CA of the account. */
function anchorsFrom(
  target: ApiShieldTarget,
  { store, associated }: ApiShieldState,
  issuers: readonly string[] | "any",
): Known<readonly Digest[]> {
  const managed = managedAuthority(target);
  const all = { ...store, ...(managed === undefined ? {} : { [managedName]: managed }) };
  if (issuers === "any") {
    if (managed === undefined) {
      return {
        unknown: "any CA of the account is let in, also the one that Cloudflare manages, which can't be read",
      };
    }
    return { known: sorted(Object.values(all).flatMap(({ anchors }) => anchors)) };
  }
  const withIssuer = (issuer: string) =>
    Object.entries(all).filter(([, authority]) => authority.issuers.includes(issuer));
  const held = issuers.flatMap((issuer) => {
    const found = withIssuer(issuer);
    const asked = found.filter(([name]) => associated.includes(name));
    return (asked.length > 0 ? asked : found).flatMap(([, { anchors }]) => anchors);
  });
  const lost = issuers.filter((issuer) => withIssuer(issuer).length === 0);
  // the managed CA verifies, whether it is associated or not
  if (lost.length > 0 && managed === undefined) {
    return { unknown: `whether issuer ${lost[0]} is the CA that Cloudflare manages can't be read` };
  }
  return { known: sorted(held) };
}

function crlsOf(rule: OwnRule | null): Known<readonly Digest[]> {
  if (rule?.enabled !== true || (rule.crls.length === 0 && rule.crlsRead)) return { known: [] };
  if (rule.crlsRead) return { known: rule.crls };
  return {
    unknown: "the rule holds serial numbers alone, and the lists they are from were not given",
    ...(rule.crls.length === 0 ? {} : { count: rule.crls.length }),
  };
}

/** The managed CA as far as the target tells of it. */
export function managedAuthority({ managedCa }: ApiShieldTarget): Authority | undefined {
  const facts = managedCa === undefined ? undefined : readManaged(managedCa);
  if (facts === undefined) return undefined;
  return { anchors: [facts.sha256], issuers: issuersOf([facts]), used: true };
}

/** Key identifiers as Cloudflare's fields write them: upper-case hex without colons. */
export function issuersOf(certificates: readonly { readonly ski?: string | undefined }[]): string[] {
  return certificates.flatMap(({ ski }) => (ski === undefined ? [] : [ski.toUpperCase()]));
}

/** A CA's name in states. */
export function authorityName(anchors: readonly Digest[]): AuthorityName {
  return anchors.join("+");
}

/** Sorted, each once. */
export function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

/** Whether two rules do the same; whether the texts of their CRLs are known does not count. */
export function isSameRule(one: OwnRule | null, other: OwnRule | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.expression === other.expression &&
    one.enabled === other.enabled &&
    one.shadowed === other.shadowed &&
    one.crls.join() === other.crls.join()
  );
}

/** Whether two sorted lists of CAs are the same. */
export function isSameList(one: readonly AuthorityName[], other: readonly AuthorityName[]): boolean {
  return one.join() === other.join();
}

/**
 * The remote objects that decide what a hostname's clients meet, its own first. The lists of a zone are one object: a
 * write replaces a whole list, so that no two runs may write to them at once.
 */
export function objectsOf({ zone, hostname }: ApiShieldTarget): readonly [string, string] {
  return [`cloudflare/${zone}/client-certificates/${hostname}`, `cloudflare/${zone}/hostname-associations`];
}

/** Natural key of a CA in an account's store. */
export function authorityKey(account: string, name: AuthorityName): string {
  return `cloudflare.mtls-certificate/${account}/${name}`;
}

/** What a plan stands on: all of it but CAs that the hostname has no part in, and who else uses those. */
export function ownedState({ store, associated, rule, others }: ApiShieldState): unknown {
  const { crlsRead: _, ...own } = rule ?? { crlsRead: true };
  return {
    associated: associated.map((name) => ({ name, anchors: store[name]?.anchors ?? [] })),
    rule: rule === null ? null : own,
    others,
  };
}
