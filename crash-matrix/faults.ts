import { HandfastError } from "@handfast/core";

/** What a process does to the outside: calls of an adapter, and calls of the journal that write. */
export type CallKind = "read" | "perform" | "open" | "append" | "put";

/**
 * What may happen at a call. `-before`: it has no effect; `-halfway`: of several steps in it some have; `-after`: it has,
 * and nobody learns of it. A provider that times out is silent from then on, until another process asks; all else
 * happens once.
 */
export type FaultKind =
  | "killed-before"
  | "killed-halfway"
  | "killed-after"
  | "500-before"
  | "500-halfway"
  | "500-after"
  | "timed-out-before"
  | "timed-out-after"
  | "throttled"
  | "refused";

/** One fault at one call: the n-th of its kind that the process makes, counted from 1. */
export interface Fault {
  readonly call: CallKind;
  readonly nth: number;
  readonly kind: FaultKind;
}

const allOfAWrite: readonly FaultKind[] = [
  "killed-before",
  "killed-after",
  "500-before",
  "500-after",
  "timed-out-before",
  "timed-out-after",
  "throttled",
  "refused",
];

/**
 * The faults that tell different stories at a call. A read has no effect, so before and after are one. A journal tells
 * of every failure in the same way (`JOURNAL_UNWRITABLE`: whether the entry was written is not known), so a lost answer
 * or a throttled call there is a 500; `refused` is `JOURNAL_HELD`, somebody else has taken over.
 */
export const faultsOf: Readonly<Record<CallKind, readonly FaultKind[]>> = {
  read: ["killed-before", "500-before", "timed-out-before", "throttled", "refused"],
  perform: allOfAWrite,
  open: ["killed-before", "killed-after", "500-before", "refused"],
  append: ["killed-before", "killed-after", "500-before", "500-after", "refused"],
  put: ["killed-before", "killed-after", "500-before"],
};

/** What more there is to tell of a call with several steps. */
export const faultsOfBatch: readonly FaultKind[] = ["killed-halfway", "500-halfway"];

/** All kinds, in the order of the table. */
export const faultKinds: readonly FaultKind[] = [...allOfAWrite, ...faultsOfBatch];

/** How long a caller waits for an answer that does not come, in milliseconds. */
export const timeoutMs = 60_000;

/** What a caller gets to see of a fault that does not kill it. */
export function errorOf(fault: Fault): HandfastError {
  if (fault.call === "open" || fault.call === "append" || fault.call === "put") return journalError(fault);
  const writes = fault.call === "perform";
  const lost = writes ? { outcomeUnknown: true } : {};
  switch (fault.kind) {
    case "throttled":
      return new HandfastError("REMOTE_RATE_LIMITED", "call failed: too many requests; wait", {
        provider: { status: 429 },
        retryAfterMs: 30_000,
      });
    case "refused":
      return new HandfastError("REMOTE_REJECTED", "call failed: the provider refuses it; ask why", {
        provider: { status: 403 },
      });
    case "timed-out-before":
    case "timed-out-after":
      return new HandfastError("REMOTE_UNAVAILABLE", "call failed: no answer; read what came of it", lost);
    default:
      return new HandfastError("REMOTE_UNAVAILABLE", "call failed: internal error; read what came of it", {
        ...lost,
        provider: { status: 500 },
      });
  }
}

function journalError({ kind, call }: Fault): HandfastError {
  return kind === "refused"
    ? new HandfastError("JOURNAL_HELD", `${call} failed: somebody else took the run over; look who`)
    : new HandfastError("JOURNAL_UNWRITABLE", `${call} failed: the disk is full; make room`);
}
