import type { Digest, Seen } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { sha256 } from "../certificate/digest.ts";
import type { Clock } from "../clock.ts";
import { HandfastError } from "../errors.ts";

/** One endpoint to look at. */
export interface Observable {
  readonly key: string;
  readonly adapter: Adapter;
  readonly target: unknown;
}

/** What was seen, and the certificates that it speaks of. */
export interface Observation {
  readonly seen: ReadonlyMap<string, Seen<unknown>>;
  readonly bytes: ReadonlyMap<Digest, Uint8Array>;
}

/** Looks at all endpoints: one batched read for each adapter. Only reads. */
export async function observe(
  endpoints: readonly Observable[],
  context: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Observation> {
  const bytes = new Map<Digest, Uint8Array>();
  const keep = async (content: Uint8Array) => {
    const digest = sha256(content);
    bytes.set(digest, content);
    return { sha256: digest, size: content.byteLength };
  };
  const byAdapter = Map.groupBy(endpoints, ({ adapter }) => adapter);
  const read = [...byAdapter].map(async ([adapter, group]) => {
    const targets = group.map(({ key, target }) => ({ key, target }));
    const answers = await adapter.definition.read(targets, { ...context, keep });
    return targets.map(({ key }, index) => {
      const seen = answers[index];
      if (seen === undefined) {
        const { name } = adapter.facts;
        throw new HandfastError(
          "REMOTE_UNEXPECTED",
          `read ${key} failed: adapter ${name} gave no answer for it`,
          { adapter: name, target: key },
        );
      }
      return [key, seen] as const;
    });
  });
  return { seen: new Map((await Promise.all(read)).flat()), bytes };
}
