import type { AdapterUnderTest } from "./adapter-world.ts";
import { Stage } from "./stage.ts";

/** One promise of the contract, with the test of it. */
export interface AdapterCase {
  /** Says the promise. Unique and stable: gaps name cases by it. */
  readonly title: string;
  /** Rejects when the promise is not kept. `open` makes a fresh world; all of them are closed afterwards. */
  run(open: () => Promise<Stage>): Promise<void>;
}

/** Thrown by a case that needs what the world does not have. */
export class NotEquipped extends Error {
  override readonly name = "NotEquipped";
}

/** Ends the case as skipped when the world lacks something. */
export function equipped<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new NotEquipped(`the world has no ${what}`);
  return value;
}

/**
 * Runs one case by itself.
 *
 * @returns why it was skipped; undefined when the promise is kept
 * @throws what the failing assertion throws
 */
export async function runAdapterCase(
  one: AdapterCase,
  subject: AdapterUnderTest,
): Promise<string | undefined> {
  const stages: Stage[] = [];
  try {
    await one.run(async () => {
      const stage = new Stage(subject.issuers, await subject.setUp());
      stages.push(stage);
      return stage;
    });
    return undefined;
  } catch (error) {
    if (error instanceof NotEquipped) return error.message;
    throw error;
  } finally {
    for (const { world } of stages) await world.close?.();
  }
}
