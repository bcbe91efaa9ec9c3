/**
 * The contract between core and an adapter. Core owns the order; an adapter translates between the neutral
 * face of an endpoint and what its provider has.
 *
 * All that crosses it is JSON, so that plans, journals and reports can be stored and read back.
 */
import type { z } from "zod";
import type { CertificateFacts, CrlFacts } from "../certificate/facts.ts";
import type { Clock } from "../clock.ts";
import type { HandfastError } from "../errors.ts";

/** Lower-case hex SHA-256. Of a certificate or CRL: of its DER. */
export type Digest = string;

/** A value that may not be readable. Unknown is never the same as empty. */
export type Known<T> =
  | { readonly known: T }
  | { readonly unknown: string; readonly count?: number | undefined };

/** Bytes that lie in the blob store beside the journal. */
export interface Blob {
  readonly sha256: Digest;
  readonly size: number;
}

/** A private key, by the name that the caller gave it; resolved at use, never stored. */
export interface Secret {
  readonly key: string;
  /** SHA-256 of the public key's SPKI DER, so that a wrong key is refused before it is sent. */
  readonly spki: Digest;
}

/**
 * What a verifier does about client certificates, from least to most refusing: `off` asks for none, `request` asks
 * and refuses nobody, `optional` refuses a bad certificate only, `required` refuses a missing one too.
 */
export type Mode = "off" | "request" | "optional" | "required";

/** The neutral view of a verifier. */
export interface VerifierFace {
  readonly role: "verifier";
  readonly mode: Mode;
  /** CA certificates that are trusted; empty while the mode checks nothing. */
  readonly anchors: Known<readonly Digest[]>;
  readonly crls: Known<readonly Digest[]>;
  /** Lets leaves in that have expired; not those of expired CAs, nor what is not valid yet. */
  readonly ignoreExpiry: boolean;
  /** Names the accepted CAs in the certificate request (RFC 8446, 4.2.4). */
  readonly advertiseNames: boolean;
  /**
   * Asks the OCSP responder that each certificate below the anchor names (RFC 6960), and refuses one that names none.
   *
   * @default false
   */
  readonly ocsp?: boolean | undefined;
}

/** A certificate that is shown, with the intermediates sent along. */
export interface ShownCertificate {
  readonly certificate: Digest;
  readonly chain: readonly Digest[];
}

/**
 * What a presenter shows when it connects. `unknown` is a certificate that can't be read, and says why; where the CA that
 * issued it is known, it is judged as any certificate of that.
 */
export type Shown =
  | ShownCertificate
  | "nothing"
  | { readonly unknown: string; readonly issuedBy?: Digest | undefined };

/** The neutral view of a presenter, after falling through to whatever shows in its stead. */
export interface PresenterFace {
  readonly role: "presenter";
  readonly shows: Shown;
}

/** The neutral view of an endpoint, whichever its role. */
export type Face = VerifierFace | PresenterFace;

/** What is wanted of a verifier. What is left out is taken from the target, or the provider's default. */
export interface WantedVerifier {
  readonly role: "verifier";
  readonly mode: Mode;
  readonly anchors: readonly Digest[];
  readonly crls: readonly Digest[];
  readonly ignoreExpiry?: boolean | undefined;
  readonly advertiseNames?: boolean | undefined;
  readonly ocsp?: boolean | undefined;
}

/** What is wanted of a presenter. `inherited` means: no opinion here, fall through to the next. */
export interface WantedPresenter {
  readonly role: "presenter";
  readonly shows: (ShownCertificate & { readonly secret: Secret }) | "nothing" | "inherited";
}

/** What is wanted of an endpoint, whichever its role: what a goal is made of. */
export type Wanted = WantedVerifier | WantedPresenter;

/** How much a finding weighs: a `blocker` stops the plan, `consent` does too until the spec agrees to it. */
export type Severity = "info" | "warning" | "consent" | "blocker";

/** Something a person should know before or after a run. */
export interface Finding {
  /** Stable, kebab-case, e.g. `listener-not-https`. */
  readonly code: string;
  readonly severity: Severity;
  /** Key of the target it is about. */
  readonly target?: string | undefined;
  readonly message: string;
  /** Who must do what. */
  readonly mend?: string | undefined;
}

/** What an adapter saw of one target. */
export interface Seen<S> {
  /** Names of all remote objects whose state decides this target's face, this target's own first. */
  readonly objects: readonly string[];
  /** The state now: only fields that the adapter owns, nothing that moves by itself. */
  readonly now: S;
  /** Other states that some node or edge may still run. */
  readonly may: readonly S[];
  /** False while somebody's change, perhaps ours, is still on its way to the nodes. */
  readonly settled: boolean;
  readonly owner: "us" | "other" | "unknown";
  /** Endpoints across links that nobody named: read-only, but judged like any other where their face is known. */
  readonly also?: readonly { readonly name: string; readonly face?: Face | undefined }[] | undefined;
  /** Preconditions that fail, and what else was noticed. */
  readonly findings: readonly Finding[];
}

/** How long until a step is in effect everywhere, and how that is known. Milliseconds. */
export type Settling =
  | { readonly by: "call" }
  | { readonly by: "status"; readonly typicalMs: number; readonly atMostMs: number }
  | { readonly by: "time"; readonly typicalMs: number; readonly atMostMs: number };

/**
 * Whether a step can be taken back: `exact`; `until-retire`: as long as retire has not deleted what it needs;
 * or never, with the reason.
 */
export type WayBack = "exact" | "until-retire" | { readonly never: string };

/** One write, as a value: no function, no client, no secret, no id that is not known yet. */
export interface Step<A> {
  /** Unique among the steps of its target, and the same whenever it is planned again from the same state. */
  readonly key: string;
  /** The remote object that it writes. */
  readonly object: string;
  /** Keys of steps of the same target that must be in effect before. */
  readonly after?: readonly string[] | undefined;
  readonly action: A;
  /** `none` touches no traffic, `switch` changes a face, `remove` deletes what nothing refers to. */
  readonly effect: "none" | "switch" | "remove";
  readonly back: WayBack;
  readonly settles: Settling;
  /**
   * The credential's budget that it draws on, and how many calls it takes; of a step with a `batch`, how many a whole
   * batch takes.
   */
  readonly cost: { readonly budget: string; readonly calls: number };
  /**
   * Steps of one adapter with the same key that are due at the same time are handed to `perform` together, at most so
   * many of them: for a provider that takes many in one call. Each still has its own intent, outcome and error. What such
   * a step makes must be named by `makes`. Left out: it is performed alone.
   */
  readonly batch?: { readonly key: string; readonly most: number } | undefined;
  /** One line for a person: verb first, names, no digest longer than twelve characters. */
  readonly summary: string;
  /**
   * Of a step that touches no traffic: once it is in effect, the verifier does at this port what it will do at its own
   * when the move is complete. Direct proofs are made there before the switch, so that the first real check is not the
   * outage.
   */
  readonly rehearses?: { readonly port: number } | undefined;
  /**
   * Of a step that touches no traffic only because of what was done before it: it is not prepared ahead of all else, but
   * waits for the last switch at its endpoint, whichever endpoint's that was.
   */
  readonly late?: true | undefined;
}

/** Steps of one move, at most one of them a `switch`; or why it can't be made. */
export interface Move<A> {
  readonly steps: readonly Step<A>[];
  readonly findings: readonly Finding[];
}

/** Where a step stands in the world that was just read. */
export type StepCheck =
  | "done"
  | "todo"
  /** The call was accepted; it is not in effect everywhere yet. */
  | "pending"
  | { readonly failed: string }
  /** Neither before nor after the step: somebody else wrote there. */
  | { readonly moved: string };

/** What came of a performed step. JSON; goes into the journal. */
export interface Outcome {
  /** Natural keys of what this call created, so that retire may delete it one day. */
  readonly made?: readonly string[] | undefined;
  /** Natural keys of what this call removed, or found to be gone: no later retire need think of them. */
  readonly removed?: readonly string[] | undefined;
  /** True when it was found already so. */
  readonly adopted?: boolean | undefined;
}

/** What came of one step of several: its outcome, or the error that it alone ended in. */
export type Performed = Outcome | HandfastError;

/** Reads what is known of certificates and CRLs by digest. Throws `BLOB_MISSING` for one that nobody gave. */
export interface Facts {
  certificate(digest: Digest): CertificateFacts;
  crl(digest: Digest): CrlFacts;
}

/** What a reading adapter is given. */
export interface ReadContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /**
   * `progress`: it is asked only how far writes of these targets have come. What no such write moves may be told as it was
   * read before, and findings may be left out. Left out: all is asked for, as it is now.
   */
  readonly only?: "progress" | undefined;
  /** Keeps bytes that were seen and names them by digest. Certificates and CRLs go in as DER. */
  keep(bytes: Uint8Array): Promise<Blob>;
}

/** What a writing adapter is given. */
export interface WriteContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The same across retries and resumes of one step, and of the same steps together. */
  readonly idempotencyKey: string;
  /** The bytes of a blob. Throws `BLOB_MISSING`. */
  bytes(digest: Digest): Promise<Uint8Array>;
  /** The private key as unencrypted PKCS#8 PEM, checked against the secret's `spki`. Never store or log it. */
  secret(secret: Secret): Promise<string>;
}

/** Something that a credential must be allowed, in the provider's own words. JSON. */
export interface Permission {
  /** An IAM action or a token scope, e.g. `elasticloadbalancing:ModifyListener`. */
  readonly allow: string;
  /** What it must be allowed on: an ARN, a zone. `*` where the provider knows no narrower one. */
  readonly on: string;
}

/** What a provider said of permissions that were asked about. Those in neither list are there. */
export interface PermissionAnswer {
  readonly refused: readonly Permission[];
  /** Nobody can tell before the call is made. */
  readonly unknown: readonly Permission[];
}

/** What retire may take and must leave. */
export interface Keeping<S> {
  /** States that an unretired run may go back to: all they refer to stays. */
  readonly keep: readonly S[];
  /** Natural keys of what handfast made, from the journal; and what the user named to be retired. */
  readonly made: readonly string[];
}

/** A target with the natural key by which plans, journals and events speak of it, e.g. `shop-edge/shop.example.com`. */
export interface Target<T> {
  readonly key: string;
  readonly target: T;
}

/**
 * What an adapter's author writes. `T` is the target in the spec, `S` the native state, `A` the union of writes.
 * All functions but `read` and `perform` are pure and synchronous.
 */
export interface AdapterDefinition<T, S, A> {
  readonly schema: {
    /** Fields of the spec entry beside those that core knows. An object schema. */
    readonly target: z.ZodObject & z.ZodType<T>;
    readonly state: z.ZodType<S>;
    readonly action: z.ZodType<A>;
  };
  /** The remote thing that a target is: two entries of a spec may not be the same one. */
  identify(target: T): string;
  /** The only reader; batched: one answer for each target, in the same order. */
  read(targets: readonly Target<T>[], context: ReadContext): Promise<readonly Seen<S>[]>;
  /** Native to neutral. */
  face(target: T, state: S): Face;
  /**
   * Neutral to native, from `base` on; or why not. Prefers what exists and has the right content. Findings beside a
   * state are for people: what will be so, but not quite as they may think.
   */
  realise(
    target: T,
    wanted: Wanted,
    base: S,
    facts: Facts,
  ):
    | { readonly state: S; readonly findings?: readonly Finding[] | undefined }
    | { readonly findings: readonly Finding[] };
  /** The steps of a move. Nothing to do is an empty list. */
  steps(target: T, from: S, to: S): Move<A>;
  /** The state of this target once the step is in effect; the same state when the step leaves it alone. */
  after(target: T, state: S, step: Step<A>): S;
  /** Where a step stands, given what was just read. */
  check(target: T, step: Step<A>, seen: Seen<S>): StepCheck;
  /**
   * Does it. Finding it already done is success. One outcome for each step, in the same order; in the place of one that
   * failed where others may not have, its error. What is thrown is the error of them all.
   */
  perform(
    steps: readonly { readonly target: Target<T>; readonly step: Step<A> }[],
    context: WriteContext,
  ): Promise<readonly Performed[]>;
  /** Steps with effect `remove` for what nothing refers to any more. */
  removals(target: T, seen: Seen<S>, keeping: Keeping<S>): Move<A>;
  /**
   * What stands in the way of several targets together though each alone could have what is wanted: room that they share.
   * Asked once for all of an adapter's targets in a plan that are to be somewhere. Left out: nothing.
   */
  judge?(ends: readonly { readonly target: T; readonly from: S; readonly to: S }[]): readonly Finding[];
  /**
   * The part of a state that a plan stands on: who changes it makes the plan stale. JSON. Left out: all of it. To be
   * written where a state also tells of things beside the target, e.g. stores that it might be switched to.
   */
  owned?(target: T, state: S): unknown;
  /**
   * Natural keys of what a step makes if it is not there yet; the same that {@link Outcome.made} then has. By them a
   * thing is known as our own whose maker died before it heard the answer. Left out: nothing.
   */
  makes?(target: T, step: Step<A>): readonly string[];
  /** What the credential must be allowed for a step; without one, for reading the target. Left out: not known. */
  permissions?(target: T, step?: Step<A>): readonly Permission[];
  /** How many calls one `read` of these targets takes, whole or for progress alone, for estimates. Left out: not known. */
  readCalls?(targets: readonly T[], only?: ReadContext["only"]): number;
  /** How many calls were made so far, of whatever kind: by what it grew, a report tells what a run took. Left out: nobody counts. */
  callsMade?(): number;
  /** Asks the provider which of these permissions the credential has, and changes nothing. Left out: nobody can tell. */
  checkPermissions?(
    permissions: readonly Permission[],
    context: Pick<ReadContext, "clock" | "signal">,
  ): Promise<PermissionAnswer>;
}

/** How fast the calls of one credential may go: so many at once, and then so many in each minute. */
export interface CallRate {
  /** What the rate is counted for. Adapters with the same credential name the same one, so that their calls add up. */
  readonly budget: string;
  readonly atOnce: number;
  readonly perMinute: number;
}
