import { type Prober, type ProofRequest, type ProofResult, toPem } from "@handfast/core";
import { type ProbeOptions, probe } from "./probe.ts";
import type { ProbeResult } from "./probe-result.ts";
import { readEcho } from "./read-echo.ts";

/** How links are proved. */
export type ProberOptions = Pick<
  ProbeOptions,
  "alpn" | "ca" | "checkName" | "clock" | "connect" | "maxVersion" | "minVersion" | "proxy" | "timeoutMs"
>;

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
      // An address of IP version 6 stands in brackets in a URL.
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      servername: request.servername,
      port: url.port === "" ? 443 : Number(url.port),
      request: {
        method: "GET",
        path: `${url.pathname}${url.search}`,
        headers: { "cache-control": "no-cache" },
      },
      expect: request.due === "served" ? request.expect : undefined,
      identity: await identityOf(request),
      signal: request.signal,
    });
    return judgeProof(request, result);
  };
}

/** What one probe proves of a link. Pure. */
function judgeProof(request: ProofRequest, result: ProbeResult): ProofResult {
  const evidence = evidenceOf(result);
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

/** What the report explains a symptom from. Undefined is null there, since a report is JSON. */
function evidenceOf(result: ProbeResult): ProofResult["evidence"] {
  return {
    status: result.httpStatus ?? null,
    protocol: result.protocol ?? null,
    cipher: result.cipher ?? null,
    alpn: result.alpn ?? null,
    asked: result.asked ?? null,
    shown: result.shown ?? null,
    reason: result.reason,
    alert: result.alert?.number ?? null,
    errno: result.errno ?? null,
    tlsError: result.tlsError ?? null,
    http2Error: result.http2Error ?? null,
  };
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
