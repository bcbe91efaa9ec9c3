import type { Clock, Finding } from "@handfast/core";
import type { RuleFinding } from "@handfast/core/rules";

/** Something to know about certificates, lists or a key. `blocker`: refused, or traffic is; `warning`: it may be, or will be. */
export interface CertificateFinding extends Finding {
  /** Which certificate: index from 1 in what was given, line of its BEGIN mark, subject, SHA-256. */
  readonly certificate?: RuleFinding["certificate"];
  /** The line of the text that it is about, counted from 1. */
  readonly line?: number | undefined;
  /** The rules that say so. */
  readonly pack?: string | undefined;
  /** What the provider does about it. */
  readonly does?: string | undefined;
  /** The page or document that says so; `not documented` where the cautious reading was taken. */
  readonly source?: string | undefined;
}

/** When and how strictly to check. */
export interface CheckOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Warn of certificates that expire within so many days. @default 30 */
  readonly soonDays?: number | undefined;
}

/** A blocker that is about the whole of what was given. */
export function unreadable(code: string, message: string, line?: number): CertificateFinding {
  return {
    code,
    severity: "blocker",
    message,
    mend: "export it again",
    ...(line === undefined ? {} : { line }),
  };
}
