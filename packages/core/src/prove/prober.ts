import type { Digest } from "../adapter/contract.ts";

/** One proof that is asked for: a request over a link, or at its verifier itself, on a fresh connection. */
export interface ProofRequest {
  /** Key of the link. */
  readonly link: string;
  /** `direct`: at the verifier itself, past the presenter. @default "link" */
  readonly by?: "link" | "direct" | undefined;
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
  /** The name of its issuer, as text after RFC 4514: a serial number is unique with one issuer only. */
  readonly issuer?: string | undefined;
  /**
   * Milliseconds since the epoch: when the proof began. A connection behind the presenter that is older than that may be
   * older than the change.
   */
  readonly since?: number | undefined;
  /**
   * Where it must be refused: what the same place should serve. By it a refusal without a word is told from a server
   * that is broken.
   */
  readonly control?: ProofRequest["show"];
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
