import type { Duplex } from "node:stream";

/** A host and a port. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What came of asking a proxy: the stream behind it, or what it said instead. */
export type Tunnel =
  | { readonly kind: "open"; readonly stream: Duplex }
  | { readonly kind: "refused"; readonly why: string };
