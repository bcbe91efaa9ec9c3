import { alertName, certificateAlerts, refusingAlerts } from "./alerts.ts";
import { type Http2End, http2ErrorName, isRefusal } from "./http2-end.ts";
import type { WayFailure } from "./open-way.ts";
import type { ProbeReason, ProbeVerdict } from "./probe-result.ts";

/** How a connection ended. */
export type ProbeEnd =
  | "answer"
  | "gone"
  | "timeout"
  | "not-http"
  | "answer-too-long"
  | "wrong-name"
  | "server-not-trusted";

/** All that one connection showed, as far as the verdict rests on it. */
export interface Evidence {
  readonly end: ProbeEnd;
  /** Why there is no connection. */
  readonly failure: WayFailure | undefined;
  readonly connected: boolean;
  /** Whether any byte came from the server. */
  readonly heard: boolean;
  /** The client's half of the handshake was done. Proves nothing about the server's view under TLS 1.3. */
  readonly handshake: boolean;
  readonly version: "TLSv1.2" | "TLSv1.3" | undefined;
  /** The request went out. */
  readonly requested: boolean;
  readonly asked: "request" | "none" | undefined;
  /** What was seen going out in reply to the request. */
  readonly reply: "certificate" | "nothing" | undefined;
  readonly alert: number | undefined;
  readonly errno: string | undefined;
  readonly notTls: "http" | "other" | undefined;
  readonly tlsError: string | undefined;
  readonly http2End: Http2End | undefined;
  readonly answer:
    | {
        readonly status: number;
        /** What it says of the client's certificate. */
        readonly refusal: "refused" | "perhaps" | undefined;
        /** The status that the caller expects of service. */
        readonly expected: boolean;
      }
    | undefined;
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
 * The verdict. An HTTP answer that is no refusal means accepted. An alert about certificates, or the end of a
 * connection on which the server had asked and was told, means refused. All else proves nothing: a server may close
 * for many reasons.
 */
export function judge(evidence: Evidence): Judgement {
  const { end, failure, answer, alert, notTls, tlsError } = evidence;
  if (failure !== undefined) return inconclusive(failure.reason, failure.why);
  if (answer !== undefined) return judgeAnswer(evidence, answer);
  if (end === "wrong-name")
    return inconclusive(
      "wrong-name",
      "the server's certificate is for another name: another site answers; give the right servername",
    );
  if (end === "server-not-trusted")
    return inconclusive("server-not-trusted", "the server's own certificate does not lead to the given CA");
  if (alert !== undefined) return judgeAlert(evidence, alert);
  if (notTls !== undefined)
    return notTls === "http"
      ? inconclusive("plain-http", "the server answered in HTTP without TLS; another port may speak TLS")
      : inconclusive("not-tls", "what the peer sent is not TLS");
  if (tlsError !== undefined) return judgeTlsError(tlsError);
  if (end === "not-http") return inconclusive("not-http", "the server answered, but not in HTTP");
  if (end === "answer-too-long")
    return inconclusive("answer-too-long", "the head of the server's answer is longer than 64 KiB");
  if (end === "timeout") return judgeTimeout(evidence);
  if (evidence.http2End !== undefined) return judgeHttp2(evidence, evidence.http2End);
  return judgeClose(evidence);
}

function judgeAnswer(
  evidence: Evidence,
  { status, refusal, expected }: NonNullable<Evidence["answer"]>,
): Judgement {
  const asked = evidence.asked === "request";
  if (refusal === "refused")
    return refused("http-refusal", `the server answered ${status}, and that ${whatOf(evidence)} is refused`);
  if (asked && evidence.shows && evidence.reply !== "certificate")
    return inconclusive(
      "not-shown",
      `the server answered ${status}, but the certificate was not shown: the server takes no signature that its key can make`,
    );
  if (asked && refusal === "perhaps" && !expected)
    return inconclusive(
      "http-unclear",
      `the server asked for a certificate and answered ${status} to ${whatOf(evidence)}, which may be a refusal or not; ` +
        "ask for a path that answers below 400, or say that this status is expected",
    );
  return {
    verdict: "accepted",
    reason: "http-answer",
    explanation: `the server answered ${status} to ${whatOf(evidence)}`,
  };
}

function judgeAlert(evidence: Evidence, alert: number): Judgement {
  const name = `${alertName(alert)} (${alert})`;
  const isAbout = wasTold(evidence)
    ? refusingAlerts.has(alert)
    : certificateAlerts.has(alert) && mayHaveAskedAgain(evidence);
  if (isAbout) return refused("alert", `the server refused ${whatOf(evidence)} with alert ${name}`);
  if (alert === 112)
    return inconclusive(
      "unrecognized-name",
      `the server has no site of this name (alert ${name}); give the right servername`,
    );
  if (alert === 70)
    return inconclusive(
      "no-shared-version",
      `the server speaks none of the TLS versions that were offered (alert ${name})`,
    );
  return inconclusive(
    "alert",
    certificateAlerts.has(alert)
      ? `the server ended the connection with alert ${name}, but had not been told of any certificate by then`
      : `the server ended the connection with alert ${name}, which is not about certificates`,
  );
}

/** Whether the server asked for a certificate, and was answered. */
function wasTold({ asked, reply }: Evidence): boolean {
  return asked === "request" && reply !== undefined;
}

/**
 * Under TLS 1.2 a server may ask in a second handshake, which nobody can see (RFC 5246, 7.4.1.1). Under TLS 1.3 it asks
 * later only those who offer that (RFC 8446, 4.6.2), and the probe does not.
 */
function mayHaveAskedAgain({ asked, handshake, version }: Evidence): boolean {
  return asked === "none" && handshake && version === "TLSv1.2";
}

function judgeTlsError(code: string): Judgement {
  if (code === "ERR_SSL_EXCESSIVE_MESSAGE_SIZE")
    return inconclusive("chain-too-long", `the server's certificate chain is longer than 100 KiB (${code})`);
  if (code === "ERR_SSL_UNSUPPORTED_PROTOCOL" || code === "ERR_SSL_WRONG_SSL_VERSION")
    return inconclusive("no-shared-version", `the server chose a TLS version that was not offered (${code})`);
  return inconclusive("broken-tls", `what the server sent is no sound TLS (${code})`);
}

function judgeTimeout({ connected, heard, handshake }: Evidence): Judgement {
  if (!connected) return inconclusive("connect-timeout", "no connection within the time allowed");
  if (!heard)
    return inconclusive("silent", "connected, but the server sent not one byte within the time allowed");
  if (!handshake)
    return inconclusive("handshake-timeout", "the handshake did not end within the time allowed");
  return inconclusive(
    "answer-timeout",
    "the handshake ended, but neither answer nor refusal came within the time allowed",
  );
}

function judgeHttp2(evidence: Evidence, end: Http2End): Judgement {
  const reason = end.frame === "goaway" ? "h2-goaway" : "h2-reset";
  const how = `ended the ${end.frame === "goaway" ? "connection" : "stream"} with ${http2ErrorName(end.code)}`;
  if (wasTold(evidence) && isRefusal(end))
    return refused(reason, `the server asked for a certificate, saw ${whatOf(evidence)}, and ${how}`);
  return inconclusive(reason, `the server ${how} without an answer, for a reason that may be another one`);
}

function judgeClose(evidence: Evidence): Judgement {
  const { asked, errno, handshake, requested, version } = evidence;
  const reason = errno === undefined ? "closed" : "reset";
  const how = errno === undefined ? "closed the connection" : `broke the connection off (${errno})`;
  // Under TLS 1.2 the server has looked at the certificate before it ends the handshake (RFC 5246, 7.4.6).
  if (wasTold(evidence) && version === "TLSv1.2" && handshake && requested)
    return inconclusive(
      reason,
      `the server let ${whatOf(evidence)} through the handshake, and ${how} when it was asked for an answer: that may be a fault behind it`,
    );
  if (wasTold(evidence))
    return refused(
      reason,
      `the server asked for a certificate, saw ${whatOf(evidence)}, and ${how} without an answer`,
    );
  const when =
    asked === "none"
      ? "and had not asked for a certificate"
      : "before the question of certificates was settled";
  return inconclusive(reason, `the server ${how} without an answer, ${when}`);
}

/** What the server had to judge, in words. */
function whatOf({ shows, asked, reply }: Evidence): string {
  if (!shows) return "a client without certificate";
  return asked === "request" && reply === "nothing"
    ? "a client whose key can make no signature that the server takes, and so showed nothing"
    : "the client's certificate";
}

function refused(reason: ProbeReason, explanation: string): Judgement {
  return { verdict: "refused", reason, explanation };
}

function inconclusive(reason: ProbeReason, explanation: string): Judgement {
  return { verdict: "inconclusive", reason, explanation };
}
