import { isHandfastError } from "@handfast/core";

/**
 * Asks for many things in batches where one that is missing makes the whole call fail: such a batch is halved until
 * the missing ones stand alone, and those are left out.
 */
export async function bisect<R>(
  names: readonly string[],
  most: number,
  ask: (some: readonly string[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const answers: R[] = [];
  for (let from = 0; from < names.length; from += most) {
    const batch = names.slice(from, from + most);
    const found = await orNothing(ask(batch));
    if (found !== undefined) answers.push(...found);
    else if (batch.length > 1) answers.push(...(await bisect(batch, Math.ceil(batch.length / 2), ask)));
  }
  return answers;
}

/** The answer, or undefined when what was asked for does not exist. */
export async function orNothing<R>(answer: Promise<R>): Promise<R | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isHandfastError(error) && error.code === "REMOTE_NOT_FOUND") return undefined;
    throw error;
  }
}
