import type { ProofRequest, ProofResult } from "@handfast/core";
import { type Behind, judgeBehind } from "./judge-behind.ts";
import { judgeSeen } from "./judge-seen.ts";
import type { ProbeResult } from "./probe-result.ts";
import { readCache } from "./read-cache.ts";

type Evidence = ProofResult["evidence"];

/** One probe of a link. */
export interface Witness {
  readonly request: ProofRequest;
  readonly result: ProbeResult;
  /** When its request went out. Milliseconds since the epoch. */
  readonly sentAt: number;
  /** Name of the field that tells how long the connection behind has stood. */
  readonly connectionHeader: string | undefined;
}

/** What one probe proves of a link; `control` where that takes a second one. Pure. */
export function judgeProof(witness: Witness): ProofResult | "control" {
  const { request, result } = witness;
  const evidence = evidenceOf(result);
  if (result.verdict === "inconclusive") return inconclusive(result.explanation, evidence);
  const cache = result.verdict === "accepted" ? readCache(result.headers) : undefined;
  if (cache !== undefined)
    return inconclusive(
      `HTTP ${result.httpStatus} from a cache (${cache}), so nothing reached the verifier; probe a path that is not cached`,
      { ...evidence, seenBehind: "cached" },
    );
  return request.due === "refused" ? judgeRefusal(result, evidence) : judgeService(witness, evidence);
}

/** What the report explains a symptom from. Undefined is null there, since a report is JSON. */
function evidenceOf(result: ProbeResult): Evidence {
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

/**
 * An alert about certificates is what is due, and so is a server's own page, where the server had asked. A status tells
 * of an application that may refuse for other reasons, and the bare end of a connection of one that may be broken.
 */
function judgeRefusal(result: ProbeResult, evidence: Evidence): ProofResult | "control" {
  const { verdict, reason, explanation, asked, httpStatus: status = 0 } = result;
  if (verdict === "refused") {
    if (reason === "alert") return { verdict: "passed", reason: explanation, evidence };
    if (reason !== "http-refusal") return "control";
    return asked === true
      ? { verdict: "passed", reason: explanation, evidence }
      : inconclusive(
          `${explanation}, but it had not asked for a certificate: somebody else may say so`,
          evidence,
        );
  }
  return status < 400
    ? { verdict: "failed", reason: `HTTP ${status} although it had to be refused`, evidence }
    : inconclusive(
        `HTTP ${status}: that may be the application, and not the check of certificates`,
        evidence,
      );
}

/** What a silent refusal proves beside a control: undefined where there was nothing to show as one. Pure. */
export function judgeControl(result: ProbeResult, control: ProbeResult | undefined): ProofResult {
  const evidence = evidenceOf(result);
  if (control === undefined)
    return inconclusive(
      `${result.explanation}; that can't be told from a fault, and there is no certificate at hand that it should serve`,
      evidence,
    );
  const { verdict, asked, shown, httpStatus: status = 0, explanation } = control;
  const told = { ...evidence, control: verdict === "accepted" ? status : control.reason };
  const isServed = verdict === "accepted" && asked === true && shown === true && status < 500;
  return isServed && readCache(control.headers) === undefined
    ? {
        verdict: "passed",
        reason: `${result.explanation}; a moment later it answered ${status} to a certificate that it accepts`,
        evidence: told,
      }
    : inconclusive(
        `${result.explanation}; that can't be told from a fault: nor did it serve a certificate that it should, ${explanation}`,
        told,
      );
}

function judgeService(witness: Witness, evidence: Evidence): ProofResult {
  const { request, result } = witness;
  if (result.verdict === "refused") return { verdict: "failed", reason: result.explanation, evidence };
  const { httpStatus: status = 0 } = result;
  const isServed = request.expect === undefined ? status < 400 : status === request.expect;
  if (!isServed) {
    const due = request.expect === undefined ? "a status below 400" : request.expect;
    return { verdict: "failed", reason: `HTTP ${status}, due was ${due}`, evidence };
  }
  // Whoever is not asked is served whatever it would show.
  if (request.by !== "link" && request.show !== undefined && result.asked !== true)
    return inconclusive(
      `HTTP ${status}, but the verifier did not ask for a certificate: the change may not be in effect here, or something else answers`,
      evidence,
    );
  return request.by === "direct"
    ? { verdict: "passed", reason: `HTTP ${status}`, evidence }
    : judgeLink(witness, status, evidence);
}

function judgeLink(
  { request, result, sentAt, connectionHeader }: Witness,
  status: number,
  evidence: Evidence,
): ProofResult {
  const behind = judgeBehind(request, result, connectionHeader, sentAt);
  const { certificate, echo } = request;
  const known = { ...evidence, behind: behind.kind };
  if (behind.kind === "older") return inconclusive(`HTTP ${status}, but ${behind.why}`, known);
  if (certificate === undefined) return { verdict: "passed", reason: `HTTP ${status}`, evidence: known };
  if (echo === undefined)
    return {
      verdict: "passed",
      reason: `HTTP ${status}; the probe has no echo header, so nothing shows which certificate was seen`,
      evidence: known,
    };
  const { seen, told } = judgeSeen(request, echo, result.headers);
  const found = { ...known, seen: told?.sha256 ?? told?.serial ?? null };
  if (seen.kind === "nothing")
    return inconclusive(
      `HTTP ${status}, but ${echo} tells of no certificate: the connection behind may be older than the change`,
      found,
    );
  if (seen.kind === "another")
    return inconclusive(
      `HTTP ${status}, but ${seen.why}: the connection behind may be older than the change`,
      found,
    );
  return {
    verdict: "passed",
    reason: `HTTP ${status}, and the application saw certificate ${certificate.slice(0, 12)}${remarks(seen.by, behind)}`,
    evidence: { ...found, seenBy: seen.by },
  };
}

/** What a proof over a link can't tell. */
function remarks(by: string, behind: Behind): string {
  return [
    by === "serial" ? "; told by its serial number alone, which another CA may have given too" : "",
    behind.kind === "fresh"
      ? ", over a connection made since this proof began"
      : "; whether that connection is newer than the change can't be seen from here",
  ].join("");
}

function inconclusive(reason: string, evidence: Evidence): ProofResult {
  return { verdict: "inconclusive", reason, evidence };
}
