import { z } from "zod";
import { HandfastError } from "../errors.ts";
import type { Claim } from "./journal.ts";
import { processMarkSchema } from "./process-mark.ts";
import { newerFormat, parseJson } from "./stored-json.ts";

/** The version of the format that this package writes. It reads no newer one. */
const tableFormat = 1;

const rowSchema = z.object({
  ...processMarkSchema.shape,
  run: z.string(),
  /** Grows with every taking of anything: of two that believe they hold the same, the one with the lower is wrong. */
  fence: z.int().positive(),
  /** Tells one taking from another, also within a process. */
  owner: z.string(),
  /** When it was taken, by the holder's clock. */
  since: z.iso.datetime(),
  /** Counts the signs of life. Whether somebody lives is told by its growing, never by a time of another clock. */
  beat: z.int().nonnegative(),
  /** Time of the last sign of life, by the holder's clock. Milliseconds since the epoch. */
  at: z.number(),
  /** Without a sign of life for so long, by the clock of whoever looks, it is over. Absent: as long as the process. */
  leaseMs: z.number().positive().optional(),
  writes: z.array(z.string()),
  reads: z.array(z.string()),
});

const tableSchema = z.object({
  format: z.literal(tableFormat),
  /** The last fence that was given out. */
  fence: z.int().nonnegative(),
  held: z.array(rowSchema),
});

/** Who holds a run and objects. */
export type LeaseRow = Readonly<z.infer<typeof rowSchema>>;

/** All leases of a journal: one value, changed as a whole. */
export interface LeaseTable {
  readonly format: 1;
  readonly fence: number;
  readonly held: readonly LeaseRow[];
}

/** Before anything was ever taken. */
export const noLeases: LeaseTable = { format: tableFormat, fence: 0, held: [] };

/**
 * Reads a stored table.
 *
 * @param where names the place for a person: a file, an object of a store
 * @throws HandfastError `JOURNAL_CORRUPT`
 */
export function parseLeases(text: string, where: string): LeaseTable {
  const value = parseJson(text);
  const newer = newerFormat(value, tableFormat);
  if (newer !== undefined) throw corrupt(where, `it has ${newer}`);
  const parsed = tableSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw corrupt(where, "it does not say who holds what; make sure that nobody runs anything, then delete it");
}

/**
 * Refuses what would make the table unreadable for everybody.
 *
 * @throws {TypeError}
 */
export function checkClaim(claim: Claim, leaseMs: number | undefined): void {
  const names = [claim.writes ?? [], claim.reads ?? []].flat();
  if (names.some((name) => typeof name !== "string"))
    throw new TypeError("open run: a claim names objects by texts");
  if (leaseMs !== undefined && !(Number.isFinite(leaseMs) && leaseMs > 0))
    throw new TypeError(`open run: leaseMs is ${leaseMs}; give milliseconds above 0`);
}

/** All that stand in the way of a claim. Two may rely on an object that neither writes. */
export function rivalsOf(
  { held }: LeaseTable,
  run: string,
  { writes = [], reads = [] }: Claim,
): readonly LeaseRow[] {
  const [written, read] = [new Set(writes), new Set(reads)];
  return held.filter(
    (row) =>
      row.run === run ||
      row.writes.some((object) => written.has(object) || read.has(object)) ||
      row.reads.some((object) => written.has(object)),
  );
}

/** The first object that two both want; undefined when they want the same run. */
export function sharedObject(row: LeaseRow, { writes = [], reads = [] }: Claim): string | undefined {
  const [written, read] = [new Set(writes), new Set(reads)];
  return (
    row.writes.find((object) => written.has(object) || read.has(object)) ??
    row.reads.find((object) => written.has(object))
  );
}

function corrupt(where: string, reason: string): HandfastError {
  return new HandfastError("JOURNAL_CORRUPT", `read leases failed [${where}]: ${reason}`, { file: where });
}
