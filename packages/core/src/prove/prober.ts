import type { Digest } from "../adapter/contract.ts";

/** One proof that is asked for: a request over a link, or at its verifier itself, on a fresh connection. */
export interface ProofRequest {
  /** Key of the link. */
  readonly link: string;
  readonly url: string;
  /** Name for SNI and for the Host header; the url's own when absent. */
  readonly servername?: string | undefined;
  /** Whether the request must be served, or refused for what it shows. */
  readonly due: "served" | "refused";
  /** What the probe itself shows at the first hop: DER, leaf first; the key is asked for only when it is needed. */
  readonly show?: { readonly chain: readonly Uint8Array[]; key(): Promise<string> } | undefined;
  /** Response header in which the application repeats the certificate that it saw. */
  readonly echo?: string | undefined;
  /** HTTP status that counts as served; any below 400 when absent. */
  readonly expect?: number | undefined;
  /** The certificate that must have been seen behind the verifier; absent when only service is to be proved. */
  readonly certificate?: Digest | undefined;
  /** Its serial number: lower-case hex without leading zero bytes. */
  readonly serial?: string | undefined;
  readonly signal: AbortSignal;
}

/** What came of one proof. */
export interface ProofResult {
  /**
   * `failed`: the contrary of what was due was seen. `inconclusive`: nothing could be known: nobody reached, or served without evidence that
   * the connection is newer than the change.
   */
  readonly verdict: "passed" | "failed" | "inconclusive";
  readonly reason: string;
  /** JSON for the report: status, protocol, digest seen. No header values that could identify a person. */
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>;
}

/** Proves links by real handshakes. `prober` of `@handfast/pki` is one. */
export type Prober = (request: ProofRequest) => Promise<ProofResult>;
