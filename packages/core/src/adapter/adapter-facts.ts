/** What adapters declare about their providers: facts that differ are data, never a name in core. */
import type { RulePack } from "../rules/rule.ts";
import type { CallRate, Mode } from "./contract.ts";

/** What a verifier adapter declares about its provider, as data. */
export interface VerifierFacts<
  N extends string = string,
  M extends Mode = Mode,
  R extends Revocation = Revocation,
> {
  /** `<provider>.<service>`, lower case; stands in specs, plans and journals. */
  readonly name: N;
  /** Version of the adapter's state and action format. */
  readonly version: string;
  /**
   * What its options make it reach beyond the targets, e.g. `{ region: "eu-central-1", bucket: "shop-trust" }`. A plan
   * applies only where it is the same. Names and ids, no secret.
   */
  readonly scope?: Readonly<Record<string, string>> | undefined;
  /** How fast it may call, so that a plan can tell how long its calls take. Left out: nothing slows them down. */
  readonly rate?: CallRate | undefined;
  readonly role: "verifier";
  /** Modes that the provider has, from least to most refusing. */
  readonly modes: readonly M[];
  /** `crl`: takes CRLs; `none`: a spec with CRLs needs `withoutCrls: "agreed"` here. */
  readonly revocation: R;
  /** How many anchors one verifier can hold. */
  readonly anchorRoom: number;
  /** Longest chain accepted, leaf and anchor not counted. */
  readonly maxIntermediates: number;
  /** Whether a chain may end in an anchor that is not self-issued. */
  readonly partialChain: boolean;
  /**
   * `whole`: one CRL makes every CA without one refuse (OpenSSL); `covered`: only CAs with a CRL are checked; `listed`:
   * what a CRL names is refused and nothing else, however old the CRL is (a list of serials made from it).
   */
  readonly crlRule: "whole" | "covered" | "listed";
  /**
   * Which chain is judged where several can be built. `first`: the one that OpenSSL builds, by names and dates, with the
   * anchors in the order in which the face has them; `unordered`: the same, but the order of the anchors is not known, so
   * that where it decides nobody can tell; `any`: one chain that holds is enough. @default "unordered"
   */
  readonly chainChoice?: "first" | "unordered" | "any" | undefined;
  /**
   * How strong keys and signatures must be, as in OpenSSL: 1 wants RSA from 1,024 bits on and no SHA-1, 2 from 2,048 on,
   * 3 from 3,072 on, 0 nothing. @default 2
   */
  readonly securityLevel?: number | undefined;
  /**
   * Of several CRLs of one CA: `newest`, only the last one counts (OpenSSL); `all`, what any of them revokes is revoked.
   * @default "all"
   */
  readonly crlChoice?: "newest" | "all" | undefined;
  /**
   * What the provider takes as anchors and as CRLs. Core judges by them whatever a plan would have the provider hold, at
   * every state of a path, before the adapter is asked to realise it.
   */
  readonly rules?:
    | { readonly bundle?: RulePack<"bundle"> | undefined; readonly crls?: RulePack<"crls"> | undefined }
    | undefined;
}

/** What a presenter adapter declares about its provider, as data. */
export interface PresenterFacts<N extends string = string, I extends boolean = boolean> {
  readonly name: N;
  readonly version: string;
  /** As of {@link VerifierFacts}. */
  readonly scope?: Readonly<Record<string, string>> | undefined;
  /** As of {@link VerifierFacts}. */
  readonly rate?: CallRate | undefined;
  readonly role: "presenter";
  /** Whether `shows: "inherited"` means something here. */
  readonly inherits: I;
  /** The field of the target, a list, of which every value is a member with links of its own. */
  readonly each?: string | undefined;
  /** What the provider takes as an identity to show; judged as the rules of {@link VerifierFacts} are. */
  readonly rules?: { readonly identity?: RulePack<"identity"> | undefined } | undefined;
}

/** What a verifier can know of revoked certificates: lists (CRLs, RFC 5280 section 5), or nothing. */
export type Revocation = "crl" | "none";

/** What an adapter declares about its provider, whichever its role. */
export type AdapterFacts = VerifierFacts | PresenterFacts;
