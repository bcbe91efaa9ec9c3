import type { Socket } from "node:net";
import { type Clock, type Prober, type ProofRequest, type ProofResult, toPem } from "@handfast/core";
import { probe } from "./probe.ts";
import type { ProbeResult } from "./probe-result.ts";
import { readEcho } from "./read-echo.ts";

/** How links are proved. */
export interface ProberOptions {
  /** PEM of CAs that the first hop's own certificate must lead to. @default it is not checked */
  readonly ca?: string | undefined;
  /** Opens the connection, for a proxy or a test. @default net.connect */
  readonly connect?: ((target: { readonly host: string; readonly port: number }) => Socket) | undefined;
  /** For one handshake and request, in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Proves links for `createHandfast` by real requests, each on a fresh connection.
 *
 * Served is not enough where the link's probe names an `echo` header: the application must have seen the very
 * certificate that is presented. A presenter may still use a connection that is older than the change, so another
 * certificate, or none, is inconclusive, and asked again.
 *
 * @example
 * ```ts
 * import { createHandfast, memoryJournal } from "@handfast/core";
 * import { prober } from "@handfast/pki";
 *
 * export const handfast = createHandfast({ adapters: [], journal: memoryJournal(), prober: prober() });
 * ```
 */
export function prober(options: ProberOptions = {}): Prober {
  return async (request) => {
    const url = new URL(request.url);
    const result = await probe({
      ...options,
      host: url.hostname,
      servername: request.servername,
      port: url.port === "" ? 443 : Number(url.port),
      request: {
        method: "GET",
        path: `${url.pathname}${url.search}`,
        headers: { "cache-control": "no-cache" },
      },
      identity: await identityOf(request),
      signal: request.signal,
    });
    return judgeProof(request, result);
  };
}

/** What one probe proves of a link. Pure. */
function judgeProof(request: ProofRequest, result: ProbeResult): ProofResult {
  const evidence = {
    status: result.httpStatus ?? null,
    protocol: result.protocol ?? null,
    asked: result.asked ?? null,
    reason: result.reason,
  };
  if (result.verdict === "inconclusive")
    return { verdict: "inconclusive", reason: result.explanation, evidence };
  if (request.due === "refused") return judgeRefusal(result, evidence);
  if (result.verdict === "refused") return { verdict: "failed", reason: result.explanation, evidence };
  const { httpStatus: status = 0 } = result;
  const isServed = request.expect === undefined ? status < 400 : status === request.expect;
  if (!isServed) {
    const due = request.expect === undefined ? "a status below 400" : request.expect;
    return { verdict: "failed", reason: `HTTP ${status}, due was ${due}`, evidence };
  }
  return judgeSeen(request, result, status, evidence);
}

/** Refused by TLS is what is due. A status tells of an application that may refuse for other reasons. */
function judgeRefusal(
  { verdict, explanation, httpStatus: status = 0 }: ProbeResult,
  evidence: ProofResult["evidence"],
): ProofResult {
  if (verdict === "refused") return { verdict: "passed", reason: explanation, evidence };
  return status < 400
    ? { verdict: "failed", reason: `HTTP ${status} although it had to be refused`, evidence }
    : {
        verdict: "inconclusive",
        reason: `HTTP ${status}: that may be the application, and not the check of certificates`,
        evidence,
      };
}

function judgeSeen(
  request: ProofRequest,
  result: ProbeResult,
  status: number,
  evidence: ProofResult["evidence"],
): ProofResult {
  const { certificate, serial, echo } = request;
  if (certificate === undefined) return { verdict: "passed", reason: `HTTP ${status}`, evidence };
  if (echo === undefined) {
    return {
      verdict: "passed",
      reason: `HTTP ${status}; the probe has no echo header, so nothing shows which certificate was seen`,
      evidence,
    };
  }
  const value = result.headers[echo.toLowerCase()];
  const seen = value === undefined ? undefined : readEcho(value);
  const found = { ...evidence, seen: seen?.sha256 ?? seen?.serial ?? null };
  if (seen === undefined) {
    return {
      verdict: "inconclusive",
      reason: `HTTP ${status}, but ${echo} tells of no certificate: the connection behind may be older than the change`,
      evidence: found,
    };
  }
  const isDue = seen.sha256 === undefined ? seen.serial === serial : seen.sha256 === certificate;
  if (!isDue) {
    return {
      verdict: "inconclusive",
      reason: `HTTP ${status}, but the application saw another certificate: the connection behind may be older than the change`,
      evidence: found,
    };
  }
  return {
    verdict: "passed",
    reason: `HTTP ${status}, and the application saw certificate ${certificate.slice(0, 12)}`,
    evidence: found,
  };
}

async function identityOf({ show }: ProofRequest): Promise<{ chain: string; key: string } | undefined> {
  if (show === undefined) return undefined;
  const chain = show.chain.map((der) => toPem(der, "CERTIFICATE")).join("");
  return { chain, key: await show.key() };
}
