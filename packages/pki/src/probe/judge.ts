import { alertName, certificateAlerts, refusingAlerts } from "./alerts.ts";
import type { ProbeReason, ProbeVerdict } from "./probe-result.ts";

/** How a connection ended. */
export type ProbeEnd = "answer" | "gone" | "timeout" | "not-http" | "server-not-trusted";

/** All that one connection showed, as far as the verdict rests on it. */
export interface Evidence {
  readonly end: ProbeEnd;
  readonly connected: boolean;
  /** The client's half of the handshake was done. Proves nothing about the server's view under TLS 1.3. */
  readonly handshake: boolean;
  readonly asked: "request" | "none" | undefined;
  /** Bytes went out after the request was seen: the certificate, or the statement that there is none. */
  readonly replied: boolean;
  readonly alert: number | undefined;
  readonly errno: string | undefined;
  readonly notTls: boolean;
  readonly httpStatus: number | undefined;
  /** Whether a client certificate was at hand. */
  readonly shows: boolean;
}

/** A verdict with its ground. */
export interface Judgement {
  readonly verdict: ProbeVerdict;
  readonly reason: ProbeReason;
  readonly explanation: string;
}

/**
 * The verdict. An HTTP answer means accepted. An alert about certificates, or the end of a connection on which
 * the server had asked and was told, means refused. All else proves nothing: a server may close for many reasons.
 */
export function judge(evidence: Evidence): Judgement {
  const { end, asked, alert, errno } = evidence;
  const what = evidence.shows ? "the client's certificate" : "a client without certificate";
  if (end === "answer")
    return {
      verdict: "accepted",
      reason: "http-answer",
      explanation: `the server answered ${evidence.httpStatus ?? ""} to ${what}`,
    };
  if (end === "server-not-trusted")
    return inconclusive("server-not-trusted", "the server's own certificate does not lead to the given CA");
  if (alert !== undefined) return judgeAlert(evidence, alert, what);
  if (evidence.notTls) return inconclusive("not-tls", "what the peer sent is not TLS");
  if (end === "not-http") return inconclusive("not-http", "the server answered, but not in HTTP");
  if (end === "timeout")
    return inconclusive(
      "timeout",
      !evidence.connected
        ? "no connection within the time allowed"
        : evidence.handshake
          ? "the handshake ended, but neither answer nor refusal came within the time allowed"
          : "the handshake did not end within the time allowed",
    );
  if (!evidence.connected)
    return inconclusive(
      "connect-failed",
      `no connection could be made${errno === undefined ? "" : ` (${errno})`}`,
    );
  const reason = errno === undefined ? "closed" : "reset";
  const how = errno === undefined ? "closed the connection" : `broke the connection off (${errno})`;
  if (asked === "request" && evidence.replied)
    return {
      verdict: "refused",
      reason,
      explanation: `the server asked for a certificate, saw ${what}, and ${how} without an answer`,
    };
  return inconclusive(
    reason,
    `the server ${how} without an answer, ${asked === "none" ? "and had not asked for a certificate" : "before the question of certificates came up"}`,
  );
}

function judgeAlert({ asked, replied }: Evidence, alert: number, what: string): Judgement {
  const name = `${alertName(alert)} (${alert})`;
  if (certificateAlerts.has(alert) || (asked === "request" && replied && refusingAlerts.has(alert)))
    return {
      verdict: "refused",
      reason: "alert",
      explanation: `the server refused ${what} with alert ${name}`,
    };
  return inconclusive(
    "alert",
    `the server ended the connection with alert ${name}, which is not about certificates`,
  );
}

function inconclusive(reason: ProbeReason, explanation: string): Judgement {
  return { verdict: "inconclusive", reason, explanation };
}
