/**
 * What can be explained: fields of a {@link Symptom}, an error as it was thrown (its code, message and causes are read),
 * the result of a `probe` of `@handfast/pki` as it is, or pasted text.
 */
export type Explicable = Symptom | ProbedSymptom | Error | string;

/** As much of the result of a `probe` of `@handfast/pki` as is read. */
export interface ProbedSymptom {
  readonly verdict: string;
  readonly reason: string;
  readonly alert?: { readonly number: number } | undefined;
  readonly errno?: string | undefined;
  readonly tlsError?: string | undefined;
  readonly http2Error?: string | undefined;
  readonly httpStatus?: number | undefined;
  readonly protocol?: string | undefined;
  readonly asked?: boolean | undefined;
  readonly shown?: boolean | undefined;
}

/**
 * What was seen of a failure, as far as it is known: several fields may be given at once, for one failure shows several
 * faces (an alert, an error code of the socket, the exit code of curl). All are optional; what is not understood is
 * left aside.
 */
export interface Symptom {
  /** Number of a TLS alert that came (RFC 8446, 6; RFC 5246, 7.2), e.g. 116. */
  readonly alert?: number | string | undefined;
  /**
   * What OpenSSL or Node says: a reason ("certificate has expired"), or a code (`CERT_HAS_EXPIRED`,
   * `ERR_SSL_WRONG_VERSION_NUMBER`, `error:0A00045C`), or the number or name of a verification error (20, `X509_V_ERR_…`).
   */
  readonly openssl?: string | number | undefined;
  /** Error code of the socket, e.g. `ECONNRESET`, or its number, e.g. -104. */
  readonly errno?: string | number | undefined;
  readonly httpStatus?: number | string | undefined;
  /** Who answered, or is known to stand there. */
  readonly server?: ServerKind | undefined;
  /** Exit code of curl. */
  readonly curl?: number | string | undefined;
  /**
   * Reason in a connection log of an Application Load Balancer or of CloudFront, with or without `Failed:`, e.g.
   * `ClientCertUntrusted`.
   */
  readonly connectionLog?: string | undefined;
  /** How HTTP/2 ended: name of an error code of RFC 9113, 7, e.g. `PROTOCOL_ERROR`. */
  readonly http2?: string | undefined;
  /** What a browser shows, e.g. `ERR_BAD_SSL_CLIENT_AUTH_CERT`, `SSL_ERROR_BAD_CERT_ALERT`. */
  readonly browser?: string | undefined;
  /** Reason of a probe of `@handfast/pki`, e.g. `not-shown`. */
  readonly probe?: string | undefined;
  /** Version of TLS that was agreed upon. */
  readonly protocol?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** Whether the server asked for a certificate. */
  readonly asked?: boolean | undefined;
  /** Whether the client showed one. */
  readonly shown?: boolean | undefined;
  /**
   * What the application behind the edge saw of the certificate that was due, though there was an answer; `cached`: a
   * cache gave that.
   */
  readonly seenBehind?: "nothing" | "another" | "cached" | "older" | undefined;
  /** Where it was seen: in a log of the verifying server, or at the client. */
  readonly at?: "server" | "client" | undefined;
  /**
   * Anything pasted: what curl or `openssl s_client` printed, a browser's page, an error of Node, a line of a log of
   * nginx, Apache, a load balancer or CloudFront. Known marks are looked for in its first 64 KiB; fields given beside
   * it win.
   */
  readonly text?: string | undefined;
}

/** Servers that fail in ways of their own. Any other name is taken and tells nothing. */
export type ServerKind =
  | "alb"
  | "api-gateway"
  | "apache"
  | "cloudflare"
  | "cloudfront"
  | "nginx"
  | "node"
  | (string & {});

/** The connection that a cause lies on. */
export type Hop = "client-to-edge" | "edge-to-origin";

/** One thing that may have led to what was seen. */
export interface Cause {
  /** Stable name, for programs, e.g. `nothing-shown`. */
  readonly code: string;
  readonly likely: "very" | "fairly" | "less";
  /** What happened, in a sentence. */
  readonly what: string;
  /** Left out where the symptom fits either. */
  readonly hop?: Hop | undefined;
  /** What tells it apart from the others: a command, a call, or where to look. */
  readonly check: string;
  /** What to do about it. */
  readonly mend: string;
  /** Where that is known from: RFC and section, title of a vendor's page, project and issue. */
  readonly sources: readonly string[];
}

/** What a symptom may mean. JSON. */
export interface Explanation {
  /** What was seen, in words. */
  readonly symptom: string;
  /** The likeliest first; never empty. */
  readonly causes: readonly Cause[];
}

/** A cause as the tables hold it: how likely it is depends on what was seen. */
export type CauseText = Omit<Cause, "code" | "likely">;
