import { stateOverTime } from "../state.ts";

/** What the CA's table keeps of a certificate. */
export interface IssuedRecord {
  readonly commonName: string;
  /** Decimal. */
  readonly serial: string;
  /** SPKI DER in one form, hex. */
  readonly publicKey: string;
  /** Milliseconds since the epoch. */
  readonly revokedAt?: number | undefined;
}

/** The CA's table, and the numbers of its CRLs. */
export interface RecordsState {
  readonly issued: readonly IssuedRecord[];
  readonly crlNumber: number;
}

/** An empty table. */
export const records = () => stateOverTime<RecordsState>({ issued: [], crlNumber: 0 });

/** The CA's table over time. */
export type Records = ReturnType<typeof records>;
