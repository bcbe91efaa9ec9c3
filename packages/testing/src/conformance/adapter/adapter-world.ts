import type { Adapter, Clock } from "@handfast/core";

/**
 * A certificate authority and a client certificate that it issued, as PEM. The suite moves targets between the two of
 * these that it is given.
 */
export interface ConformanceIssuer {
  /** The root: a CA certificate, the one and only anchor. */
  readonly anchor: string;
  /** A CRL of the root that does not revoke the client. Give both issuers one, or none. */
  readonly crl?: string | undefined;
  /** The client's certificate, then its intermediates if it has any. */
  readonly chain: string;
  /** The client's private key, unencrypted: the suite looks for it in everything that leaves the adapter. */
  readonly key: string;
}

/**
 * What goes wrong with a call: `unavailable` has no effect and is answered by a 5xx or not at all; `lost` takes effect
 * and is not answered; `throttled` and `unauthorized` are refusals in the provider's own words.
 */
export type WorldFault = "unavailable" | "lost" | "throttled" | "unauthorized";

/** A fault in force. */
export interface WorldFaultInForce {
  /** How many calls it hit so far. */
  hits(): number;
  /** Takes it out of force. */
  end(): void;
}

/** The faults that a world can be made to have. */
export interface WorldFaults {
  /**
   * From now on the `nth` call of this kind, counted from 1, and the `times - 1` after it are hit. `lost` is asked for
   * of writes only.
   *
   * @returns undefined where the world can't have this fault: what needs it is skipped then
   */
  add(
    calls: "reads" | "writes",
    fault: WorldFault,
    which: { readonly nth: number; readonly times: number },
  ): WorldFaultInForce | undefined;
}

/**
 * An adapter over a provider of its own, simulated or real. At the start no target of it is under mutual TLS: a verifier
 * is in its least refusing mode, a presenter shows nothing of its own. What is left out is not tested, and is reported
 * as skipped.
 */
export interface AdapterWorld {
  readonly adapter: Adapter;
  /** Another instance on the same provider, as another process would have it. Default: the same one. */
  again?(): Adapter;
  /** Must pass by itself whenever somebody sleeps on it, and must not keep a test waiting: `turnableClock().autoAdvance()`. */
  readonly clock: Clock;
  /**
   * Two that exist, or more, as they stand in a spec: only the adapter's own fields, one value where `facts.each` fans
   * out. They may share stores.
   */
  readonly targets: readonly unknown[];
  /** One that does not exist. */
  readonly missing?: unknown;
  readonly faults?: WorldFaults | undefined;
  /** Somebody else changes a target: into a state that is none of the faces the suite asks for, nor the one before. */
  meddle?(target: unknown): Promise<void>;
  /** Calls to the provider so far. Left out where there is no wire. */
  calls?(): number;
  /** Natural names of all that exists at the provider and that an adapter may make: never ids, never dates. */
  inventory?(): readonly string[] | Promise<readonly string[]>;
  /** Texts beside the private keys that must not show up anywhere, such as the adapter's credentials. */
  readonly secrets?: readonly string[] | undefined;
  /** Called after each case. */
  close?(): void | Promise<void>;
}

/** What {@link adapterConformance} is given. */
export interface AdapterUnderTest {
  /** Two that differ, valid at the world's time. */
  readonly issuers: readonly [ConformanceIssuer, ConformanceIssuer];
  /** Makes a fresh world; called at least once for each case. */
  setUp(): AdapterWorld | Promise<AdapterWorld>;
  /**
   * Promises that the adapter is known not to keep: the reason by the title of the case. Such a case must fail, so that
   * an entry can't outlive its reason.
   */
  readonly gaps?: Readonly<Record<string, string>> | undefined;
}
