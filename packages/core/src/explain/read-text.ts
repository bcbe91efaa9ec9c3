import { alertOfCode, opensslOfCode } from "./numbers.ts";
import type { Symptom } from "./symptom.ts";
import type { TakenSymptom } from "./take-symptom.ts";
import { alertWords, errnoWords, gnutlsWords, opensslWords, pageWords, serverWords } from "./words.ts";

type Found = { -readonly [Field in keyof TakenSymptom]: TakenSymptom[Field] };

/** As much of a pasted text is looked at, in characters. */
const longest = 65_536;

/**
 * The known marks in a text: what curl, `openssl s_client`, a browser, Node, or the log of a server printed. Pure;
 * linear in the text; what is not known is left out.
 */
export function readText(given: string): TakenSymptom {
  const text = given.slice(0, longest).replaceAll("X509_V_ERR_", "").split("\n").filter(tells).join("\n");
  const found: Found = {
    alert: alertIn(text),
    openssl: firstOf(opensslWords, text) ?? opensslOfCode(text),
    errno: firstOf(errnoWords, text),
    httpStatus: statusIn(text),
    server: firstOf(serverWords, text),
    curl: numberIn(/\bcurl: \((\d{1,3})\)/, text),
    connectionLog:
      /\bFailed:([A-Za-z]{3,50})\b/i.exec(text)?.[1] ?? /\bClientCert[A-Z][A-Za-z]{2,40}\b/.exec(text)?.[0],
    http2: http2In(text),
    browser: /\b(ERR_(?:BAD_SSL|SSL|HTTP2|CERT|CONNECTION|EMPTY)_[A-Z_]{2,60})\b/.exec(text)?.[1],
    protocol: protocolIn(text),
    asked: /TLS handshake, Request CERT|Acceptable client certificate CA names/.test(text) || undefined,
    shown: shownIn(text),
  };
  found.at = placeOf(text, found);
  return found;
}

/** Lines of a trace that speak of no failure: what curl let pass, and alerts that the client itself sent. */
function tells(line: string): boolean {
  return !line.includes("continuing anyway") && !line.includes("(OUT), TLS alert");
}

function firstOf<Value>(words: readonly (readonly [RegExp, Value])[], text: string): Value | undefined {
  return words.find(([pattern]) => pattern.test(text))?.[1];
}

function numberIn(pattern: RegExp, text: string): number | undefined {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function alertIn(text: string): number | undefined {
  return (
    numberIn(/SSL alert number (\d{1,3})/i, text) ??
    numberIn(/received alert \[(\d{1,3})\]/i, text) ??
    firstOf(alertWords, text) ??
    (/gnutls/i.test(text) ? firstOf(gnutlsWords, text) : undefined) ??
    alertOfCode(text)
  );
}

function statusIn(text: string): number | undefined {
  return (
    firstOf(pageWords, text) ??
    numberIn(/\bHTTP\/[\d.]{1,3} ([1-5]\d\d)\b/, text) ??
    numberIn(/\b(?:error|error code|status|status code|statusCode)[:= "']{1,4}([45]\d\d)\b/i, text) ??
    numberIn(/<title>[^<\n]{0,200}\b(5\d\d): /i, text) ??
    numberIn(/\b(4\d\d|5\d\d) (?:Bad Request|Forbidden|Bad Gateway|Misdirected Request|ERROR)\b/i, text)
  );
}

function http2In(text: string): string | undefined {
  const name =
    /not closed cleanly: ([A-Z0-9_]{3,40})/.exec(text)?.[1] ??
    /\bNGHTTP2_([A-Z0-9_]{3,40})\b/.exec(text)?.[1] ??
    /GOAWAY[^\n]{0,80}\b([A-Z]+_(?:ERROR|SECURITY|REQUIRED|CLOSED|STREAM|CALM))\b/.exec(text)?.[1];
  if (name !== undefined) return name;
  return /HTTP\/?2 framing layer|before HTTP\/2 preface|HTTP\/2 stream \d+ was closed|stream .{0,20}closed before/i.test(
    text,
  )
    ? "closed"
    : undefined;
}

function protocolIn(text: string): Symptom["protocol"] {
  const version =
    /SSL connection using TLSv(1\.[23])\b/.exec(text)?.[1] ??
    /\bProtocol *: *TLSv(1\.[23])\b/.exec(text)?.[1] ??
    /\bNew, TLSv(1\.[23]),/.exec(text)?.[1] ??
    // the fifth field of a connection log of a load balancer
    /^\S+ \S+ \d+ \d+ TLSv(1\.[23]) /m.exec(text)?.[1];
  if (version === undefined) return /tlsv13 alert|TLSV13_ALERT/i.test(text) ? "TLSv1.3" : undefined;
  return version === "1.3" ? "TLSv1.3" : "TLSv1.2";
}

/** By the lines of `curl -v`; only a trace that got as far as the client's certificate tells. */
function shownIn(text: string): boolean | undefined {
  if (/\(OUT\), TLS handshake, CERT verify/.test(text)) return true;
  return /\(IN\), TLS handshake, Request CERT/.test(text) && /\(OUT\), TLS handshake, Certificate/.test(text)
    ? false
    : undefined;
}

/** Where a word of verification was said: in a server's log, or by the client. */
function placeOf(text: string, { curl }: Found): Symptom["at"] {
  if (
    /client SSL certificate verify error|ssl_client_verify|\bFAILED:|while SSL handshaking|while reading client request|\bAH0\d{4}:|process_client_certificate|GET_CLIENT_CERTIFICATE|tlsClientError|peer did not return|SSL client certificate/i.test(
      text,
    )
  )
    return "server";
  if (
    curl !== undefined ||
    /process_server_certificate|GET_SERVER_CERTIFICATE|SSL certificate problem|Verify return code/i.test(text)
  )
    return "client";
  return undefined;
}
