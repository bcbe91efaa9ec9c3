import { parseArn } from "../arn.ts";
import { joinKey } from "../s3/keys.ts";
import type { LogBucket, LogFile } from "./port.ts";

/** A file holds the connections of the five minutes before the time in its name. */
const intervalMs = 300_000;
const dayMs = 86_400_000;
/** Folders are named by the day of delivery, which comes after the end of an interval. */
const latestMs = 3_600_000;

/** Whose files, and of when. */
export interface AlbFilesOptions {
  readonly listener: string;
  readonly prefix: string;
  readonly from: number;
  readonly to: number;
}

/** Files of a span of time, and what of it they are about. */
export interface AlbFiles {
  readonly files: readonly LogFile[];
  readonly covered: { readonly from: number; readonly to: number };
  /** How many times five minutes between the first and the last of them have no file at all. */
  readonly gaps: number;
}

/**
 * Lists a load balancer's files of a span, by the folders of its days (user guide page "Connection logs for your Application
 * Load Balancer", "Connection log files"). That page has had `conn_log.` and `conn_log_` in front of the names: both are
 * looked for.
 */
export async function listAlbFiles(
  bucket: LogBucket,
  { listener, prefix, from, to }: AlbFilesOptions,
  signal: AbortSignal,
): Promise<AlbFiles> {
  const { account, region, resource } = parseArn(listener);
  const balancer = resource.split("/").slice(1, 4).join(".");
  const folder = joinKey(prefix, `AWSLogs/${account}/elasticloadbalancing/${region}`);
  const found: { file: LogFile; end: number }[] = [];
  for (const day of daysOf(from, to + latestMs)) {
    for (const separator of [".", "_"]) {
      const begin = `${folder}/${day}/conn_log${separator}${account}_elasticloadbalancing_${region}_${balancer}_`;
      for await (const file of bucket.list(begin, signal)) {
        const end = endOf(file.key.slice(begin.length));
        if (end !== undefined && end > from && end - intervalMs < to) found.push({ file, end });
      }
    }
  }
  found.sort((one, other) => one.end - other.end);
  const first = found[0];
  const last = found.at(-1);
  const ends = [...new Set(found.map(({ end }) => end))];
  const gaps = ends.reduce((sum, end, index) => {
    const between = end - (ends[index - 1] ?? end - intervalMs);
    return sum + Math.max(0, Math.ceil(between / intervalMs) - 1);
  }, 0);
  return {
    files: found.map(({ file }) => file),
    gaps,
    covered:
      first === undefined || last === undefined
        ? { from, to: from }
        : { from: Math.max(from, first.end - intervalMs), to: Math.min(to, last.end) },
  };
}

/** `20261128T2340Z_203.0.113.9_20sg8hgm.log.gz`. */
function endOf(rest: string): number | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_[^_/]+_[^_/]+\.log\.gz$/.exec(rest) ?? [];
  if (parts.length === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute);
}

function daysOf(from: number, to: number): string[] {
  const days: string[] = [];
  for (let at = Math.floor(from / dayMs) * dayMs; at <= to; at += dayMs) {
    days.push(new Date(at).toISOString().slice(0, 10).replaceAll("-", "/"));
  }
  return days;
}
