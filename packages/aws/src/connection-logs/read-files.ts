import type { ConnectionLogReading } from "@handfast/core";
import { inParallel } from "../in-parallel.ts";
import { groups } from "./group-connections.ts";
import { isTorn, linesOf } from "./lines.ts";
import type { ReadLine } from "./logged-certificate.ts";
import type { LogBucket, LogFile } from "./port.ts";

/** How much is read at most before a reading counts as incomplete. */
export interface ReadLimits {
  /** Files; the newest are read. */
  readonly mostFiles: number;
  /** Bytes of all files, uncompressed. */
  readonly mostCharacters: number;
  /** Groups of connections. */
  readonly mostGroups: number;
}

/** What is to be read. */
export interface FilesToRead {
  readonly bucket: LogBucket;
  /** The oldest first. */
  readonly files: readonly LogFile[];
  readonly from: number;
  readonly to: number;
  readonly limits: ReadLimits;
  readonly signal: AbortSignal;
  /** Makes what reads the lines of one file, in their order. */
  readonly reader: () => (line: string) => ReadLine;
}

/** What was found. */
export interface FilesRead extends Pick<ConnectionLogReading, "complete" | "unreadable" | "connections"> {
  /** When the first and the last connection came that the files tell of, within the span or not; undefined without any. */
  readonly seen: { readonly from: number; readonly to: number } | undefined;
}

const atOnce = 4;
/** A certificate of 16 KB is the largest that a load balancer takes, and its subject is a part of that. */
const longestLine = 32_768;

/**
 * Reads files line by line, a few at a time, and counts as it reads. Lines that are no entries are counted; a file that
 * breaks off, is gone, or has nothing of a log in it makes the reading incomplete. The first file that may not be read
 * ends it all.
 */
export async function readFiles(options: FilesToRead): Promise<FilesRead> {
  const { bucket, from, to, limits, signal, reader } = options;
  const counted = groups(limits.mostGroups);
  const files = options.files.slice(-limits.mostFiles);
  let complete = files.length === options.files.length;
  let unreadable = 0;
  let left = limits.mostCharacters;
  let seen: { from: number; to: number } | undefined;

  /** Whether it is one of such a log. */
  const readLine = (line: string, read: (line: string) => ReadLine): boolean => {
    const entry = read(line);
    if (entry === undefined || entry === "aside") return entry === "aside";
    const { at } = entry;
    seen = { from: Math.min(seen?.from ?? at, at), to: Math.max(seen?.to ?? at, at) };
    if (at >= from && at < to && !counted.add(entry)) complete = false;
    return true;
  };

  const readFile = async ({ key }: LogFile, within: AbortSignal): Promise<void> => {
    const chunks = left > 0 ? await bucket.open(key, within) : undefined;
    if (chunks === undefined) {
      complete = false;
      return;
    }
    const read = reader();
    const lines = linesOf(chunks, {
      line: longestLine,
      spend: (bytes) => {
        left -= bytes;
        return left >= 0;
      },
    });
    const found = { entries: 0, unreadable: 0 };
    try {
      for (let next = await lines.next(); ; next = await lines.next()) {
        if (next.done === true) {
          if (!next.value) complete = false;
          break;
        }
        if (next.value === "") continue;
        if (next.value !== undefined && readLine(next.value, read)) found.entries += 1;
        else found.unreadable += 1;
      }
    } catch (error) {
      if (!isTorn(error)) throw error;
      complete = false;
    } finally {
      await lines.return(false);
    }
    unreadable += found.unreadable;
    // a page that says that something went wrong, say: where the log should stand stands something else
    if (found.entries === 0 && found.unreadable > 0) complete = false;
  };

  const ended = new AbortController();
  const within = AbortSignal.any([signal, ended.signal]);
  try {
    await inParallel(files.toReversed(), atOnce, (file) => readFile(file, within));
  } finally {
    ended.abort();
  }
  return { complete, unreadable, connections: counted.all(), seen };
}
