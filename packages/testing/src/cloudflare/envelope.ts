/**
 * The envelope of the v4 API: what a handler answers, and how that becomes a response.
 *
 * Source: Cloudflare API reference, "Making API calls" and the generated `api-response-common` schemas.
 */

/** What a page of a list says about itself. */
export interface PageFacts {
  readonly page: number;
  readonly per_page: number;
  readonly count: number;
  readonly total_count: number;
}

/** A call that was carried out. */
export interface Result {
  readonly kind: "result";
  readonly result: unknown;
  readonly info?: PageFacts | undefined;
  /** What is said beside it. */
  readonly messages?: readonly unknown[] | undefined;
}

/** A call that was refused, with the code and status of the provider. */
export interface Refusal {
  readonly kind: "refusal";
  readonly status: number;
  readonly code: number;
  readonly message: string;
  /** More codes in the same answer, e.g. 7000 after 7003. */
  readonly more?: readonly { readonly code: number; readonly message: string }[] | undefined;
  /** Sent along with the refusal, e.g. `retry-after`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What a handler gives back. */
export type Answer = Result | Refusal;

/** How a refusal is written: some families leave the `result` key out instead of sending null. */
export type RefusalShape = "with-null-result" | "without-result";

/**
 * Stands for every code that no source names: the smallest number that the schema allows. A client must not
 * branch on it.
 */
export const unknownCode = 1000;

/** An answer that says yes. */
export function result(value: unknown, info?: PageFacts): Result {
  return { kind: "result", result: value, info };
}

/** An answer that says no. */
export function refusal(status: number, code: number, message: string): Refusal {
  return { kind: "refusal", status, code, message };
}

/** Writes an answer as JSON; `headers` go with both kinds. */
export function writeAnswer(
  answer: Answer,
  shape: RefusalShape,
  headers: Readonly<Record<string, string>>,
): Response {
  if (answer.kind === "result") {
    const body = { success: true, errors: [], messages: answer.messages ?? [], result: answer.result };
    return writeJson(200, answer.info === undefined ? body : { ...body, result_info: answer.info }, headers);
  }
  const errors = [{ code: answer.code, message: answer.message }, ...(answer.more ?? [])];
  const body = { success: false, errors, messages: [] };
  return writeJson(answer.status, shape === "without-result" ? body : { ...body, result: null }, {
    ...headers,
    ...answer.headers,
  });
}

function writeJson(status: number, body: unknown, headers: Readonly<Record<string, string>>): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}
