import { type ErrorDetails, HandfastError, isHandfastError } from "../errors.ts";

/** The error for a run that a journal does not have. */
export function runUnknown(run: string): HandfastError {
  return new HandfastError(
    "RUN_UNKNOWN",
    `read run failed [run=${run}]: this journal has no such run; runs() lists those it has`,
    { run },
  );
}

/** Who has taken a run or an object. Plain facts that go into the error. */
export interface HolderFacts {
  readonly run: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/**
 * The error for a run, or an object, that somebody else holds.
 *
 * @param object what is held, when it is not the run itself
 */
export function runHeld(operation: string, run: string, holder: HolderFacts, object?: string): HandfastError {
  const { host, pid, since, run: other } = holder;
  const what = object === undefined ? "it" : `${object}, for run ${other},`;
  return new HandfastError(
    "JOURNAL_HELD",
    `${operation} failed [run=${run}]: process ${pid} on ${host} has held ${what} since ${since}; wait until it ends, then try again, nothing was changed`,
    { run: object === undefined ? run : other, object, operation, facts: { host, pid, since } },
  );
}

/** The error for leases that others are always first to change. */
export function runTaken(operation: string, run: string): HandfastError {
  return new HandfastError(
    "JOURNAL_HELD",
    `${operation} failed [run=${run}]: others took and let go of leases all the while; try again, nothing was changed`,
    { run, operation },
  );
}

/** The error for a run that was taken away from its holder. */
export function leaseLost(operation: string, run: string): HandfastError {
  return new HandfastError(
    "JOURNAL_HELD",
    `${operation} failed [run=${run}]: this process was not heard of for too long, or break-glass put it out, and somebody else may have taken over; stop here and look at the run before going on`,
    { run, operation },
  );
}

/** The error for a writer that was closed. */
export function writerClosed(operation: string, run: string): HandfastError {
  return new HandfastError(
    "RUN_STATE",
    `${operation} failed [run=${run}]: this writer is closed; open the run again`,
    { run, operation },
  );
}

/** The error for an entry that does not read back; `line` counts from 1. */
export function journalCorrupt(run: string, file: string, line: number, reason: string): HandfastError {
  return new HandfastError(
    "JOURNAL_CORRUPT",
    `read run failed [run=${run}, file=${file}, line=${line}]: ${reason}; mend the file from a copy, nothing was changed`,
    { run, file, line },
  );
}

/** The error for a file that is not as its writer left it. */
export function fileChanged(run: string, file: string): HandfastError {
  return new HandfastError(
    "JOURNAL_CORRUPT",
    `append to journal failed [run=${run}, file=${file}]: somebody else changed, cut off or removed the file while it was being written; nothing was added, put the file right and resume the run`,
    { run, file },
  );
}

/** The error for stored bytes that are not those of their name. */
export function blobCorrupt(sha256: string, file: string): HandfastError {
  return new HandfastError(
    "JOURNAL_CORRUPT",
    `read blob failed [file=${file}]: the bytes do not have the digest ${sha256.slice(0, 12)} of their name; put the right bytes there again`,
    { file, facts: { sha256 } },
  );
}

/** The error for a write that did not reach the disk or the store, or may not have. */
export function unwritable(operation: string, file: string, cause: unknown): HandfastError {
  return new HandfastError(
    "JOURNAL_UNWRITABLE",
    `${operation} failed [file=${file}]: ${remoteReason(cause) ?? `${systemReason(cause)}; make room or give write access, then try again`}`,
    { operation, file, ...remoteDetails(cause) },
    { cause },
  );
}

/** The error for a file, or an object of a store, that is there but can't be read. */
export function unreadable(operation: string, file: string, cause: unknown): HandfastError {
  return new HandfastError(
    "FILE_UNREADABLE",
    `${operation} failed [file=${file}]: ${remoteReason(cause) ?? `${systemReason(cause)}; check the path, and that this process may read it`}`,
    { operation, file, ...remoteDetails(cause) },
    { cause },
  );
}

/** A store's own error says what failed there and what to do. */
function remoteReason(cause: unknown): string | undefined {
  return isHandfastError(cause) ? cause.message : undefined;
}

function remoteDetails(cause: unknown): ErrorDetails {
  if (!isHandfastError(cause)) return {};
  const { provider, retryAfterMs, facts } = cause.details;
  return { provider, retryAfterMs, facts };
}

/** The code of a system error, e.g. `ENOSPC`. */
export function systemCode(cause: unknown): string | undefined {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** Code and text of a system error, without the path that Node puts behind them. */
function systemReason(cause: unknown): string {
  const code = systemCode(cause);
  if (code === undefined) return "the system gave no reason";
  const text = cause instanceof Error ? cause.message.split(", ")[0] : undefined;
  return text ?? code;
}
