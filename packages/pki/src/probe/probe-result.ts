/** Whether the server serves the client with what it showed. */
export type ProbeVerdict = "accepted" | "refused" | "inconclusive";

/**
 * What the verdict rests on.
 *
 * Accepted:
 * - `http-answer`: an HTTP response came that is no refusal; look at its status
 *
 * Refused:
 * - `http-refusal`: an HTTP response came that says that the certificate is missing or bad
 *
 * Refused, or inconclusive when the server had not asked for a certificate or might have meant something else:
 * - `alert`: a TLS alert came
 * - `reset`, `closed`: the connection was reset or closed without an answer. Inconclusive too under TLS 1.2 once the
 *   request was out: the server had let the certificate pass by then, and something behind it may have failed
 * - `h2-goaway`, `h2-reset`: HTTP/2 ended the connection or the stream without an answer
 *
 * Inconclusive:
 * - `http-unclear`: a 400 or 403 after the server asked for a certificate: it may be the refusal of one
 * - `not-shown`: the server asked, but takes no signature that the key can make, so nothing was shown
 * - `name-not-found`, `unreachable`, `port-closed`, `connect-failed`, `connect-timeout`: no connection
 * - `proxy-unreachable`, `proxy-refused`: no connection because of the proxy
 * - `silent`: connected, but not one byte came
 * - `handshake-timeout`, `answer-timeout`: the handshake, or the answer, did not come in time
 * - `plain-http`, `not-tls`, `broken-tls`: HTTP in the clear, anything else, or TLS that can't be read
 * - `no-shared-version`: the server speaks none of the TLS versions that were offered
 * - `chain-too-long`: the server's chain is longer than the 100 KiB that OpenSSL takes
 * - `unrecognized-name`: the server has no site of that name, and says so
 * - `wrong-name`: the server answers with the certificate of another site
 * - `server-not-trusted`: the server's own certificate does not lead to the given `ca`
 * - `not-http`, `answer-too-long`: what came is no final answer in HTTP/1.0, 1.1 or 2, or its head is longer than 64 KiB
 */
export type ProbeReason =
  | "http-answer"
  | "http-refusal"
  | "alert"
  | "reset"
  | "closed"
  | "h2-goaway"
  | "h2-reset"
  | "http-unclear"
  | "not-shown"
  | "name-not-found"
  | "unreachable"
  | "port-closed"
  | "connect-failed"
  | "connect-timeout"
  | "proxy-unreachable"
  | "proxy-refused"
  | "silent"
  | "handshake-timeout"
  | "answer-timeout"
  | "plain-http"
  | "not-tls"
  | "broken-tls"
  | "no-shared-version"
  | "chain-too-long"
  | "unrecognized-name"
  | "wrong-name"
  | "server-not-trusted"
  | "not-http"
  | "answer-too-long";

/** One certificate that a server showed. */
export interface ServerCertificate {
  /** Text after RFC 4514; empty where it can't be read. */
  readonly subject: string;
  /** Of the DER, lower-case hex. */
  readonly sha256: string;
}

/** What one connection showed. Plain data, without anything of the key. */
export interface ProbeResult {
  /**
   * Whether a certificate request was seen on the wire; undefined when the handshake did not get far enough to
   * tell.
   */
  readonly asked: boolean | undefined;
  /**
   * Whether a certificate was seen on the wire in reply; undefined when there was no reply, or it could not be read.
   * A client with a key that can make none of {@link signatureAlgorithms} shows nothing.
   */
  readonly shown: boolean | undefined;
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
  /** Error code of the socket, e.g. `ECONNRESET`; that of the connection to the proxy, where there is one. */
  readonly errno?: string | undefined;
  /** Code of an error that OpenSSL found in what came, e.g. `ERR_SSL_WRONG_VERSION_NUMBER`. */
  readonly tlsError?: string | undefined;
  /** How HTTP/2 ended the stream or connection without an answer: name of the error code (RFC 9113, 7). */
  readonly http2Error?: string | undefined;
  readonly httpStatus?: number | undefined;
  /** Header names in lower case; repeated headers joined by a comma and a blank. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the server showed, leaf first. */
  readonly serverChain: readonly ServerCertificate[];
  /**
   * Whether the server's chain leads to the given `ca` and names the server. Undefined when no `ca` was given, or the
   * handshake ended before: such a refusal comes from a server that nobody vouches for.
   */
  readonly serverVerified: boolean | undefined;
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly protocol?: string | undefined;
  /** IANA name. */
  readonly cipher?: string | undefined;
  /** ALPN protocol that the server chose. */
  readonly alpn?: string | undefined;
  /** Connections that were made; more than one only with `retries`. */
  readonly attempts: number;
  /** Milliseconds since the call; undefined for what was never reached. */
  readonly timings: {
    /** A connection to the server stands, through the proxy where there is one. */
    readonly connected?: number | undefined;
    /** The client's half of the handshake. Under TLS 1.3 that proves nothing yet. */
    readonly handshake?: number | undefined;
    /** The head of the answer. */
    readonly answer?: number | undefined;
    readonly total: number;
  };
}
