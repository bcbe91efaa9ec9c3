import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { type Clock, systemClock } from "@handfast/core";
import type { Address } from "./loopback.ts";

/** Requests to send, and how. */
export interface RequestStreamOptions {
  /** What to ask for. The name in it is the one in SNI and `Host`. */
  readonly url: URL | string;
  /** Where to connect instead of what the name resolves to; a function is asked for each request. */
  readonly connect?: Address | (() => Address) | undefined;
  /** PEM of the CAs that the server's certificate may come from. */
  readonly ca: string | readonly string[];
  /** What to show when asked, PEM: for clients that talk to a verifier themselves. */
  readonly identity?: { readonly certificate: string; readonly key: string } | undefined;
  /** Milliseconds between two requests on `pace`. */
  readonly every: number;
  /** No more than so many at once; when a request is due and so many are under way, none is sent. @default 16 */
  readonly concurrency?: number | undefined;
  /** `mixed`: every second request has a connection of its own, the others share kept ones. @default "mixed" */
  readonly connections?: "mixed" | "fresh" | "kept" | undefined;
  /** Dates the failures. @default systemClock */
  readonly clock?: Clock | undefined;
  /** Spaces the requests: real sockets take real time, whatever the other clock says. @default systemClock */
  readonly pace?: Clock | undefined;
  /** A request without its whole answer after so many real milliseconds has failed with `TIMEOUT`. @default 15000 */
  readonly timeoutMs?: number | undefined;
  /** Sends no more requests when it aborts; those under way are finished and counted. */
  readonly signal?: AbortSignal | undefined;
}

/** A request that failed. */
export interface RequestFailure {
  /** When it was sent, in milliseconds since the epoch, on the clock. */
  readonly at: number;
  /**
   * The status as text; the error's code, e.g. `ECONNRESET`; or `TIMEOUT`, `INCOMPLETE` (the answer broke off),
   * `CLOSED` (no answer and no error).
   */
  readonly reason: string;
  /** Over a connection that had carried a request before. */
  readonly reused: boolean;
}

/** What became of the requests so far: `sent` is always `ok` + `failed` + `underWay`. */
export interface RequestCounts {
  readonly sent: number;
  /** Answered in full with a status from 200 to 399. */
  readonly ok: number;
  readonly failed: number;
  readonly underWay: number;
  /** Times at which a request was due but `concurrency` were under way already. Not sent, so neither ok nor failed. */
  readonly heldBack: number;
  readonly failedBy: Readonly<Record<string, number>>;
  /** Oldest first. */
  readonly failures: readonly RequestFailure[];
}

/** A running stream of requests. */
export interface RequestStream {
  counts(): RequestCounts;
  /** Sends no more, waits for those under way, and says what became of all. */
  stop(): Promise<RequestCounts>;
}

/**
 * Visitors: a steady stream of real HTTPS requests, each of which is counted as ok or as failed. Nothing is sent a
 * second time, so a failure that a browser would hide is counted too.
 *
 * @example
 * ```ts
 * import { type Address, requestStream } from "@handfast/testing";
 *
 * export async function countLost(front: Address, ca: string, rollOut: () => Promise<void>): Promise<number> {
 *   const visitors = requestStream({ url: "https://app.example.com/", connect: front, ca, every: 20 });
 *   await rollOut();
 *   const { failed } = await visitors.stop();
 *   return failed;
 * }
 * ```
 */
export function requestStream(options: RequestStreamOptions): RequestStream {
  const { every, concurrency = 16, connections = "mixed", clock = systemClock, pace = systemClock } = options;
  const url = new URL(options.url);
  // Kept connections are the ones that are used again; sessions are not, so that every handshake is a full one.
  const kept = new Agent({ keepAlive: true, maxCachedSessions: 0 });
  const stopped = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
  const underWay = new Set<Promise<void>>();
  const failures: RequestFailure[] = [];
  const failedBy: Record<string, number> = {};
  let sent = 0;
  let ok = 0;
  let heldBack = 0;

  const send = async (): Promise<void> => {
    const at = clock.now();
    const fresh = connections === "fresh" || (connections === "mixed" && sent % 2 === 1);
    sent += 1;
    const { failure, reused } = await sendOne(options, url, fresh ? false : kept);
    if (failure === undefined) {
      ok += 1;
      return;
    }
    failures.push({ at, reason: failure, reused });
    failedBy[failure] = (failedBy[failure] ?? 0) + 1;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      if (underWay.size >= concurrency) heldBack += 1;
      else {
        const one = send().finally(() => underWay.delete(one));
        underWay.add(one);
      }
      await pace.sleep(every, signal).catch(() => undefined);
    }
  };
  const running = run();

  const counts = (): RequestCounts => ({
    sent,
    ok,
    failed: failures.length,
    underWay: underWay.size,
    heldBack,
    failedBy: { ...failedBy },
    failures: [...failures],
  });
  return {
    counts,
    stop: async () => {
      stopped.abort();
      await running;
      await Promise.all(underWay);
      kept.destroy();
      return counts();
    },
  };
}

interface Outcome {
  readonly failure?: string | undefined;
  readonly reused: boolean;
}

function sendOne(options: RequestStreamOptions, url: URL, agent: Agent | false): Promise<Outcome> {
  const { connect, ca, identity, timeoutMs = 15_000 } = options;
  const at = typeof connect === "function" ? connect() : connect;
  return new Promise((resolve) => {
    const sent = request({
      host: at?.host ?? url.hostname,
      port: at?.port ?? (url.port === "" ? 443 : url.port),
      servername: url.hostname,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host },
      ca: [ca].flat(),
      agent,
      ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
    });
    const end = (failure?: string): void => {
      clearTimeout(timer);
      resolve({ failure, reused: sent.reusedSocket });
    };
    const timer = setTimeout(() => {
      end("TIMEOUT");
      sent.destroy();
    }, timeoutMs);
    let answer: IncomingMessage | undefined;
    sent.on("error", (error: NodeJS.ErrnoException) => {
      if (answer === undefined) end(error.code ?? error.name);
    });
    sent.once("response", (response) => {
      answer = response;
      // What breaks off is found out at the end, by the answer not being complete.
      response.on("error", () => undefined);
      response.resume();
    });
    // Every request comes here, whatever went before.
    sent.once("close", () => {
      if (answer === undefined) end("CLOSED");
      else if (!answer.complete) end("INCOMPLETE");
      else end(isOk(answer.statusCode) ? undefined : String(answer.statusCode));
    });
    sent.end();
  });
}

function isOk(status = 0): boolean {
  return status >= 200 && status < 400;
}
