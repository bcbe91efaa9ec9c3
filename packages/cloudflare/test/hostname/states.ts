import type { HostnameState, StoredCertificate } from "../../src/hostname/state.ts";
import { noRules } from "../../src/ssl-mode/state.ts";

/** A zone's id. */
export const zone = "0123456789abcdef0123456789abcdef";

/** A digest that is easy to read. */
export const digest = (letter: string): string => letter.repeat(64);

/** A certificate without a chain. */
export const bundle = (letter: string) => ({ certificate: digest(letter), chain: [] as string[] });

/** A store's entry. */
export const stored = (letter: string, more: Partial<StoredCertificate> = {}): StoredCertificate => ({
  ...bundle(letter),
  others: "none",
  ...more,
});

/** A key that nobody has. */
export const secret = { key: "edge-key", spki: digest("5") };

/** A state in which nothing is associated, uploaded or turned on, in a zone with the SSL mode strict. */
export const bare: HostnameState = {
  association: null,
  store: [],
  zone: { enabled: false, shows: null },
  global: false,
  ssl: { zone: "strict", rules: { under: noRules, own: null, over: noRules } },
};
