import type { Mode } from "../adapter/contract.ts";
import type { Adapter, PresenterAdapter, VerifierAdapter } from "../adapter/define-adapter.ts";

/** The names that a record declares. */
type Keys<T> = keyof T & string;

/** `A` for no name at all would read as `never` in a message: a hint stands in its place. */
type Names<X extends string, Hint extends string> = [X] extends [never] ? Hint : X;

/** Lets a value built with `as const` in where the adapter's type has mutable lists. */
type DeepReadonly<T> = T extends string | number | boolean | null | undefined
  ? T
  : { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** An intersection as one object: shorter messages. Distributes over a union. */
type Plain<T> = T extends unknown ? { readonly [K in keyof T]: T[K] } : never;

/** Names that stand for something other than a certificate, so no trust and no identity may have them. */
export type ReservedName = "nothing" | "inherited";

/** PEM text that begins with `-----BEGIN`, or a file that holds it. */
export type PemInput = string | { readonly file: string };

/** Whom to trust. */
export interface TrustInput {
  /** CA certificates. */
  readonly anchors: PemInput | readonly PemInput[];
  /** CRLs; every verifier that uses this trust gets them. */
  readonly crls?: PemInput | readonly PemInput[] | undefined;
  /**
   * These CAs are compromised. No verifier may trust them, and from the first run with this on, no way back trusts them
   * again unless it is told to. Default false.
   */
  readonly compromised?: boolean | undefined;
}

/** What to present. `S` are the names of the secrets. */
export interface IdentityInput<S extends string> {
  /** Leaf first, then the intermediates. */
  readonly chain: PemInput;
  readonly key: { readonly secret: Names<S, "(give createHandfast a secret first)"> };
}

/** What clients that nobody here configures may show. */
export interface PopulationInput<T extends string, I extends string> {
  readonly mayShow: {
    /** Any leaf that one of these trusts issued. */
    readonly issuedBy?: readonly Names<T, "(declare a trust first)">[] | undefined;
    readonly identities?: readonly Names<I, "(declare an identity first)">[] | undefined;
    /** Whether some of them show no certificate. No default: an outage hides behind this fact. */
    readonly nothing: boolean;
  };
}

interface ProbeInput {
  /** Response header in which the application repeats the certificate that it saw. */
  readonly echo?: string | undefined;
  /** HTTP status that proves the link. @default any below 400 */
  readonly expect?: number | undefined;
}

/** `http:` or `https:`, over the link; `{hostname}` stands for the member. */
interface OverLink {
  readonly url: string;
}

/** A request to a verifier itself, past its presenter. */
export interface DirectProbeInput<I extends string> {
  /** `https:`, at the verifier itself, e.g. the load balancer's own name; `{hostname}` stands for the member. */
  readonly url: string;
  /** Name for SNI and for the Host header; `{hostname}` stands for the member. @default the url's own */
  readonly servername?: string | undefined;
  /** Identity that stands for what the presenter shows: a leaf of the same CA. @default the very one */
  readonly show?: Names<I, "(declare an identity first)"> | undefined;
  /** HTTP status that counts as served. @default any below 400 */
  readonly expect?: number | undefined;
}

interface LinkParts<T extends string, I extends string, V extends string> {
  readonly to: Names<V, "(declare a verifier first)">;
  /** Agreed to be refused although it is accepted now. A name that is a trust and an identity can't stand here. */
  readonly mayRefuse?: readonly ("nothing" | Exclude<T, I> | Exclude<I, T>)[] | undefined;
}

/** Traffic from a presenter, or from a population, to a verifier. */
export type LinkInput<
  P extends string,
  G extends string,
  V extends string,
  T extends string,
  I extends string,
> = [P | G] extends [never]
  ? { readonly from: "(declare a presenter or a population first)" } & LinkParts<T, I, V>
  : FromPresenter<P, V, T, I> | FromPopulation<G, V, T, I>;

type FromPresenter<P extends string, V extends string, T extends string, I extends string> = [P] extends [
  never,
]
  ? never
  : Plain<
      {
        readonly from: P;
        /** `"unreachable"` says that nothing can be proved from where handfast runs. */
        readonly probe?:
          | "unreachable"
          | Plain<
              ProbeInput &
                OverLink & {
                  readonly show?: Names<I, "(declare an identity first)"> | undefined;
                  /** `"unreachable"` says that the verifier can't be asked from where handfast runs. */
                  readonly direct?: "unreachable" | DirectProbeInput<I> | undefined;
                }
            >
          | { readonly url?: undefined; readonly direct: DirectProbeInput<I> }
          | undefined;
      } & LinkParts<T, I, V>
    >;

type FromPopulation<G extends string, V extends string, T extends string, I extends string> = [G] extends [
  never,
]
  ? never
  : Plain<
      {
        readonly from: G;
        /** `"unreachable"` says that nothing can be proved from where handfast runs. */
        readonly probe?:
          | "unreachable"
          | Plain<ProbeInput & OverLink & { readonly show: Names<I, "(declare an identity first)"> }>
          | undefined;
      } & LinkParts<T, I, V>
    >;

/** What moves together, and how long to watch it before the next wave. */
export interface WaveInput<N extends string, C extends string> {
  readonly name: string;
  /** Presenters and populations. Only the last wave may leave it out: it takes the rest. */
  readonly from?: readonly Names<N, "(declare a presenter or a population first)">[] | undefined;
  /** Seconds, minutes, hours or days, e.g. `30m`. @default "0s" */
  readonly bake?: Duration | undefined;
  /** Steps of the wave, moves and proofs, that may fail before the run stops. @default 0 */
  readonly maxFailures?: number | undefined;
  /** Checks of your own, given to `createHandfast`: they watch while the wave bakes, and must pass at its end. */
  readonly checks?: readonly Names<C, "(give createHandfast a check first)">[] | undefined;
}

type Duration = `${number}${"s" | "m" | "h" | "d"}`;

/** What a verifier's connection logs must tell before it is narrowed: nobody was seen whom it would refuse. */
export interface EvidenceInput<L extends string> {
  /** A reader of connection logs that was given to `createHandfast`. */
  readonly logs: Names<L, "(give createHandfast a reader of logs first)">;
  /** How far back to look, e.g. `7d`; never further than to where a run made the verifier ask. */
  readonly since: Duration;
  /** Fewer connections than this, of which the log tells what would become of them, tell nothing. @default 1 */
  readonly atLeast?: number | undefined;
  /** How many of the connections seen may be of a kind that will be refused. @default 0 */
  readonly mayRefuse?: number | undefined;
  /**
   * What becomes of certificates of which the log does not tell who issued them, as an ALB's does not: hold the run, or
   * let them pass. The same of lines that can't be read. They never count towards `atLeast`. @default "hold"
   */
  readonly unknown?: "hold" | "pass" | undefined;
  /** How long to wait for logs that tell enough; the run is held then, and can be resumed. @default "30m" */
  readonly wait?: Duration | undefined;
}

/** `trust` may be left out only where no certificate is checked. `Name` is a name or, where there is none, a hint. */
type ByMode<M extends Mode, Name extends string> = M extends "required" | "optional"
  ? { readonly mode: M; readonly trust: Name | readonly Name[] }
  : { readonly mode: M; readonly trust?: Name | readonly Name[] | undefined };

interface Consents {
  /** A path that opens only by weakening this verifier for a while is agreed to. */
  readonly mayWeaken?: "agreed" | undefined;
  /** Clients that no link names may lose access before the end. */
  readonly mayDropEarly?: "agreed" | undefined;
  /** Waves of presenters linked to it may be made one, with the longest bake and all checks, where no path keeps them apart. */
  readonly mayMixWaves?: "agreed" | undefined;
}

interface CrlConsent {
  /** The provider takes no CRL; that the trust's CRLs don't get there is agreed to. */
  readonly withoutCrls?: "agreed" | undefined;
}

/** Name to adapter, by role. */
export type VerifierName<A> = A extends { readonly facts: { readonly role: "verifier" } } ? NameOf<A> : never;
export type PresenterName<A> = A extends { readonly facts: { readonly role: "presenter" } }
  ? NameOf<A>
  : never;
type NameOf<A> = A extends { readonly facts: { readonly name: infer N extends string } } ? N : never;

/** What may stand in an entry beside `adapter`, by the adapter's name: computed once for all entries. */
type VerifierTable<A, T extends string, L extends string> = {
  [X in A as VerifierName<X>]: X extends VerifierAdapter<string, infer Target, infer M, infer R>
    ? Plain<
        ByMode<M, Names<T, "(declare a trust first)">> &
          Consents & { readonly evidence?: EvidenceInput<L> | undefined } & (R extends "crl"
            ? unknown
            : CrlConsent) &
          DeepReadonly<Target>
      >
    : never;
};

type PresenterTable<A, I extends string> = {
  [X in A as PresenterName<X>]: X extends PresenterAdapter<string, infer Target, infer Inherits>
    ? Plain<
        {
          readonly shows: I | "nothing" | (Inherits extends true ? "inherited" : never);
        } & DeepReadonly<Target>
      >
    : never;
};

/** Each entry is held against its own adapter's type, and not against the union of all. */
type Entries<Table, N> = {
  readonly [K in keyof N]: { readonly adapter: N[K] } & Table[N[K] & keyof Table];
};

/** Refuses names that another section has: links, plans and journals tell targets apart by name. */
type NotBoth<N extends string, Other extends string> = {
  readonly [K in NoInfer<N> & NoInfer<Other>]: "(the name of something else too)";
};

/**
 * What is wanted, as it is written: the argument of `handfast.spec`. All type parameters are inferred; every section
 * declares its names by its keys, and every reference completes from them.
 *
 * `T` names the trusts, `I` the identities, `V` and `P` take names of verifiers and presenters to names of adapters,
 * `G` names the populations, `A` are the adapters; `S`, `C` and `L` the names of the secrets, checks and readers of
 * logs at hand.
 */
export interface SpecInput<
  T extends string,
  I extends string,
  V,
  P,
  G extends string,
  A extends Adapter,
  S extends string,
  C extends string = never,
  L extends string = never,
> {
  /** For editors; not read. */
  readonly $schema?: string | undefined;
  readonly trust: { readonly [K in T]: K extends ReservedName ? "(a reserved name)" : TrustInput };
  readonly identities?:
    | { readonly [K in I]: K extends ReservedName ? "(a reserved name)" : IdentityInput<S> }
    | undefined;
  readonly verifiers: Entries<VerifierTable<A, NoInfer<T>, L>, V>;
  readonly presenters?: (Entries<PresenterTable<A, NoInfer<I>>, P> & NotBoth<Keys<P>, Keys<V>>) | undefined;
  readonly populations?:
    | ({ readonly [K in G]: PopulationInput<NoInfer<T>, NoInfer<I>> } & NotBoth<G, Keys<V> | Keys<P>>)
    | undefined;
  readonly links: readonly LinkInput<
    NoInfer<Keys<P>>,
    NoInfer<G>,
    NoInfer<Keys<V>>,
    NoInfer<T>,
    NoInfer<I>
  >[];
  readonly waves?: readonly WaveInput<NoInfer<Keys<P> | G>, C>[] | undefined;
}

/**
 * A list of adapters in which no two have one name: for `adapters: L & DistinctNames<L>`, with `const L`. Names that
 * the compiler can't tell (`string`) pass; `specDoor` refuses them at run time.
 */
export type DistinctNames<L extends readonly Adapter[]> = {
  readonly [K in keyof L]: string extends NameOf<L[K]>
    ? unknown
    : NameOf<L[K]> extends { [J in keyof L]: J extends K ? never : NameOf<L[J]> }[number]
      ? "(another adapter has this name; give one of them another by `as`)"
      : unknown;
};
