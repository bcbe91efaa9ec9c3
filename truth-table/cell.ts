import type { ProbeResult, ProbeShows, probe } from "@handfast/pki";
import type { ForeignLook } from "./ask-openssl.ts";
import {
  allShows,
  type Endpoint,
  type Protocol,
  servedAt,
  type Version,
  versions,
} from "./foreign-server.ts";

/** What is put to the test: `probe`, or in tests of the table something worse. */
export type Ask = (
  options: Parameters<typeof probe>[0],
) => Promise<
  Pick<
    ProbeResult,
    "verdict" | "reason" | "asked" | "caNames" | "alert" | "httpStatus" | "alpn" | "explanation"
  >
>;

/** One probe. */
export interface Look {
  readonly protocol: Protocol;
  /** The page by which its request is known behind the verifier. */
  readonly page: string;
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

/** The rows of one column, in order. */
export function questionsAt(server: string, endpoint: Endpoint): readonly Question[] {
  return allShows.flatMap((shows) => versions.map((version) => ({ server, endpoint, shows, version })));
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
  for (const { protocol, page, result } of looks) {
    if (result.verdict !== due)
      problems.push(
        `${due} is due, but asking in ${protocol} found ${result.verdict}: ${result.explanation}`,
      );
    if (served.has(page) !== (due === "accepted"))
      problems.push(
        `${due} is due, but the request ${served.has(page) ? "arrived" : "never arrived"} (${protocol})`,
      );
    if (result.asked !== asks) problems.push(`asked should be ${asks}, not ${result.asked} (${protocol})`);
    if (foreign !== undefined && result.caNames.join() !== foreign.caNames.join())
      problems.push(
        `openssl was sent other CA names (${foreign.caNames.join()}) than ${result.caNames.join()}`,
      );
    if (result.verdict === "accepted" && (result.alpn === "h2") !== (protocol === "HTTP/2"))
      problems.push(`${protocol} was not what was spoken`);
  }
  return problems;
}
