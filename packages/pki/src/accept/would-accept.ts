import {
  type CertificateFacts,
  type Clock,
  type CrlFacts,
  type Facts,
  HandfastError,
  type Mode,
  systemClock,
  type VerifierFace,
} from "@handfast/core";
import { judgeShown, type Rules, type Verdict, type VerdictCode } from "@handfast/core/accept";
import { type CertificateInput, readCertificates } from "../certificate/read-certificates.ts";
import { type Crl, readCrls } from "../crl/read-crl.ts";
import { opensslRules } from "./openssl-rules.ts";

/** A verifier, by what it was given. */
export interface AcceptingFace {
  /** @default "required" */
  readonly mode?: Mode | undefined;
  /** CA certificates, PEM or DER, in the order in which the verifier has them. */
  readonly anchors: CertificateInput;
  /**
   * CRLs as they were made or read, DER, or PEM with one or several in a text, as nginx's `ssl_crl` has them.
   *
   * @default none, so revocation is not looked at
   */
  readonly crls?: readonly (Crl | string | Uint8Array)[] | undefined;
  /** Whether a leaf that has expired is let in. @default false */
  readonly ignoreExpiry?: boolean | undefined;
  /** Whether the names of the anchors are sent to clients. @default false */
  readonly advertiseNames?: boolean | undefined;
  /** Whether OCSP responders are asked: then every certificate below the anchor must name one. @default false */
  readonly ocsp?: boolean | undefined;
}

/** How to judge, and when. */
export interface WouldAcceptOptions {
  /** What differs from {@link opensslRules}: the rules of a provider are the facts of its adapter. */
  readonly rules?: Partial<Rules> | undefined;
  /** Milliseconds since the epoch. @default the clock's now */
  readonly at?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** What the digests of core's face stand for. Needed with a face of core's, and only then. */
  readonly facts?: Facts | undefined;
  /** True for a client that sends nothing when no advertised CA name fits (RFC 8446, 4.4.2.3). @default false */
  readonly obeysNames?: boolean | undefined;
}

/** What a verifier would do, and why. */
export interface Acceptance {
  readonly verdict: Verdict["verdict"];
  /** Stable; see {@link VerdictCode}. */
  readonly code: VerdictCode;
  /** Why, naming the certificate; empty when there is nothing to say. */
  readonly reason: string;
  /** The chain that was judged, leaf first. Ends in an anchor when it is accepted; absent when none was looked at. */
  readonly path?: readonly CertificateFacts[] | undefined;
}

/**
 * Whether a verifier would accept a client that shows this, and why not: RFC 5280 section 6 as OpenSSL practises it, by
 * the function that plans are made with. Nothing is connected to; what the server does with TLS itself (its own
 * certificate, versions, signature schemes) is for {@link probe}.
 *
 * @param shown the leaf, then what is sent along, PEM or DER; `"nothing"` for a client without a certificate
 * @param face what the verifier has, or core's face of it (with `facts`)
 * @throws HandfastError `CERTIFICATE_UNREADABLE` naming the certificate
 * @throws TypeError for a face of core's without facts, for a moment that is none, and for `crls` that are no list
 * @example
 * ```ts
 * import { wouldAccept } from "@handfast/pki";
 *
 * export function complaint(chain: string, bundle: string, crl: string): string | undefined {
 *   const { verdict, reason } = wouldAccept(chain, { anchors: bundle, crls: [crl] });
 *   return verdict === "accepted" ? undefined : reason;
 * }
 * ```
 */
export function wouldAccept(
  shown: CertificateInput | "nothing",
  face: AcceptingFace | VerifierFace,
  options: WouldAcceptOptions = {},
): Acceptance {
  const { rules = {}, clock = systemClock, at = clock.now(), obeysNames } = options;
  if (!Number.isFinite(at))
    throw new TypeError(`wouldAccept: ${String(at)} is no moment; give milliseconds since the epoch`);
  const given = gather(options.facts);
  const [leaf, ...chain] = shown === "nothing" ? [] : given.certificates(shown);
  const verdict = judgeShown(
    "role" in face ? checkFacts(face, options) : faceOf(face, given),
    leaf === undefined ? "nothing" : { certificate: leaf, chain },
    { at, obeysNames },
    { ...opensslRules, ...rules },
    given.facts,
  );
  const { path } = verdict;
  return {
    verdict: verdict.verdict,
    code: verdict.code ?? "accepted",
    reason: verdict.reason,
    ...(path === undefined ? {} : { path: path.map((digest) => given.facts.certificate(digest)) }),
  };
}

function checkFacts(face: VerifierFace, { facts }: WouldAcceptOptions): VerifierFace {
  if (facts === undefined)
    throw new TypeError("wouldAccept: a face of core's needs the facts that it speaks of");
  return face;
}

/** A text alone would be taken letter by letter. */
function checkList<T>(crls: readonly T[]): readonly T[] {
  if (Array.isArray(crls)) return crls;
  throw new TypeError("wouldAccept: crls is a list; give [crl], also for one");
}

function faceOf(face: AcceptingFace, given: Given): VerifierFace {
  return {
    role: "verifier",
    mode: face.mode ?? "required",
    anchors: { known: given.certificates(face.anchors) },
    crls: { known: checkList(face.crls ?? []).flatMap((crl) => given.crls(crl)) },
    ignoreExpiry: face.ignoreExpiry ?? false,
    advertiseNames: face.advertiseNames ?? false,
    ocsp: face.ocsp ?? false,
  };
}

interface Given {
  certificates(input: CertificateInput): readonly string[];
  crls(input: Crl | string | Uint8Array): readonly string[];
  readonly facts: Facts;
}

/** Reads what is given, and answers for it by digest; what else there is comes from `others`. */
function gather(others: Facts | undefined): Given {
  const certificates = new Map<string, CertificateFacts>();
  const crls = new Map<string, CrlFacts>();
  return {
    certificates: (input) =>
      readCertificates(input).map(({ sha256, facts }) => {
        certificates.set(sha256, facts);
        return sha256;
      }),
    crls: (input) => {
      const given = typeof input === "string" || input instanceof Uint8Array ? readCrls(input) : [input];
      return given.map(({ sha256, facts }) => {
        crls.set(sha256, facts);
        return sha256;
      });
    },
    facts: {
      certificate: (digest) => certificates.get(digest) ?? others?.certificate(digest) ?? missing(digest),
      crl: (digest) => crls.get(digest) ?? others?.crl(digest) ?? missing(digest),
    },
  };
}

function missing(digest: string): never {
  throw new HandfastError("BLOB_MISSING", `judge what is shown failed: nobody gave ${digest.slice(0, 12)}`);
}
