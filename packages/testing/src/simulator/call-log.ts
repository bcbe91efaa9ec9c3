/** One call to a simulated service. */
export interface Call {
  /** The service's name; `unknown` for a host that no service owns. */
  readonly service: string;
  /** The provider's name of the operation; method and path where the service did not recognise one. */
  readonly operation: string;
  /** When it arrived, in milliseconds since the epoch, on the simulation's clock. */
  readonly at: number;
  /** The HTTP status of the answer; 0 when the connection was cut. */
  readonly status: number;
}

/** Every call that was answered, oldest first. */
export interface CallLog {
  readonly calls: readonly Call[];
  /** How many calls have all of the given properties. */
  count(like?: Partial<Call>): number;
  clear(): void;
}

/** A log that `record` adds to. */
export function callLog(): CallLog & { record(call: Call): void } {
  const calls: Call[] = [];
  return {
    calls,
    count: (like = {}) => {
      const wanted = Object.entries(like) as [keyof Call, string | number][];
      return calls.filter((call) => wanted.every(([key, value]) => call[key] === value)).length;
    },
    clear: () => void calls.splice(0),
    record: (call) => void calls.push(call),
  };
}
