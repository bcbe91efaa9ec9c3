import { inspect } from "node:util";
import { type HandfastError, isHandfastError } from "@handfast/core";

/** The handfast error that some work ends in; anything else fails the test. */
export async function refusal(work: () => unknown): Promise<HandfastError> {
  try {
    await work();
  } catch (thrown) {
    if (isHandfastError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("nothing was refused");
}

/** All that an error shows to whoever prints it, with its cause and its JSON. */
export function layOpen(error: HandfastError): string {
  return `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack ?? ""}`;
}
