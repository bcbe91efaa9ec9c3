import type { Clock } from "@handfast/core";
import { FunctionFailure, type LambdaFunction } from "./functions.ts";

/** What came of an invocation. */
export interface Invocation {
  /** JSON text. */
  readonly payload: string;
  readonly failed: boolean;
  /** The end of the log, at most 4 KB. */
  readonly log: string;
}

/** What a synchronous invocation may answer with, in bytes (Lambda, "Lambda quotas"). */
const largestAnswer = 6_291_556;
const longestTail = 4_096;

/**
 * Runs a function until it answers, throws or its time is up. A function error has the form of the runtime
 * ("Lambda function errors in Python"); what ends an invocation from outside is named as Lambda names it
 * ("Lambda runtime environment lifecycle").
 */
export async function runFunction(
  { code, timeout }: LambdaFunction,
  event: unknown,
  { clock, requestId }: { readonly clock: Clock; readonly requestId: string },
): Promise<Invocation> {
  const lines = [`START RequestId: ${requestId} Version: $LATEST`];
  const log = (line: string): void => void lines.push(line);
  const end = (value: unknown, failed: boolean): Invocation => ({
    payload: JSON.stringify(value ?? null),
    failed,
    log: [...lines, `END RequestId: ${requestId}`, ""].join("\n").slice(-longestTail),
  });
  const answered = new AbortController();
  const late = clock.sleep(timeout * 1000, answered.signal).then(
    () =>
      end(
        {
          errorType: "Sandbox.Timedout",
          errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeout.toFixed(2)} seconds`,
        },
        true,
      ),
    () => end(undefined, true),
  );
  const run = async (): Promise<Invocation> => {
    try {
      const answer = end(await code(event, { requestId, clock, log }), false);
      if (Buffer.byteLength(answer.payload) <= largestAnswer) return answer;
      return end(
        {
          errorType: "Function.ResponseSizeTooLarge",
          errorMessage: `Response payload size exceeded maximum allowed payload size (${largestAnswer} bytes).`,
        },
        true,
      );
    } catch (error) {
      return end(describe(error, requestId), true);
    }
  };
  try {
    return await Promise.race([run(), late]);
  } finally {
    answered.abort();
  }
}

function describe(error: unknown, requestId: string): Readonly<Record<string, unknown>> {
  const errorMessage = error instanceof Error ? error.message : String(error);
  const errorType = error instanceof FunctionFailure ? error.errorType : "Error";
  return { errorMessage, errorType, requestId, stackTrace: [] };
}
