import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect as http2Connect } from "node:http2";
import type { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Http2End } from "./http2-end.ts";

/** What to ask once the connection stands. */
export interface ProbeRequest {
  /**
   * GET, since what tells nginx's refusal of a certificate from an application's 400 stands in the body, and an answer
   * to HEAD has none. @default "GET"
   */
  readonly method?: string | undefined;
  /** Path and query. Choose one that no cache answers. @default "/" */
  readonly path?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An HTTP response: its head, and the start of its body where that matters. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The first 4 KiB of a response of the 4xx class; empty for others, which are not read. */
  body: string;
}

/** What is told while the answer comes in. */
export interface AnswerListener {
  /** The head is there. Its body is filled in as it comes. */
  answer(answer: HttpAnswer): void;
  ended(end: Http2End): void;
}

const longestBody = 4096;
const longestHead = 65_536;

/**
 * Sends one request over an open connection, HTTP/2 when ALPN chose it and HTTP/1.1 otherwise, and waits for the
 * head of the response and what of its body matters. Rejects when the connection ends before the head, or what came is
 * no final answer in HTTP.
 */
export function askHttp(
  socket: TLSSocket,
  host: string,
  request: ProbeRequest,
  listener: AnswerListener,
): Promise<void> {
  const ask = socket.alpnProtocol === "h2" ? askHttp2 : askHttp1;
  // A compressed body could not be read.
  const headers = { "accept-encoding": "identity", ...request.headers };
  return ask(socket, host, { ...request, headers }, listener);
}

function askHttp1(
  socket: TLSSocket,
  host: string,
  request: ProbeRequest,
  listener: AnswerListener,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      createConnection: () => socket,
      method: request.method ?? "GET",
      path: request.path ?? "/",
      headers: { host, connection: "close", ...request.headers },
      maxHeaderSize: longestHead,
    });
    let isHttp = true;
    // The parser takes RTSP, and answers that switch to something else, for HTTP.
    sent.on("socket", (over) => {
      over.prependOnceListener("data", (head: Buffer) => {
        isHttp = startsAsHttp(head);
      });
    });
    sent.on("upgrade", () => reject(notHttp()));
    sent.on("response", (response) => {
      if (!isHttp || !isFinal(response.statusCode)) return reject(notHttp());
      const answer = { status: response.statusCode ?? 0, headers: flatten(response.headers), body: "" };
      listener.answer(answer);
      readStart(response, answer, resolve);
    });
    sent.on("error", reject);
    sent.end();
  });
}

function askHttp2(
  socket: TLSSocket,
  host: string,
  request: ProbeRequest,
  listener: AnswerListener,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const session = http2Connect(`https://${host}`, { createConnection: () => socket });
    session.on("error", reject);
    session.on("goaway", (code) => listener.ended({ frame: "goaway", code }));
    const { host: authority, ...headers } = lowerCase(request.headers);
    const stream = session.request({
      ...headers,
      ...(authority === undefined ? {} : { ":authority": authority }),
      ":method": request.method ?? "GET",
      ":path": request.path ?? "/",
    });
    stream.on("response", (headers) => {
      const { ":status": status = 0, ...rest } = headers;
      if (!isFinal(status)) return reject(notHttp());
      const answer = { status: Number(status), headers: flatten(rest), body: "" };
      listener.answer(answer);
      readStart(stream, answer, resolve);
    });
    stream.on("error", reject);
    stream.on("close", () => {
      // When the connection goes, Node gives each stream a code too; only one that came by itself says something.
      if (stream.rstCode !== 0 && !session.destroyed && !socket.destroyed && !socket.readableEnded)
        listener.ended({ frame: "reset", code: stream.rstCode });
      reject(new Error("the stream was closed without a response"));
    });
    stream.end();
  });
}

/** RFC 9110, 15: a final answer, and of a class that there is. */
function isFinal(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status <= 599;
}

/** As far as it is there: the first piece may be a part of the first word. */
function startsAsHttp(head: Buffer): boolean {
  const mark = "HTTP/1.";
  return mark.startsWith(head.toString("latin1", 0, Math.min(head.length, mark.length)));
}

/** Spelled as the parser's own errors are. */
function notHttp(): Error {
  return Object.assign(new Error("this is no final answer in HTTP"), { code: "HPE_NO_ANSWER" });
}

function lowerCase(headers: ProbeRequest["headers"] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Reads of a 4xx response as much as may tell why; of any other nothing. */
function readStart(response: Readable, answer: HttpAnswer, done: () => void): void {
  if (answer.status < 400 || answer.status > 499) {
    done();
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    answer.body = Buffer.concat(chunks).subarray(0, longestBody).toString("latin1");
    if (length >= longestBody) {
      response.pause();
      done();
    }
  });
  response.on("error", done);
  response.on("close", done);
  response.on("end", done);
}

/** What an error says that ended the answer: that it was no HTTP, that it was too long, or only that it ended. */
export function answerFault(error: unknown): "not-http" | "answer-too-long" | undefined {
  const { code = "" } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === "HPE_HEADER_OVERFLOW") return "answer-too-long";
  return code.startsWith("HPE_") || code === "ERR_HTTP2_ERROR" ? "not-http" : undefined;
}

function flatten(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}
