/**
 * What the data plane must know of a control plane. A simulated service offers a source per listener or
 * hostname; the data plane reads it again whenever it changed, each node in its own time.
 */

/** A value that changes. `subscribe` calls back after every change and returns the way to stop. */
export interface Source<T> {
  current(): T;
  subscribe(changed: () => void): () => void;
}

/** What a TLS-terminating listener enforces, as its control plane has it now. */
export interface ListenerView {
  readonly mode: "off" | "passthrough" | "verify";
  /** PEM of each CA in the attached trust store; empty unless `mode` is `verify`. */
  readonly anchors: readonly string[];
  /** PEM of each attached CRL. */
  readonly crls: readonly string[];
  readonly ignoreExpiry: boolean;
  readonly advertiseNames: boolean;
  /** The owner of a shared store cut the association: every handshake that needs it fails. */
  readonly storeRemoved: boolean;
}

/** What an edge shows to the origin of one hostname, as its control plane has it now. */
export interface EdgeView {
  /** `certificate` and `key` are PEM; the certificate may be followed by its chain. */
  readonly shows: { readonly certificate: string; readonly key: string } | "nothing";
  /** The zone's SSL mode that holds for the hostname; in `off` and `flexible` the edge speaks plain HTTP to the origin. */
  readonly sslMode: "off" | "flexible" | "full" | "strict" | "origin_pull";
}
