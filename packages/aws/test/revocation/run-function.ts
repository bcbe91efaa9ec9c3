import { type ConnectionFunctionResult, runConnectionFunction } from "@handfast/testing";
import type { KeyValue } from "../../src/revocation/port.ts";
import { functionSource } from "../../src/revocation/source.ts";

/** A certificate as CloudFront tells of it, as far as it matters. */
export interface ToldCertificate {
  readonly serialNumber?: unknown;
  readonly issuer?: unknown;
}

/** An event with these certificates, the leaf first. */
export function eventWith(...[leaf, ...intermediates]: readonly ToldCertificate[]): Record<string, unknown> {
  return { clientCertificate: { certificates: { leaf, intermediates } } };
}

/** A store as `writeList` leaves it. */
export function storeWith(...entries: readonly KeyValue[]): ReadonlyMap<string, string> {
  return new Map([...entries.map(({ key, value }) => [key, value] as const), ["lists", "none"]]);
}

/** Runs the function as an edge does. */
export function run(
  event: Readonly<Record<string, unknown>>,
  keyValues: ReadonlyMap<string, string> | undefined,
  { ocsp = false }: { readonly ocsp?: boolean | undefined } = {},
): ConnectionFunctionResult {
  return runConnectionFunction({ code: functionSource({ ocsp }), event, keyValues });
}
