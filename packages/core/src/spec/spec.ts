import { z } from "zod";
import type { Mode } from "../adapter/contract.ts";

/** A value that survives JSON unchanged. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** An object that survives JSON unchanged. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Certificates or CRLs: PEM text, or a file that holds it. `plan` reads the file, relative to the working directory. */
export type PemSource = { readonly pem: string } | { readonly file: string };

/** Whom to trust: CA certificates, and the CRLs that go with them. */
export interface SpecTrust {
  readonly anchors: readonly PemSource[];
  readonly crls: readonly PemSource[];
  /** Its CAs are compromised: no verifier may trust them, and no way back trusts them again unless told to. */
  readonly compromised: boolean;
}

/** A leaf with its chain, leaf first, and the name of the secret that is its private key. */
export interface SpecIdentity {
  readonly chain: PemSource;
  readonly key: { readonly secret: string };
}

/** An endpoint that asks for certificates. */
export interface SpecVerifier {
  /** Name of the adapter. */
  readonly adapter: string;
  readonly mode: Mode;
  /** Names in {@link Spec.trust}; the verifier trusts all of them. */
  readonly trust: readonly string[];
  /** Agreed: this verifier takes no CRL although its trust has some. */
  readonly withoutCrls: boolean;
  /** Agreed: a path that opens only by weakening this verifier for a while. */
  readonly mayWeaken: boolean;
  /** Agreed: clients that no link names may lose access before the end. */
  readonly mayDropEarly: boolean;
  /** Agreed: waves of presenters linked to it may be made one, where no path keeps them apart. Absent: not agreed. */
  readonly mayMixWaves?: boolean | undefined;
  /** What its connection logs must tell before it may refuse more than it does. */
  readonly evidence?: SpecEvidence | undefined;
  /** The adapter's own fields, as its target schema returned them. */
  readonly target: JsonObject;
}

/** What the connection logs of a verifier must tell before it is narrowed. */
export interface SpecEvidence {
  /** Name of a reader that was given to `createHandfast`. */
  readonly logs: string;
  /** How far back to look, in milliseconds; never further than to where the verifier began to ask. */
  readonly sinceMs: number;
  /** Fewer connections than this tell nothing. */
  readonly atLeast: number;
  /** How many of the connections seen may be of a kind that will be refused. */
  readonly mayRefuse: number;
  /** What becomes of certificates of which the log does not tell who issued them: hold the run, or let them pass. */
  readonly unknown: "hold" | "pass";
  /** How long to wait for logs that tell enough, in milliseconds. */
  readonly waitMs: number;
}

/** One member of a presenter entry. */
export interface SpecPresenter {
  /** Name of the adapter. */
  readonly adapter: string;
  /** Name of the entry in the input that this member comes from; the member's own key where nothing fans out. */
  readonly entry: string;
  /** A name in {@link Spec.identities}, `nothing` or `inherited`. */
  readonly shows: string;
  /** The adapter's own fields; the list that fans out holds this member's value alone. */
  readonly target: JsonObject;
}

/** Clients that nobody here configures, known by what they may show. */
export interface SpecPopulation {
  readonly mayShow: {
    /** Any leaf issued by these names in {@link Spec.trust}. */
    readonly issuedBy: readonly string[];
    /** These names in {@link Spec.identities}. */
    readonly identities: readonly string[];
    /** No certificate at all. */
    readonly nothing: boolean;
  };
}

/** The requests that prove a link: over it, at the verifier itself, or both. */
export interface SpecProbe {
  /** Over the link, as its traffic goes. */
  readonly url?: string | undefined;
  /** Identity that the probe itself shows at the first hop. */
  readonly show?: string | undefined;
  /** Response header, in lower case, in which the application repeats the certificate that it saw. */
  readonly echo?: string | undefined;
  /** HTTP status; without it, any below 400. */
  readonly expect?: number | undefined;
  /** At the verifier, past the presenter; `unreachable` says that it can't be asked from where handfast runs. */
  readonly direct?: SpecDirectProbe | "unreachable" | undefined;
}

/** A request to a verifier itself, by which what it does with a certificate is seen without its presenter. */
export interface SpecDirectProbe {
  readonly url: string;
  /** Name for SNI and for the Host header; the url's own when absent. */
  readonly servername?: string | undefined;
  /** Identity that stands for what the presenter shows; without it, the very one. */
  readonly show?: string | undefined;
  /** HTTP status; without it, any below 400. */
  readonly expect?: number | undefined;
}

/** Traffic from a presenter member or a population to a verifier. */
export interface SpecLink {
  /** `from -> to`, unique. */
  readonly key: string;
  /** A key of {@link Spec.presenters} or {@link Spec.populations}. */
  readonly from: string;
  /** A key of {@link Spec.verifiers}. */
  readonly to: string;
  /** Agreed to be refused: `nothing`, names of trusts, names of identities. */
  readonly mayRefuse: readonly string[];
  /** `unreachable` says that nothing can be proved from where handfast runs. */
  readonly probe?: SpecProbe | "unreachable" | undefined;
}

/** Links whose `from` stands here move together. */
export interface SpecWave {
  readonly name: string;
  /** Keys of {@link Spec.presenters} and {@link Spec.populations}; each stands in exactly one wave. */
  readonly from: readonly string[];
  /** How long to watch after the wave before the next one starts, in milliseconds. */
  readonly bakeMs: number;
  /** How many steps of the wave, moves and proofs, may fail before the run stops. */
  readonly maxFailures: number;
  /** Names of checks that were given to `createHandfast`: they watch the wave while it bakes, and must pass at its end. */
  readonly checks?: readonly string[] | undefined;
}

/**
 * What is wanted, parsed: plain, frozen, JSON-safe. The keys of its maps are the names; presenters are fanned out to
 * members, links to one for each member, waves are complete.
 */
export interface Spec {
  readonly format: 1;
  readonly trust: Readonly<Record<string, SpecTrust>>;
  readonly identities: Readonly<Record<string, SpecIdentity>>;
  readonly verifiers: Readonly<Record<string, SpecVerifier>>;
  /** By member key: the entry's name, or `entry/value` where a list of the target fans out. */
  readonly presenters: Readonly<Record<string, SpecPresenter>>;
  readonly populations: Readonly<Record<string, SpecPopulation>>;
  readonly links: readonly SpecLink[];
  readonly waves: readonly SpecWave[];
}

const pemSource = z.union([z.strictObject({ pem: z.string() }), z.strictObject({ file: z.string() })]);
const names = z.array(z.string());
const target = z.record(z.string(), z.json());
const unreachable = z.literal("unreachable");

const probe = z.strictObject({
  url: z.string().optional(),
  show: z.string().optional(),
  echo: z.string().optional(),
  expect: z.int().optional(),
  direct: z
    .union([
      unreachable,
      z.strictObject({
        url: z.string(),
        servername: z.string().optional(),
        show: z.string().optional(),
        expect: z.int().optional(),
      }),
    ])
    .optional(),
});

const shape = z.strictObject({
  format: z.literal(1),
  trust: z.record(
    z.string(),
    z.strictObject({ anchors: z.array(pemSource), crls: z.array(pemSource), compromised: z.boolean() }),
  ),
  identities: z.record(
    z.string(),
    z.strictObject({ chain: pemSource, key: z.strictObject({ secret: z.string() }) }),
  ),
  verifiers: z.record(
    z.string(),
    z.strictObject({
      adapter: z.string(),
      mode: z.enum(["off", "request", "optional", "required"]),
      trust: names,
      withoutCrls: z.boolean(),
      mayWeaken: z.boolean(),
      mayDropEarly: z.boolean(),
      mayMixWaves: z.boolean().optional(),
      evidence: z
        .strictObject({
          logs: z.string(),
          sinceMs: z.int().positive(),
          atLeast: z.int().nonnegative(),
          mayRefuse: z.int().nonnegative(),
          unknown: z.enum(["hold", "pass"]),
          waitMs: z.int().nonnegative(),
        })
        .optional(),
      target,
    }),
  ),
  presenters: z.record(
    z.string(),
    z.strictObject({ adapter: z.string(), entry: z.string(), shows: z.string(), target }),
  ),
  populations: z.record(
    z.string(),
    z.strictObject({ mayShow: z.strictObject({ issuedBy: names, identities: names, nothing: z.boolean() }) }),
  ),
  links: z.array(
    z.strictObject({
      key: z.string(),
      from: z.string(),
      to: z.string(),
      mayRefuse: names,
      probe: z.union([unreachable, probe]).optional(),
    }),
  ),
  waves: z.array(
    z.strictObject({
      name: z.string(),
      from: names,
      bakeMs: z.int().nonnegative(),
      maxFailures: z.int().nonnegative(),
      checks: names.optional(),
    }),
  ),
});

/** Schema of a stored {@link Spec}: its shape. `readSpec` holds its names against each other too. */
export const specSchema: z.ZodType<Spec> = shape;
