import {
  type Adapter,
  type Blob,
  Evidence,
  type Seen,
  sha256,
  systemClock,
  type Wanted,
} from "@handfast/core";

/**
 * Brings targets back to a face that needs no certificate, and deletes what nothing refers to: for a suite on a real
 * account, where each case must begin as on a new one.
 *
 * @param wanted e.g. `off` for verifiers, `inherited` for presenters
 * @throws {TypeError} when the adapter can't have that face
 * @example
 * ```ts
 * import type { Adapter } from "@handfast/core";
 * import { putBack } from "@handfast/testing/conformance";
 *
 * export const clear = (adapter: Adapter, listeners: readonly string[]): Promise<void> =>
 *   putBack(adapter, listeners.map((listener) => ({ listener })), { role: "verifier", mode: "off", anchors: [], crls: [] });
 * ```
 */
export async function putBack(adapter: Adapter, targets: readonly unknown[], wanted: Wanted): Promise<void> {
  const { definition } = adapter;
  const { signal } = new AbortController();
  const bytes = new Map<string, Uint8Array>();
  const keep = async (content: Uint8Array): Promise<Blob> => {
    const digest = sha256(content);
    bytes.set(digest, content);
    return { sha256: digest, size: content.byteLength };
  };
  const refuse = (what: string) => (): Promise<never> =>
    Promise.reject(new TypeError(`going back needs no ${what}`));
  const writing = {
    clock: systemClock,
    signal,
    idempotencyKey: "put-back",
    bytes: refuse("bytes"),
    secret: refuse("key"),
  };
  const named = targets.map((target, index) => ({ key: `target ${index}`, target }));
  const read = (): Promise<readonly Seen<unknown>[]> =>
    definition.read(named, { clock: systemClock, signal, keep });
  const before = await read();
  for (const [index, target] of named.entries()) {
    const seen = before[index] as Seen<unknown>;
    const realised = definition.realise(target.target, wanted, seen.now, new Evidence(bytes));
    if (!("state" in realised))
      throw new TypeError(realised.findings.map(({ message }) => message).join("; "));
    for (const step of definition.steps(target.target, seen.now, realised.state).steps) {
      await definition.perform([{ target, step }], writing);
    }
  }
  for (const target of named) {
    const [seen] = await definition.read([target], { clock: systemClock, signal, keep });
    for (const step of definition.removals(target.target, seen as Seen<unknown>, { keep: [], made: [] })
      .steps) {
      await definition.perform([{ target, step }], writing);
    }
  }
}
