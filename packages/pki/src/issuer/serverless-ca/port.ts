/** What an invocation of a function came to. */
export interface FunctionAnswer {
  /** `Unhandled` and the like when the function failed; its payload then says how (Lambda API `Invoke`, "X-Amz-Function-Error"). */
  readonly failure: string | undefined;
  readonly payload: Uint8Array;
}

/** The one call on the CA's function. It throws a `HandfastError`; called off by the signal, `ABORTED`. */
export interface TlsFunction {
  /** Name or ARN. */
  readonly name: string;
  readonly region: string;
  /** Sends once: never again by itself, whatever the answer. */
  invoke(payload: Uint8Array, signal: AbortSignal): Promise<FunctionAnswer>;
}

/** The one call on the CA's bucket. It throws a `HandfastError`; called off by the signal, `ABORTED`. */
export interface CaBucket {
  readonly name: string;
  /** @param most bytes, above which an object is refused before it is read */
  get(key: string, most: number, signal: AbortSignal): Promise<Uint8Array>;
}
