/** What a verifier's connection logs tell: who was seen presenting what. Readers are in the packages of the providers. */

/** What to read of a log. */
export interface ConnectionLogQuery {
  /** Key of the verifier in the spec, for messages. */
  readonly verifier: string;
  /** The verifier's own fields, as its adapter's target schema returned them. */
  readonly target: unknown;
  /** Milliseconds since the epoch: connections from then on. */
  readonly from: number;
  /** Milliseconds since the epoch: connections before that. */
  readonly to: number;
  readonly signal: AbortSignal;
}

/** What a client certificate is known by in a log: whatever of it stood there. */
export interface LoggedCertificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256?: string | undefined;
  /** Lower-case hex without leading zero bytes. */
  readonly serial?: string | undefined;
  /** As the log has them; logs differ in order and spelling of names. */
  readonly subject?: string | undefined;
  readonly issuer?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly notBefore?: number | undefined;
  readonly notAfter?: number | undefined;
}

/** Connections that are alike: the same was shown, with the same outcome. */
export interface LoggedConnections {
  readonly shown: "nothing" | "unknown" | LoggedCertificate;
  /** Whether the verifier let them in when they came. */
  readonly outcome: "served" | "refused" | "unknown";
  /** The provider's own word for why it refused. */
  readonly reason?: string | undefined;
  readonly count: number;
  /** When the latest of them came. Milliseconds since the epoch. */
  readonly lastAt: number;
}

/** What a log told of a span of time. Plain data. */
export interface ConnectionLogReading {
  /** The span that the log really covers, within what was asked for: it is held against that. Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** False when something of the span is known to be missing: files that could not be read, more than the limit. */
  readonly complete: boolean;
  /** Lines that were no entries of such a log. */
  readonly unreadable: number;
  /** Grouped: no two have the same `shown`, `outcome` and `reason`. */
  readonly connections: readonly LoggedConnections[];
}

/**
 * A reader of connection logs, e.g. `albConnectionLog` of `@handfast/aws`.
 *
 * @throws HandfastError `REMOTE_*` when the logs can't be reached
 */
export type ConnectionLog = (query: ConnectionLogQuery) => Promise<ConnectionLogReading>;
