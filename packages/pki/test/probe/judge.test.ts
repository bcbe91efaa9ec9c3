import { describe, expect, it } from "vitest";
import { type Evidence, judge } from "../../src/probe/judge.ts";

/** The server asked, the client said what it had, and the connection ended. */
const told: Evidence = {
  end: "gone",
  connected: true,
  handshake: true,
  asked: "request",
  replied: true,
  alert: undefined,
  errno: undefined,
  notTls: false,
  httpStatus: undefined,
  shows: true,
};

const cases: readonly [string, Partial<Evidence>, string][] = [
  ["an answer after the request", { end: "answer", httpStatus: 200 }, "accepted http-answer"],
  [
    "an answer from a server that never asked",
    { end: "answer", asked: "none", httpStatus: 200 },
    "accepted http-answer",
  ],
  ["an answer of any status", { end: "answer", httpStatus: 403 }, "accepted http-answer"],
  ["a bare close after the reply, TLS 1.3", {}, "refused closed"],
  ["a bare close after the reply, TLS 1.2", { handshake: false }, "refused closed"],
  ["a reset after the reply", { errno: "ECONNRESET" }, "refused reset"],
  ["certificate_required", { alert: 116 }, "refused alert"],
  ["unknown_ca, request not seen", { alert: 48, asked: undefined, replied: false }, "refused alert"],
  ["handshake_failure after the reply", { alert: 40, handshake: false }, "refused alert"],
  [
    "handshake_failure before the request",
    { alert: 40, handshake: false, asked: undefined, replied: false },
    "inconclusive alert",
  ],
  [
    "protocol_version",
    { alert: 70, handshake: false, asked: undefined, replied: false },
    "inconclusive alert",
  ],
  ["internal_error after the reply", { alert: 80 }, "inconclusive alert"],
  ["a close by a server that did not ask", { asked: "none", replied: false }, "inconclusive closed"],
  [
    "a reset before the request",
    { asked: undefined, replied: false, handshake: false, errno: "ECONNRESET" },
    "inconclusive reset",
  ],
  [
    "a reset after the request, before the reply",
    { replied: false, handshake: false, errno: "ECONNRESET" },
    "inconclusive reset",
  ],
  ["a handshake that ended, and nothing more", { end: "timeout" }, "inconclusive timeout"],
  [
    "no connection in time",
    { end: "timeout", connected: false, handshake: false, asked: undefined, replied: false },
    "inconclusive timeout",
  ],
  [
    "no connection",
    { connected: false, handshake: false, asked: undefined, replied: false, errno: "ECONNREFUSED" },
    "inconclusive connect-failed",
  ],
  [
    "something else than TLS",
    { notTls: true, handshake: false, asked: undefined, replied: false },
    "inconclusive not-tls",
  ],
  ["something else than HTTP", { end: "not-http" }, "inconclusive not-http"],
  ["a server that is not trusted", { end: "server-not-trusted" }, "inconclusive server-not-trusted"],
];

describe("judge", () => {
  it.each(cases)("judges %s", (_, change, expected) => {
    const { verdict, reason, explanation } = judge({ ...told, ...change });
    expect(`${verdict} ${reason}`).toBe(expected);
    expect(explanation).not.toBe("");
  });
});
