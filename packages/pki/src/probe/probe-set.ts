import { systemClock } from "@handfast/core";
import type { Authority } from "../authority/authority.ts";
import { checkOptions, checkShape } from "./check-options.ts";
import { type ProbeOptions, probe } from "./probe.ts";
import { checkDue, dueOf, type ProbeDue, type ProbeSetDue, type ProbeShows } from "./probe-due.ts";
import type { ProbeResult } from "./probe-result.ts";
import { gatherIdentities, type ProbeSetIdentities } from "./probe-set-identities.ts";

type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** Whom to ask, and what there is to show. */
export interface ProbeSetOptions extends Omit<ProbeOptions, "identity" | "minVersion" | "maxVersion"> {
  /** Certificates that the caller has. */
  readonly identities?: ProbeSetIdentities | undefined;
  /**
   * An authority that the verifier trusts, to issue what is missing and can be made: `ours` for two hours, `expired`,
   * `serverAuthOnly`. @default nothing is issued
   */
  readonly issuer?: Authority | undefined;
  /** @default both */
  readonly versions?: readonly TlsVersion[] | undefined;
  /** Connections at a time. @default 4 */
  readonly parallel?: number | undefined;
  /** What the verifier is meant to do, so that each row says whether it does. @default nothing is due */
  readonly due?: ProbeSetDue | undefined;
}

/** One row of the truth table: `probed`, or `missing` where there was nothing to show. */
export type ProbeRow =
  | {
      readonly kind: "probed";
      readonly shows: ProbeShows;
      readonly version: TlsVersion;
      /** What the verifier should do; absent when `due` was not given. */
      readonly due?: ProbeDue | undefined;
      /** Whether it does. Undefined when nothing is due, or nothing could be known. */
      readonly agrees?: boolean | undefined;
      readonly result: ProbeResult;
      readonly missing?: undefined;
    }
  | {
      readonly kind: "missing";
      readonly shows: ProbeShows;
      readonly version: TlsVersion;
      readonly due?: undefined;
      readonly agrees?: undefined;
      readonly result?: undefined;
      /** What the caller would have to give for this row, e.g. `identities.revoked: …`. */
      readonly missing: string;
    };

/** A verifier's truth table. Plain data. */
export interface ProbeSet {
  /** One for each of {@link ProbeShows} and each version, in that order. */
  readonly rows: readonly ProbeRow[];
  /**
   * Whether the verifier does what is due, as far as it was asked: false when one row does not agree, true when all
   * that were probed do. Undefined when nothing is due, or a row could not be known. Rows that are `missing` count for
   * nothing.
   */
  readonly agrees: boolean | undefined;
}

/**
 * Probes a verifier with everything that tells modes and trust apart: no certificate, ours, an old one, a stranger's,
 * one expired, one revoked, one for servers alone; each over TLS 1.2 and TLS 1.3 by itself. What can't be shown
 * for lack of a certificate stands in the table as such.
 *
 * @throws HandfastError as {@link probe} does, and `CERTIFICATE_UNSUITABLE` when the issuer can't issue
 * @throws TypeError, before anything is connected, for what can't be: a `due` that is no mode, a version that is none
 * @example
 * ```ts
 * import { type Authority, probeSet, renderProbeSet } from "@handfast/pki";
 *
 * export async function look(issuer: Authority): Promise<string> {
 *   return renderProbeSet(await probeSet({ host: "shop.example.com", port: 443, issuer, due: "required" }));
 * }
 * ```
 */
export async function probeSet(options: ProbeSetOptions): Promise<ProbeSet> {
  const { identities = {}, issuer, versions = ["TLSv1.2", "TLSv1.3"], parallel = 4, due, ...rest } = options;
  if (!Number.isInteger(parallel) || parallel < 1)
    throw new TypeError(`probeSet: ${parallel} connections at a time; give 1 or more`);
  if (!Array.isArray(versions) || versions.length === 0)
    throw new TypeError('probeSet: no versions; give "TLSv1.2", "TLSv1.3" or both');
  if (due !== undefined) checkDue(due);
  for (const [name, identity] of Object.entries(identities)) checkShape(identity, `identities.${name}`);
  for (const version of versions) checkOptions({ ...rest, minVersion: version, maxVersion: version });
  const entries = await gatherIdentities(identities, issuer, options.clock ?? systemClock);
  const cells = entries.flatMap(([shows, entry]) => versions.map((version) => ({ shows, version, entry })));
  const rows = await mapBounded(cells, parallel, async ({ shows, version, entry }): Promise<ProbeRow> => {
    if (entry.kind === "missing") return { kind: "missing", shows, version, missing: entry.missing };
    const { identity } = entry;
    const result = await probe({ ...rest, identity, minVersion: version, maxVersion: version });
    const compared = due === undefined ? {} : compare(dueOf(due, shows), result);
    return { kind: "probed", shows, version, ...compared, result };
  });
  return { rows, agrees: agreesAsAWhole(rows) };
}

function agreesAsAWhole(rows: readonly ProbeRow[]): boolean | undefined {
  const probed = rows.filter(({ kind }) => kind === "probed");
  if (probed.some(({ agrees }) => agrees === false)) return false;
  return probed.length > 0 && probed.every(({ agrees }) => agrees === true) ? true : undefined;
}

/** What is due for a row, and whether it came so. */
interface Comparison {
  readonly due: ProbeDue;
  readonly agrees: boolean | undefined;
}

function compare(due: ProbeDue, { verdict }: ProbeResult): Comparison {
  return { due, agrees: verdict === "inconclusive" ? undefined : due === "either" || due === verdict };
}

/** All results in order, so many at a time. After a failure nothing more is begun, and what runs is waited for. */
async function mapBounded<T, R>(
  items: readonly T[],
  parallel: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
