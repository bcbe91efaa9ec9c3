import { isIP } from "node:net";
import type { SecureContext } from "node:tls";
import type { Clock } from "@handfast/core";
import { alertName } from "./alerts.ts";
import type { HttpAnswer, ProbeRequest } from "./ask-http.ts";
import { type Conversation, conversation } from "./conversation.ts";
import { describeServerCertificate } from "./describe-session.ts";
import { type HandshakeWatcher, handshakeWatcher } from "./handshake-watcher.ts";
import { readRefusal } from "./http-refusal.ts";
import { http2ErrorName } from "./http2-end.ts";
import { type Evidence, judge, type ProbeEnd } from "./judge.ts";
import { openWay, type ProbeConnect } from "./open-way.ts";
import type { ProbeResult } from "./probe-result.ts";
import type { ProxyServer } from "./read-proxy.ts";

/** One attempt of a probe. */
export interface AttemptOptions {
  readonly host: string;
  readonly port: number;
  readonly servername: string | undefined;
  readonly alpn: readonly string[];
  readonly makeContext: () => SecureContext;
  readonly shows: boolean;
  readonly checkServer: boolean;
  readonly checkName: boolean;
  readonly request: ProbeRequest;
  readonly expect: number | undefined;
  readonly connect: ProbeConnect | undefined;
  readonly proxy: ProxyServer | undefined;
  readonly clock: Clock;
  /** When the probe was called for, by the clock. */
  readonly started: number;
  /** What is left of the time for the whole probe, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What one attempt showed; `aborted` when the signal ended it. */
export type Attempt = Omit<ProbeResult, "attempts"> | "aborted";

/** One fresh connection, from the way to the verdict. When it resolves, nothing of it is open any more. */
export async function probeOnce(options: AttemptOptions): Promise<Attempt> {
  const { host, port, clock, timeoutMs, signal } = options;
  const watcher = handshakeWatcher();
  const way = openWay({ target: { host, port }, connect: options.connect, proxy: options.proxy, timeoutMs });
  const servername = options.servername ?? (isIP(host) === 0 ? host : undefined);
  const talk = conversation({ ...options, way, servername, watcher });
  const stop = new AbortController();
  const deadline = clock.sleep(timeoutMs, stop.signal).then(
    () => "timeout" as const,
    () => "timeout" as const,
  );
  const abort = new Promise<"aborted">((resolve) => {
    signal?.addEventListener("abort", () => resolve("aborted"), { once: true, signal: stop.signal });
  });
  try {
    const end = await Promise.race([talk.run(), deadline, abort]);
    // Before the closing, which leaves traces of its own.
    return end === "aborted" ? end : describe(end, talk, watcher, options);
  } finally {
    // With a reason at hand: Node makes an error with a stack otherwise.
    stop.abort("over");
    await talk.close();
  }
}

function describe(
  end: ProbeEnd,
  { seen, errno: readErrno }: Conversation,
  watcher: HandshakeWatcher,
  { clock, expect, shows, started }: AttemptOptions,
): Omit<ProbeResult, "attempts"> {
  const { answer, session, http2End } = seen;
  const { asked, request, reply, version, notTls, serverChain, ...view } = watcher.view();
  const alert = seen.alert ?? view.alert;
  const errno = readErrno();
  const evidence: Evidence = {
    end,
    failure: seen.failure,
    connected: seen.connectedAt !== undefined,
    heard: seen.heard,
    handshake: seen.handshakeAt !== undefined,
    version,
    requested: seen.requested,
    asked,
    reply,
    alert,
    errno,
    notTls,
    tlsError: seen.tlsError,
    http2End,
    answer: answer && describeAnswer(answer, expect),
    shows,
  };
  const since = (moment: number | undefined): number | undefined =>
    moment === undefined ? undefined : moment - started;
  return {
    asked: asked === undefined ? undefined : asked === "request",
    shown: reply === undefined ? undefined : reply === "certificate",
    caNames: request?.caNames ?? [],
    caNamesDer: request?.caNamesDer ?? [],
    signatureAlgorithms: request?.signatureAlgorithms ?? [],
    ...judge(evidence),
    alert: alert === undefined ? undefined : { number: alert, name: alertName(alert) },
    errno,
    tlsError: seen.tlsError,
    http2Error: answer === undefined && http2End !== undefined ? http2ErrorName(http2End.code) : undefined,
    httpStatus: answer?.status,
    headers: answer?.headers ?? {},
    serverChain: serverChain.map(describeServerCertificate),
    serverVerified: seen.serverVerified,
    protocol: version,
    ...session,
    timings: {
      connected: since(seen.connectedAt),
      handshake: since(seen.handshakeAt),
      answer: since(seen.answerAt),
      total: clock.now() - started,
    },
  };
}

function describeAnswer(answer: HttpAnswer, expect: number | undefined): NonNullable<Evidence["answer"]> {
  return { status: answer.status, refusal: readRefusal(answer), expected: answer.status === expect };
}
