import { describe, expect, it } from "vitest";
import { readRefusal } from "../../src/probe/http-refusal.ts";
import { type Evidence, judge } from "../../src/probe/judge.ts";
import { explainFailure } from "../../src/probe/open-way.ts";

/** The server asked, the client said what it had, and the connection ended. */
const told: Evidence = {
  end: "gone",
  failure: undefined,
  connected: true,
  heard: true,
  handshake: true,
  version: "TLSv1.3",
  requested: true,
  asked: "request",
  reply: "certificate",
  alert: undefined,
  errno: undefined,
  notTls: undefined,
  tlsError: undefined,
  http2End: undefined,
  answer: undefined,
  shows: true,
};

const answer = (
  status: number,
  refusal?: "refused" | "perhaps",
  expected = false,
): Pick<Evidence, "end" | "answer"> => ({ end: "answer", answer: { status, refusal, expected } });

const goaway = (code: number): Partial<Evidence> => ({ http2End: { frame: "goaway", code } });
const reset = (code: number): Partial<Evidence> => ({ http2End: { frame: "reset", code } });
const failure = explainFailure({ code: "ECONNREFUSED" }, false);

const cases: readonly [string, Partial<Evidence>, string][] = [
  ["an answer after the request", answer(200), "accepted http-answer"],
  [
    "an answer from a server that never asked",
    { asked: "none", reply: undefined, ...answer(200) },
    "accepted http-answer",
  ],
  ["an answer that is a failure of its own", answer(503), "accepted http-answer"],
  ["a page that refuses a certificate", answer(400, "refused"), "refused http-refusal"],
  [
    "the same from behind a server that never asked",
    { asked: "none", reply: undefined, ...answer(400, "refused") },
    "refused http-refusal",
  ],
  ["the same where 400 is expected", answer(400, "refused", true), "refused http-refusal"],
  ["a 403 after the request", answer(403, "perhaps"), "inconclusive http-unclear"],
  ["a 403 where that is expected", answer(403, "perhaps", true), "accepted http-answer"],
  [
    "a 403 from a server that never asked",
    { asked: "none", reply: undefined, ...answer(403, "perhaps") },
    "accepted http-answer",
  ],
  [
    "an answer to a certificate that was not shown",
    { reply: "nothing", ...answer(200) },
    "inconclusive not-shown",
  ],
  ["an answer to nobody", { reply: "nothing", shows: false, ...answer(200) }, "accepted http-answer"],
  [
    "an answer whose body was cut off by the deadline",
    { ...answer(200), end: "timeout" },
    "accepted http-answer",
  ],
  ["a bare close after the reply, TLS 1.3", {}, "refused closed"],
  ["a bare close after the reply, TLS 1.2", { version: "TLSv1.2", handshake: false }, "refused closed"],
  [
    "a bare close after the handshake, TLS 1.2, before anything was asked",
    { version: "TLSv1.2", requested: false },
    "refused closed",
  ],
  ["a bare close of what TLS 1.2 had let through", { version: "TLSv1.2" }, "inconclusive closed"],
  ["a reset of the same", { version: "TLSv1.2", errno: "ECONNRESET" }, "inconclusive reset"],
  ["a reset after the reply", { errno: "ECONNRESET" }, "refused reset"],
  ["certificate_required", { alert: 116 }, "refused alert"],
  ...[41, 42, 45, 48, 116].map((alert): [string, Partial<Evidence>, string] => [
    `alert ${alert} before any question`,
    { alert, handshake: false, version: undefined, asked: undefined, reply: undefined },
    "inconclusive alert",
  ]),
  [
    "unknown_ca, nothing asked, in a second handshake of TLS 1.2",
    { alert: 48, version: "TLSv1.2", asked: "none", reply: undefined },
    "refused alert",
  ],
  [
    "unknown_ca, nothing asked, TLS 1.3",
    { alert: 48, asked: "none", reply: undefined },
    "inconclusive alert",
  ],
  ["handshake_failure after the reply", { alert: 40, handshake: false }, "refused alert"],
  [
    "handshake_failure before the request",
    { alert: 40, handshake: false, asked: undefined, reply: undefined },
    "inconclusive alert",
  ],
  [
    "protocol_version",
    { alert: 70, handshake: false, asked: undefined, reply: undefined },
    "inconclusive no-shared-version",
  ],
  [
    "unrecognized_name",
    { alert: 112, handshake: false, asked: undefined, reply: undefined },
    "inconclusive unrecognized-name",
  ],
  ["internal_error after the reply", { alert: 80 }, "inconclusive alert"],
  ["GOAWAY with PROTOCOL_ERROR after the reply", goaway(1), "refused h2-goaway"],
  [
    "GOAWAY with PROTOCOL_ERROR by a server that did not ask",
    { asked: "none", reply: undefined, ...goaway(1) },
    "inconclusive h2-goaway",
  ],
  ["a GOAWAY of a server that is drained", goaway(0), "inconclusive h2-goaway"],
  ["a GOAWAY of a server that is busy", goaway(11), "inconclusive h2-goaway"],
  ["a stream that was reset with INADEQUATE_SECURITY", reset(12), "refused h2-reset"],
  ["a stream that was reset with REFUSED_STREAM", reset(7), "inconclusive h2-reset"],
  ["a stream that was reset with HTTP_1_1_REQUIRED", reset(13), "inconclusive h2-reset"],
  ["a close by a server that did not ask", { asked: "none", reply: undefined }, "inconclusive closed"],
  [
    "a reset before the request",
    { asked: undefined, reply: undefined, handshake: false, errno: "ECONNRESET" },
    "inconclusive reset",
  ],
  [
    "a reset after the request, before the reply",
    { reply: undefined, handshake: false, errno: "ECONNRESET" },
    "inconclusive reset",
  ],
  [
    "no connection",
    { failure, connected: false, heard: false, handshake: false, asked: undefined, reply: undefined },
    "inconclusive port-closed",
  ],
  [
    "no connection in time",
    { end: "timeout", connected: false, heard: false, handshake: false, asked: undefined, reply: undefined },
    "inconclusive connect-timeout",
  ],
  [
    "not one byte",
    { end: "timeout", heard: false, handshake: false, asked: undefined, reply: undefined },
    "inconclusive silent",
  ],
  [
    "half a handshake",
    { end: "timeout", handshake: false, asked: undefined, reply: undefined },
    "inconclusive handshake-timeout",
  ],
  ["a handshake that ended, and nothing more", { end: "timeout" }, "inconclusive answer-timeout"],
  [
    "HTTP in the clear",
    {
      notTls: "http",
      handshake: false,
      asked: undefined,
      reply: undefined,
      tlsError: "ERR_SSL_WRONG_VERSION_NUMBER",
    },
    "inconclusive plain-http",
  ],
  [
    "something else than TLS",
    {
      notTls: "other",
      handshake: false,
      asked: undefined,
      reply: undefined,
      tlsError: "ERR_SSL_WRONG_VERSION_NUMBER",
    },
    "inconclusive not-tls",
  ],
  [
    "TLS that can't be read, after the reply",
    { tlsError: "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC" },
    "inconclusive broken-tls",
  ],
  [
    "a chain that is too long, after the request",
    { reply: undefined, tlsError: "ERR_SSL_EXCESSIVE_MESSAGE_SIZE" },
    "inconclusive chain-too-long",
  ],
  [
    "a version that nobody offered",
    { tlsError: "ERR_SSL_UNSUPPORTED_PROTOCOL" },
    "inconclusive no-shared-version",
  ],
  ["something else than HTTP", { end: "not-http" }, "inconclusive not-http"],
  ["a head without end", { end: "answer-too-long" }, "inconclusive answer-too-long"],
  ["another site's certificate", { end: "wrong-name" }, "inconclusive wrong-name"],
  ["a server that is not trusted", { end: "server-not-trusted" }, "inconclusive server-not-trusted"],
];

describe("judge", () => {
  it.each(cases)("judges %s", (_, change, expected) => {
    const { verdict, reason, explanation } = judge({ ...told, ...change });
    expect(`${verdict} ${reason}`).toBe(expected);
    expect(explanation).not.toBe("");
  });
});

describe("explainFailure", () => {
  it.each([
    ["ENOTFOUND", "name-not-found"],
    ["EAI_AGAIN", "name-not-found"],
    ["ECONNREFUSED", "port-closed"],
    ["EHOSTUNREACH", "unreachable"],
    ["ENETUNREACH", "unreachable"],
    ["ETIMEDOUT", "connect-timeout"],
    ["EMFILE", "connect-failed"],
    [undefined, "connect-failed"],
  ])("gives %s a reason of its own", (code, reason) => {
    expect(explainFailure({ code }, false)).toMatchObject({ reason, errno: code });
    expect(explainFailure({ code }, true)).toMatchObject({ reason: "proxy-unreachable", errno: code });
  });
});

describe("readRefusal", () => {
  const page = (title: string): string => `<html>\r\n<head><title>${title}</title></head>\r\n`;

  it.each([
    ["nginx without a certificate", 400, page("400 No required SSL certificate was sent"), "refused"],
    ["nginx with a bad one", 400, page("400 The SSL certificate error"), "refused"],
    ["nginx on the wrong port", 400, page("400 The plain HTTP request was sent to HTTPS port"), "perhaps"],
    ["a 400 without a page", 400, "", "perhaps"],
    [
      "Apache that can't ask again",
      403,
      "Reason: Cannot perform Post-Handshake Authentication.<br />",
      "refused",
    ],
    ["IIS without a certificate", 403, "<h3>HTTP Error 403.7 - Forbidden</h3>", "refused"],
    ["IIS for a directory", 403, "<h3>HTTP Error 403.14 - Forbidden</h3>", "perhaps"],
    ["Cloudflare's custom rule", 403, "<title>Access denied</title><h2>Error 1020</h2>", "refused"],
    ["Cloudflare's custom rule, as text", 403, "error code: 1020", "refused"],
    ["Cloudflare's other pages", 403, "error code: 1010", "perhaps"],
    ["API Gateway", 403, '{"message":"Forbidden"}', "perhaps"],
    ["nginx's own numbers", 496, "", "refused"],
    ["a page that only speaks of it", 200, page("400 No required SSL certificate was sent"), undefined],
    ["an application's 404 that quotes it", 404, page("400 The SSL certificate error"), undefined],
    ["an application's 400 that quotes it", 400, "see: 400 The SSL certificate error", "perhaps"],
    [
      "an application's 404 that quotes Apache",
      404,
      "Cannot perform Post-Handshake Authentication",
      undefined,
    ],
    ["nothing there", 404, page("404 Not Found"), undefined],
  ])("reads %s", (_, status, body, expected) => {
    expect(readRefusal({ status, headers: {}, body })).toBe(expected);
  });
});
