import type { ProofRequest } from "@handfast/core";
import type { ProbeResult } from "./probe-result.ts";

/** What is known of the connection that carried a request on, behind the presenter. */
export type Behind =
  | { readonly kind: "unknown" }
  | { readonly kind: "fresh" }
  | { readonly kind: "older"; readonly why: string };

/**
 * From outside nothing tells whether a presenter made a connection for a request or had one, but the application may
 * repeat what its server knows of that. Pure.
 *
 * @param headerName of the response: for how many seconds the connection has stood
 * @param sentAt when the request went out. Milliseconds since the epoch
 */
export function judgeBehind(
  { since }: ProofRequest,
  { headers }: ProbeResult,
  headerName: string | undefined,
  sentAt: number,
): Behind {
  if (headerName === undefined) return { kind: "unknown" };
  const value = headers[headerName.toLowerCase()]?.trim() ?? "";
  if (!/^\d{1,12}(?:\.\d{1,9})?$/.test(value))
    return { kind: "older", why: `${headerName} does not tell the age of the connection behind` };
  // The age was taken after the request went out, so the connection is no older than this.
  const madeAt = sentAt - Number(value) * 1_000;
  return madeAt >= (since ?? sentAt)
    ? { kind: "fresh" }
    : {
        kind: "older",
        why: `the connection behind has stood for ${value} s, longer than this proof has run, and may be older than the change`,
      };
}
