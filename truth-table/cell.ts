import type { ProbeResult, ProbeShows, probe } from "@handfast/pki";
import type { ForeignLook } from "./ask-openssl.ts";
import { type Endpoint, servedAt, type Version } from "./foreign-server.ts";

/** What is put to the test: `probe`, or in tests of the table something worse. */
export type Ask = (
  options: Parameters<typeof probe>[0],
) => Promise<Pick<ProbeResult, "verdict" | "reason" | "asked" | "alert" | "httpStatus" | "explanation">>;

/** How the probe asks: at once for a page, or as it does by default, after a short wait for a refusal. */
export type Manner = "at once" | "after a wait";

/** One probe. */
export interface Look {
  readonly manner: Manner;
  /** The page by which its request is known behind the verifier; the default request has none. */
  readonly page: string | undefined;
  readonly result: Awaited<ReturnType<Ask>>;
}

/** A server in one mode, and a client that shows one thing over one version. */
export interface Question {
  readonly server: string;
  readonly endpoint: Endpoint;
  readonly shows: ProbeShows;
  readonly version: Version;
}

/** One cell of the truth table. */
export interface Cell extends Question {
  readonly looks: readonly Look[];
  /** Absent where openssl is not installed. */
  readonly foreign?: ForeignLook | undefined;
  /** What is wrong, in sentences; empty when all agree. */
  readonly problems: readonly string[];
}

/** Whether this client should be let in. */
export function dueOf({ endpoint, shows }: Question): "accepted" | "refused" {
  return servedAt(endpoint).includes(shows) ? "accepted" : "refused";
}

/**
 * Holds four voices against each other: the documentation, the probe, a client that others wrote, and whether the
 * probe's own request arrived behind the verifier. Pure.
 */
export function findProblems(
  question: Question,
  looks: readonly Look[],
  foreign: ForeignLook | undefined,
  served: ReadonlySet<string>,
): readonly string[] {
  const due = dueOf(question);
  const { asks } = question.endpoint.mode;
  const problems: string[] = [];
  if (foreign !== undefined && foreign.served !== (due === "accepted"))
    problems.push(`${due} is due, but openssl was ${foreign.served ? "served" : "refused"} (${foreign.end})`);
  if (foreign !== undefined && foreign.asked !== asks)
    problems.push(`openssl was ${foreign.asked ? "" : "not "}asked for a certificate`);
  for (const { manner, page, result } of looks) {
    if (result.verdict !== due)
      problems.push(`${due} is due, but asking ${manner} found ${result.verdict}: ${result.explanation}`);
    if (page !== undefined && served.has(page) !== (due === "accepted"))
      problems.push(
        `${due} is due, but the request ${served.has(page) ? "arrived" : "never arrived"} (${manner})`,
      );
    if (result.asked !== asks) problems.push(`asked should be ${asks}, not ${result.asked} (${manner})`);
  }
  return problems;
}
