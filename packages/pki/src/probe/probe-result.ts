/** Whether the server serves the client with what it showed. */
export type ProbeVerdict = "accepted" | "refused" | "inconclusive";

/**
 * What the verdict rests on.
 *
 * - `http-answer`: an HTTP response came; look at its status, some servers refuse there (API Gateway with 403)
 * - `alert`: a TLS alert came
 * - `reset`, `closed`: the connection was reset or closed without an answer
 * - `connect-failed`, `timeout`, `not-tls`, `not-http`: nothing was learned
 * - `server-not-trusted`: the server's own certificate was not accepted by the given `ca`
 */
export type ProbeReason =
  | "http-answer"
  | "alert"
  | "reset"
  | "closed"
  | "connect-failed"
  | "timeout"
  | "not-tls"
  | "not-http"
  | "server-not-trusted";

/** What one connection showed. Plain data, without anything of the key. */
export interface ProbeResult {
  /**
   * Whether a certificate request was seen on the wire; undefined when the handshake did not get far enough to
   * tell.
   */
  readonly asked: boolean | undefined;
  /** CAs that the server accepts, as text after RFC 4514; empty when it names none. */
  readonly caNames: readonly string[];
  /** The same as DER, lower-case hex, in the same order. */
  readonly caNamesDer: readonly string[];
  /** Signature schemes that the server takes for a client certificate, IANA names. */
  readonly signatureAlgorithms: readonly string[];
  readonly verdict: ProbeVerdict;
  readonly reason: ProbeReason;
  /** The reason in a sentence, for people. */
  readonly explanation: string;
  /** Number and IANA name of the alert that came (RFC 8446, 6.2). */
  readonly alert?: { readonly number: number; readonly name: string } | undefined;
  /** Error code of the socket, e.g. `ECONNRESET`. */
  readonly errno?: string | undefined;
  readonly httpStatus?: number | undefined;
  /** Header names in lower case; repeated headers joined by a comma and a blank. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of each certificate that the server showed, leaf first, lower-case hex. */
  readonly serverChain: readonly string[];
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly protocol?: string | undefined;
  /** IANA name. */
  readonly cipher?: string | undefined;
  /** ALPN protocol that the server chose. */
  readonly alpn?: string | undefined;
  /** Milliseconds since the call; undefined for what was never reached. */
  readonly timings: {
    readonly connected?: number | undefined;
    /** The client's half of the handshake. Under TLS 1.3 that proves nothing yet. */
    readonly handshake?: number | undefined;
    readonly total: number;
  };
}
