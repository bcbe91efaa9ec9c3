import type { Sign } from "./sign.ts";

const source = "handfast: packages/pki/src/probe/probe-result.ts";

const probe = (
  is: string,
  seen: string,
  points: Sign["points"],
  more: Partial<Pick<Sign, "given" | "without">> = {},
): Sign => ({
  mark: "probe",
  is,
  seen,
  points,
  ...more,
  sources: [source],
});

const closed = (is: string, seen: string): readonly Sign[] => [
  probe(
    is,
    seen,
    { "silent-refusal": 5, "nothing-shown": 4, "ca-not-trusted": 3, "cut-on-the-way": 1 },
    { given: { asked: true } },
  ),
  probe(is, seen, { "cut-on-the-way": 3, "server-fault": 2, "no-such-site": 1 }, { given: { asked: false } }),
  probe(is, seen, { "cut-on-the-way": 3, "not-tls": 1, "no-shared-version": 1 }, { without: ["asked"] }),
];

/** Reasons that a probe of `@handfast/pki` gives, as far as they tell more than alert, errno and status beside them. */
export const probeSigns: readonly Sign[] = [
  {
    mark: "probe",
    is: "http-refusal",
    seen: "the answer says that the certificate is missing or bad",
    points: { "nothing-shown": 3, "ca-not-trusted": 3 },
    rulesOut: ["application-answer", "not-tls"],
    sources: [source],
  },
  ...closed("closed", "the server closed without an answer"),
  ...closed("reset", "the server broke the connection off without an answer"),
  probe(
    "closed",
    "the server closed after the handshake of TLS 1.2, in which it looks at certificates",
    { "server-fault": 3 },
    { given: { asked: true, protocol: "TLSv1.2" } },
  ),
  probe(
    "alert",
    "a TLS alert ended the connection",
    { "nothing-shown": 2, "ca-not-trusted": 2 },
    { without: ["alert"] },
  ),
  probe(
    "h2-goaway",
    "HTTP/2 ended the connection without an answer",
    { "nothing-shown": 2, "silent-refusal": 2, "http2-fault": 2 },
    { without: ["http2"] },
  ),
  probe(
    "h2-reset",
    "HTTP/2 ended the request without an answer",
    { "http2-fault": 3, "nothing-shown": 1, "silent-refusal": 1 },
    { without: ["http2"] },
  ),
  probe(
    "http-unclear",
    "a 400 or 403 after a certificate was asked for",
    { "application-answer": 3, "nothing-shown": 2, "ca-not-trusted": 2, "gateway-refused": 1 },
    { without: ["httpStatus"] },
  ),
  probe("url-not-https", "the probe's url is not https:", { "not-tls": 6 }),
  probe("not-shown", "a certificate was at hand and was not shown", { "cannot-sign": 7 }),
  probe("port-closed", "the port is closed", { "port-closed": 6 }),
  probe("name-not-found", "the name was not found", { "name-not-found": 6 }),
  probe("unreachable", "there is no way to the host", { unreachable: 6 }),
  probe("connect-failed", "no connection could be made", { unreachable: 4 }),
  probe("connect-timeout", "no connection in time", { unreachable: 5 }),
  probe("proxy-unreachable", "the proxy could not be reached", { unreachable: 5 }),
  probe("proxy-refused", "the proxy refused to connect", { unreachable: 5 }),
  probe("silent", "connected, and not one byte came", { "not-tls": 3, "slow-server": 3, unreachable: 2 }),
  probe("handshake-timeout", "the handshake did not end in time", { "slow-server": 3, "cut-on-the-way": 2 }),
  probe("answer-timeout", "no answer in time after the handshake", { "slow-server": 4 }),
  probe("plain-http", "the server answered in HTTP without TLS", { "not-tls": 7 }),
  probe("not-tls", "what came is not TLS", { "not-tls": 7 }),
  probe("broken-tls", "what came is no sound TLS", { "broken-handshake": 5 }),
  probe("no-shared-version", "no version of TLS in common", { "no-shared-version": 6 }),
  probe("chain-too-long", "the server's chain is longer than OpenSSL takes", { "server-fault": 4 }),
  probe("unrecognized-name", "the server has no site of that name", { "no-such-site": 6 }),
  probe("wrong-name", "the server's certificate is for another name", { "wrong-name": 6 }),
  probe("server-not-trusted", "the server's certificate does not lead to the given CA", {
    "server-not-trusted": 6,
  }),
  probe("not-http", "the answer is not HTTP", { "application-answer": 3 }),
  probe("answer-too-long", "the head of the answer is longer than 64 KiB", { "application-answer": 4 }),
];
