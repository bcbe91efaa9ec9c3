import { loggedCertificate, type ReadLine, readStatus, timeOf } from "./logged-certificate.ts";

/**
 * One line of the log (user guide page "Connection logs for your Application Load Balancer", "Connection log entries"):
 * fields between single spaces, the subject in double quotes, new fields at the end. A subject is what a client wrote, and
 * may hold anything: the last text that could end it does, since no client's text follows it.
 */
const entry =
  /^(?<at>\S+) (?<client>\S+) (?<clientPort>\S+) (?<port>\d+) (?<protocol>\S+) (?<cipher>\S+) (?<latency>\S+) (?:"(?<subject>.*)"|-) (?<validity>-|NotBefore=\S+) (?<serial>\S+) (?<status>Success|Failed:\w+)(?: .*)?$/;

/** Which lines are asked for, and what its listener does. */
export interface AlbLineRules {
  readonly port: number;
  /** Whether the listener asks for certificates at all. */
  readonly asks: boolean;
}

/** Reads a line of an Application Load Balancer's connection log. Never throws. */
export function readAlbLine(line: string, { port, asks }: AlbLineRules): ReadLine {
  const fields = entry.exec(line)?.groups;
  if (fields === undefined) return undefined;
  const { subject, validity, serial, protocol } = fields;
  const at = timeOf(fields.at);
  const status = readStatus(fields.status);
  if (at === undefined || status === undefined) return undefined;
  if (Number(fields.port) !== port) return "aside";
  const certificate = loggedCertificate({ subject, validity, serial });
  // Three things look alike: nothing shown, something shown that can't be parsed, and nothing asked for.
  const isTold = status.outcome === "served" ? asks : status.reason === "UnmappedConnectionError";
  const shown = certificate ?? (isTold && protocol !== "-" ? "nothing" : "unknown");
  return { at, shown, ...status };
}
