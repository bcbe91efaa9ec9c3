/**
 * The one error class of handfast, with a closed list of codes grouped by who must act.
 *
 * An error is made from an allow-list of fields ({@link ErrorDetails}); a request, a response, a header or a
 * key never gets into one.
 */

/** Who has to do something about an error. */
export type Actor = "caller" | "operator" | "executor" | "adapter-author" | "nobody";

/** Every code, with who must act and whether trying the same again can help. */
const errorCodes = {
  SPEC_INVALID: { who: "caller", retryable: false },
  PLAN_INVALID: { who: "caller", retryable: false },
  PLAN_EDITED: { who: "caller", retryable: false },
  PLAN_EXPIRED: { who: "caller", retryable: false },
  PLAN_STALE: { who: "caller", retryable: false },
  PLAN_BLOCKED: { who: "operator", retryable: false },
  PLAN_NO_PATH: { who: "operator", retryable: false },
  PLAN_UNKNOWN_ADAPTER: { who: "caller", retryable: false },
  PLAN_UNSAFE: { who: "adapter-author", retryable: false },
  POLICY_REFUSED: { who: "operator", retryable: false },
  APPROVAL_MISSING: { who: "operator", retryable: false },
  PERMISSION_MISSING: { who: "operator", retryable: false },
  BLOB_MISSING: { who: "caller", retryable: false },
  FILE_UNREADABLE: { who: "caller", retryable: false },
  GATE_MISSING: { who: "caller", retryable: false },
  SECRET_MISSING: { who: "caller", retryable: false },
  KEY_ENCRYPTED: { who: "caller", retryable: false },
  KEY_UNREADABLE: { who: "caller", retryable: false },
  KEY_MISMATCH: { who: "caller", retryable: false },
  CERTIFICATE_UNREADABLE: { who: "caller", retryable: false },
  CERTIFICATE_UNSUITABLE: { who: "caller", retryable: false },
  PRECONDITION_FAILED: { who: "operator", retryable: false },
  REMOTE_UNAUTHORIZED: { who: "operator", retryable: false },
  REMOTE_NOT_FOUND: { who: "operator", retryable: false },
  REMOTE_CONFLICT: { who: "executor", retryable: true },
  REMOTE_RATE_LIMITED: { who: "executor", retryable: true },
  REMOTE_UNAVAILABLE: { who: "executor", retryable: true },
  REMOTE_REJECTED: { who: "operator", retryable: false },
  REMOTE_UNEXPECTED: { who: "adapter-author", retryable: false },
  STEP_TIMED_OUT: { who: "operator", retryable: false },
  STEP_MOVED: { who: "operator", retryable: false },
  PROOF_FAILED: { who: "operator", retryable: false },
  PROOF_INCONCLUSIVE: { who: "operator", retryable: false },
  RUN_UNKNOWN: { who: "caller", retryable: false },
  RUN_STATE: { who: "caller", retryable: false },
  JOURNAL_HELD: { who: "operator", retryable: false },
  JOURNAL_CORRUPT: { who: "operator", retryable: false },
  JOURNAL_UNWRITABLE: { who: "operator", retryable: false },
  ABORTED: { who: "nobody", retryable: false },
} as const satisfies Record<string, { who: Actor; retryable: boolean }>;

/** The closed list of codes. Switch on it; it only ever grows. */
export type HandfastErrorCode = keyof typeof errorCodes;

/** One mistake in a spec: where, and what to do. */
export interface SpecIssue {
  /** Path from the root of the spec, e.g. `["links", 0, "to"]`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The only fields an error may carry. None of them may hold a secret. */
export interface ErrorDetails {
  readonly adapter?: string | undefined;
  readonly target?: string | undefined;
  readonly object?: string | undefined;
  readonly step?: string | undefined;
  readonly run?: string | undefined;
  /** The provider's name of the call, e.g. `ModifyListener`. */
  readonly operation?: string | undefined;
  /** What the provider answered: its own code, the HTTP status, its text (cut to 500 characters). */
  readonly provider?:
    | {
        readonly code?: string | undefined;
        readonly status?: number | undefined;
        readonly message?: string | undefined;
      }
    | undefined;
  /** How long to wait before trying again, in milliseconds, when the provider said so. */
  readonly retryAfterMs?: number | undefined;
  /**
   * True when the call may have taken effect although it failed (a lost answer, a 5xx): the world must be read
   * before the step is called done or not done.
   */
  readonly outcomeUnknown?: boolean | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly issues?: readonly SpecIssue[] | undefined;
  /** Plain facts for a person: names, counts, digests. */
  readonly facts?: Readonly<Record<string, string | number | boolean>> | undefined;
}

const brand: unique symbol = Symbol.for("handfast.error") as never;

/** What every part of handfast throws. Recognise it by {@link isHandfastError}, never by `instanceof`. */
export class HandfastError extends Error {
  override readonly name = "HandfastError";
  readonly code: HandfastErrorCode;
  /** Who must act. */
  readonly who: Actor;
  /** Whether trying the same again can help. */
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  /**
   * @param message operation, coordinates, reason, and what to do about it
   */
  constructor(
    code: HandfastErrorCode,
    message: string,
    details: ErrorDetails = {},
    options: { cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: causeOf(options.cause) });
    this.code = code;
    this.who = errorCodes[code].who;
    this.retryable = errorCodes[code].retryable;
    this.details = details;
    Object.defineProperty(this, brand, { value: true });
  }

  /** The error as data, without stack and cause: what goes into journals, events and reports. */
  toJSON(): ErrorRecord {
    return { code: this.code, message: this.message, who: this.who, details: this.details };
  }
}

/** An error as it stands in a journal or a report. */
export interface ErrorRecord {
  readonly code: HandfastErrorCode;
  readonly message: string;
  readonly who: Actor;
  readonly details: ErrorDetails;
}

/**
 * Whether a value is a handfast error, also one made by another copy of the package.
 *
 * @example
 * ```ts
 * import { isHandfastError } from "@handfast/core";
 *
 * export function explain(thrown: unknown): string {
 *   return isHandfastError(thrown) ? `${thrown.code}: ${thrown.message} (${thrown.who} must act)` : "a defect";
 * }
 * ```
 */
export function isHandfastError(value: unknown): value is HandfastError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

/** A foreign cause may carry a request with a key in its body: only its name and code survive. */
function causeOf(cause: unknown): unknown {
  if (isHandfastError(cause)) return cause;
  if (!(cause instanceof Error)) return undefined;
  const { name } = cause;
  const code = (cause as { code?: unknown }).code;
  return typeof code === "string" ? { name, code } : { name };
}
