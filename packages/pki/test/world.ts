import type { Clock } from "@handfast/core";
import {
  type Authority,
  createAuthority,
  createCsr,
  generateKey,
  type Leaf,
  type LocalKey,
} from "@handfast/pki";

/** 2026-11-20T00:00:00Z, the moment at which most tests take place. */
export const moment = Date.UTC(2026, 10, 20);
export const day = 86_400_000;
/** So long before its moment a certificate begins for which no start was said. */
export const skew = 300_000;

/** A clock that stands still. */
export function clockAt(ms: number): Clock {
  return { now: () => ms, sleep: () => Promise.resolve() };
}

export const ecKey = (): Promise<LocalKey> => generateKey({ type: "ec", curve: "P-256" });

/** A root with a key of its own. */
export async function makeRoot(name: string, at = moment): Promise<Authority> {
  return createAuthority({ subject: `CN=${name}`, key: await ecKey(), clock: clockAt(at) });
}

/** A client leaf with its key. */
export async function makeClient(
  authority: Authority,
  options: Parameters<Authority["issue"]>[1] = {},
): Promise<{ leaf: Leaf; key: LocalKey }> {
  const key = await ecKey();
  const csr = await createCsr({ subject: "CN=client.example.com,O=Example", key });
  return { leaf: await authority.issue(csr, options), key };
}
