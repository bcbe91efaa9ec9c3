import type { CertificateFacts, CrlFacts } from "../certificate/facts.ts";

/**
 * What a provider takes, as data: each rule with what the provider does about it and where that is written. One pack is
 * about one thing that is handed over: a bundle of CA certificates, revocation lists, or an identity (a leaf with its
 * chain and key).
 */
export interface RulePack<M extends Matter = Matter> {
  /** Stable, e.g. `alb-bundle`. */
  readonly name: string;
  /** Whose rules they are, as people say it: `ALB`. */
  readonly provider: string;
  readonly about: M;
  /** Of an identity: whether those who look at it take an intermediate as an anchor. @default false */
  readonly partialChain?: boolean | undefined;
  /** The day on which the sources were read: `2026-11-20`. */
  readonly asOf: string;
  readonly rules: readonly Rule<M>[];
}

/** What a pack is about. */
export type Matter = "bundle" | "crls" | "identity";

/** One rule of a pack. */
export type Rule<M extends Matter = Matter> = M extends Matter
  ? {
      [C in keyof Parameters[M]]: {
        /** Which check; the code of its findings. */
        readonly check: C;
        /** The check's own limit. */
        readonly of: Parameters[M][C];
        /** @default "blocker" */
        readonly severity?: RuleSeverity | undefined;
        /** What the provider does where it does not hold, after its name: "refuses the whole bundle". */
        readonly does: string;
        /** The page or document that says so; `not documented` where the cautious reading was taken. */
        readonly source: string;
      };
    }[keyof Parameters[M]]
  : never;

/** `blocker`: refused, or traffic is; `warning`: it may be, or will be. */
export type RuleSeverity = "info" | "warning" | "blocker";

/** Keys by the names that {@link CertificateFacts} has: smallest and largest RSA modulus, or the sizes; and the others. */
export interface KeyLimits {
  readonly rsa?: readonly [number, number] | { readonly bits: readonly number[] } | undefined;
  /** e.g. `ec-prime256v1`, `ed25519`. */
  readonly others: readonly string[];
}

/** Checks of every certificate, whichever its part. */
interface CertificateParameters {
  /** Bytes as PEM. */
  readonly "certificate-too-large": number;
  readonly "key-unsuitable": KeyLimits;
  /** Hash functions; with `rsa-pss` where RSASSA-PSS is taken too. */
  readonly "signature-unsuitable": { readonly hashes: readonly string[]; readonly pss: boolean };
  /** X.509 version 3 only. */
  readonly "version-unsuitable": 3;
  readonly "not-yet-valid": true;
  readonly expired: true;
  /** Days. Moved by whoever asks. */
  readonly "expires-soon": number;
}

/** Checks of text as it was given; silent where there is none. */
interface TextParameters {
  readonly "not-pem": true;
  readonly "blank-line": true;
  /** `hash`: a line that begins with # and holds no -; `none`: no text at all beside the blocks. */
  readonly "text-beside": "hash" | "none";
  readonly "carriage-return": true;
  /** A block that has no business there: a key, a request, a list. */
  readonly "foreign-block": true;
  /** A block that can't be read. */
  readonly "damaged-block": true;
  /** Blanks before a BEGIN or END mark, as in YAML. */
  readonly "indented-block": true;
  /** Lines that end in CR alone. */
  readonly "no-line-feed": true;
}

/** The checks by what they are about, each with its limit. */
export interface Parameters {
  readonly bundle: CertificateParameters &
    TextParameters & {
      readonly "no-anchors": true;
      readonly "too-many-anchors": number;
      readonly "no-usable-anchor": true;
      /** Bytes as PEM. */
      readonly "bundle-too-large": number;
      /** Bytes of all subjects. */
      readonly "subjects-too-long": number;
      readonly "not-a-ca": true;
      /** A key usage that names keyCertSign must be there. */
      readonly "lacks-cert-sign": true;
      readonly "empty-subject": true;
      readonly "same-subject": true;
      readonly duplicate: true;
      /** An intermediate whose root is not in the bundle. */
      readonly "root-missing": true;
      /** Certificates from a CA of the bundle to its root, that CA and the root counted. */
      readonly "too-deep": number;
      /** The key identifier that names the issuer is not the issuer's. */
      readonly "identifier-mismatch": true;
    };
  readonly crls: TextParameters & {
    readonly "too-many-crls": number;
    /** Bytes as PEM. */
    readonly "crl-too-large": number;
    /** Entries of all lists. */
    readonly "too-many-revoked": number;
    readonly "crl-stale": true;
    readonly "crl-not-yet-valid": true;
    /** A list without nextUpdate. */
    readonly "crl-without-end": true;
    /** Some CA has a list, another has none. */
    readonly "crl-missing": true;
    /** A list whose issuer is no CA of the bundle. */
    readonly "crl-of-nobody": true;
    /** The signature is not that of the CA it names. */
    readonly "crl-signature": true;
    readonly "crl-negative-serial": true;
    readonly "several-crls-in-text": true;
    /** An entry of the list before it is gone, or that list is. */
    readonly "crl-shrinks": true;
    /** Its number is lower than that of the list before. */
    readonly "crl-older": true;
  };
  readonly identity: CertificateParameters &
    TextParameters & {
      readonly "certificate-is-ca": true;
      /** `named`: the usage must be there; `allowed`: it must not be left out where there is any. */
      readonly "leaf-without-client-auth": "named" | "allowed";
      /** Key usages of which one must be there; `named`: the extension itself must be. */
      readonly "lacks-digital-signature": { readonly oneOf: readonly string[]; readonly named: boolean };
      readonly "empty-issuer": true;
      /** Characters of each. */
      readonly "ocsp-url-too-long": number;
      readonly "empty-subject": true;
      readonly "names-no-ocsp-responder": true;
      readonly "chain-broken": true;
      /** A certificate that is not self-signed comes with that of its issuer. */
      readonly "chain-missing": true;
      /** There is a chain at all. */
      readonly "chain-undocumented": true;
      readonly "chain-holds-root": true;
      /** Certificates from the leaf to the root, both counted, whether the root is there or not. */
      readonly "chain-too-long": number;
      /** Bytes of the whole chain as PEM. */
      readonly "chain-too-large": number;
      readonly "key-family-differs": true;
      readonly "path-too-long": true;
      readonly "key-mismatch": true;
      readonly "key-encrypted": true;
      /** The parameters of the curve stand before the key. */
      readonly "key-with-parameters": true;
      /** Bytes as PEM. */
      readonly "key-too-large": number;
    };
}

/** A certificate and where it stood. */
export interface Placed {
  readonly facts: CertificateFacts;
  /** Counted from 1. */
  readonly index: number;
  /** Of the BEGIN mark in the text, counted from 1; undefined where there was no text. */
  readonly line?: number | undefined;
}

/** A revocation list and where it stood. */
export interface PlacedCrl {
  readonly facts: CrlFacts;
  readonly index: number;
  readonly line?: number | undefined;
}

/** A text or bytes as they were given. */
export interface Given {
  /** Undefined when it was DER. */
  readonly text: string | undefined;
}

/** What a pack judges, by what it is about. */
export interface Materials {
  readonly bundle: {
    readonly certificates: readonly Placed[];
    readonly given?: Given | undefined;
  };
  readonly crls: {
    readonly crls: readonly PlacedCrl[];
    /** The CAs whose lists they are; what needs them is silent without. */
    readonly anchors?: readonly CertificateFacts[] | undefined;
    /** The lists before these. */
    readonly previous?: readonly CrlFacts[] | undefined;
    readonly given?: Given | undefined;
  };
  readonly identity: {
    /** Leaf first. */
    readonly certificates: readonly Placed[];
    /** What is known of the key; silent without. */
    readonly key?:
      | {
          readonly spki: string | undefined;
          readonly encrypted: boolean;
          readonly bytes: number | undefined;
          readonly withParameters?: boolean | undefined;
        }
      | undefined;
    /** SHA-256 of those among the chain that are anchors: nobody asks about them. */
    readonly anchors?: readonly string[] | undefined;
    readonly given?: Given | undefined;
  };
}

/** What a check found, before it is told whose rule it broke. */
export interface Fault {
  /** About which certificate. */
  readonly certificate?: Placed | undefined;
  /** Of a text: where. */
  readonly line?: number | undefined;
  /** What is so: "CN=shop has a key of rsa-1024". */
  readonly what: string;
  readonly mend: string;
}

/** The checks of one matter: each takes its limit and tells what breaks it. */
export type Checks<M extends Matter> = {
  readonly [C in keyof Parameters[M]]: (
    material: Materials[M],
    limit: Parameters[M][C],
    at: number | undefined,
  ) => Iterable<Fault>;
};

/** A rule that does not hold. */
export interface RuleFinding {
  /** Stable, kebab-case: the name of the check. */
  readonly code: string;
  readonly severity: RuleSeverity;
  /** What is so, and what the provider does about it. */
  readonly message: string;
  /** Who must do what. */
  readonly mend: string;
  /** Name of the pack. */
  readonly pack: string;
  /** What the provider does, by itself. */
  readonly does: string;
  /** The page or document that says so. */
  readonly source: string;
  /** The certificate that it is about. */
  readonly certificate?:
    | {
        /** Counted from 1, in what was given. */
        readonly index: number;
        /** Of its BEGIN mark, counted from 1; undefined for DER. */
        readonly line?: number | undefined;
        readonly subject: string;
        readonly sha256: string;
      }
    | undefined;
  /** The line of the text that it is about, counted from 1. */
  readonly line?: number | undefined;
}
