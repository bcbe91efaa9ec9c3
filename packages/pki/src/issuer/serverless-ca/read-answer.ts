import { type ErrorDetails, HandfastError, type HandfastErrorCode, isHandfastError } from "@handfast/core";
import { z } from "zod";
import { type Certificate, readCertificates } from "../../certificate/read-certificates.ts";
import type { FunctionAnswer, TlsFunction } from "./port.ts";

/** What the CA's function answers with, as far as it is read: the leaf, and the issuing CA and root behind it. */
const issued = z.object({ Base64Certificate: z.base64().min(1) });
const refused = z.object({ error: z.string() });
const failed = z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() });

/** More than Lambda answers with (Lambda, "Lambda quotas"). */
const largestAnswer = 6_291_556;

interface Meaning {
  readonly text: RegExp;
  readonly code: HandfastErrorCode;
  readonly mend: string;
  /** Whether it is known to come before a certificate is made. Of every other failure it is not. */
  readonly cameBefore?: boolean;
}

/** What the CA refuses by itself: an answer with `error`. */
const refusals: readonly Meaning[] = [
  {
    text: /^Private key has already been used|^Certificate already issued/,
    code: "REMOTE_REJECTED",
    mend: "make a new key for the new certificate, or ask with reissue: true for another one of this key",
  },
  {
    text: /^CA .* not found/,
    code: "REMOTE_NOT_FOUND",
    mend: "run the CA's Step Function, which makes its CAs",
  },
  { text: /is too short/, code: "REMOTE_REJECTED", mend: "ask for one day or more" },
];

/** What fails inside the function: an answer of Lambda with X-Amz-Function-Error. */
const failures: readonly Meaning[] = [
  {
    text: /Task timed out|Sandbox\.Timedout/,
    code: "REMOTE_UNAVAILABLE",
    mend: "it may have issued all the same; raise the CA's timeout, then ask with a new key, or with reissue for this one",
  },
  {
    text: /ThrottlingException|Rate exceeded|TooManyRequests|ProvisionedThroughputExceeded|SlowDown/,
    code: "REMOTE_RATE_LIMITED",
    mend: "a service that the CA uses was called too often; it may have issued all the same, so wait, then ask with a new key, or with reissue for this one",
  },
  {
    text: /^IndexError/,
    code: "REMOTE_NOT_FOUND",
    mend: "the CA found no certificate of its own: run its Step Function, which makes its CAs",
    cameBefore: true,
  },
];

/**
 * The certificates in an answer: leaf first, then whatever came with it. None of them is trusted yet.
 *
 * @throws HandfastError `REMOTE_REJECTED`, `REMOTE_NOT_FOUND`, `REMOTE_RATE_LIMITED` or `REMOTE_UNAVAILABLE` with what
 *   the CA said, `REMOTE_UNEXPECTED` for what is no answer of this CA
 */
export function readAnswer(
  { failure, payload }: FunctionAnswer,
  { name, region }: TlsFunction,
  commonName: string,
): readonly [Certificate, ...Certificate[]] {
  const facts = { function: name, region, commonName };
  const fail = (code: HandfastErrorCode, why: string, details: ErrorDetails = {}): HandfastError =>
    new HandfastError(
      code,
      `issue certificate failed [CN=${commonName}, function=${name}, region=${region}]: ${why}`,
      { operation: "Invoke", facts, ...details },
    );
  if (payload.length > largestAnswer)
    throw fail("REMOTE_UNEXPECTED", `the answer has ${payload.length} bytes; look what the function is`);
  const answer = parseJson(payload);
  if (failure !== undefined) {
    const { errorType = failure, errorMessage = "" } = failed.safeParse(answer).data ?? {};
    const said = `${errorType}: ${errorMessage}`.slice(0, 500);
    const meaning = failures.find(({ text }) => text.test(said));
    throw fail(
      meaning?.code ?? "REMOTE_REJECTED",
      `the function failed with ${said}; ${meaning?.mend ?? `look into its log, /aws/lambda/${name.replace(/^.*:function:/, "")}`}`,
      {
        provider: { code: errorType, status: 200, message: errorMessage.slice(0, 500) },
        ...(meaning?.cameBefore === true ? {} : { outcomeUnknown: true }),
      },
    );
  }
  const no = refused.safeParse(answer);
  if (no.success) {
    const said = no.data.error.slice(0, 500);
    const meaning = refusals.find(({ text }) => text.test(said));
    throw fail(
      meaning?.code ?? "REMOTE_REJECTED",
      `the CA refused: ${said}; ${meaning?.mend ?? "change what is asked for"}`,
      { provider: { message: said } },
    );
  }
  const yes = issued.safeParse(answer);
  const mend = "look whether this is the function tls-cert of a serverless CA, and of which release";
  if (!yes.success) throw fail("REMOTE_UNEXPECTED", `the answer has no Base64Certificate in base64; ${mend}`);
  try {
    const text = Buffer.from(yes.data.Base64Certificate, "base64").toString("utf8");
    const [leaf, ...sent] = readCertificates(text);
    if (leaf !== undefined) return [leaf, ...sent];
  } catch (cause) {
    if (!isHandfastError(cause)) throw cause;
  }
  throw fail("REMOTE_UNEXPECTED", `what it sent as a certificate is none; ${mend}`);
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
}
