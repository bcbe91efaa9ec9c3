import type { Clock } from "@handfast/core";
import { type StateOverTime, stateOverTime, withEntry } from "../state.ts";

/** What a function's code is told beside the event. */
export interface FunctionContext {
  readonly requestId: string;
  readonly clock: Clock;
  /** Writes a line to the function's log, of which a caller may ask for the end. */
  log(line: string): void;
}

/**
 * The code of a function: gets what it is invoked with, and answers with a JSON value. What it throws becomes a function
 * error, which is an answer with status 200.
 */
export type FunctionCode = (event: unknown, context: FunctionContext) => unknown;

/** What a function's code throws when the name of its own exception counts. */
export class FunctionFailure extends Error {
  /** As the runtime names it, e.g. `KeyError`. */
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

/** A function of the account. */
export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly code: FunctionCode;
  /** Seconds after which an invocation is ended. */
  readonly timeout: number;
  /** Other accounts that may invoke it. */
  readonly invokers: ReadonlySet<string>;
}

/** Options of `Aws.addFunction`. */
export interface FunctionOptions {
  /** Seconds, up to 900. @default 3 */
  readonly timeout?: number | undefined;
  /** Other accounts that may invoke it. */
  readonly invokers?: readonly string[] | undefined;
}

/** The functions of a region, by name. */
export interface LambdaState {
  readonly functions: ReadonlyMap<string, LambdaFunction>;
}

/** The functions, and the way to add one. */
export interface LambdaFunctions {
  readonly models: StateOverTime<LambdaState>;
  /**
   * Adds a function, or gives one other code.
   *
   * @throws {TypeError} for a name or a timeout that Lambda does not take
   * @returns its ARN
   */
  add(name: string, code: FunctionCode, options?: FunctionOptions): string;
}

/** A region without functions. */
export function lambdaFunctions(region: string, accountId: string): LambdaFunctions {
  const models = stateOverTime<LambdaState>({ functions: new Map() });
  return {
    models,
    add: (name, code, { timeout = 3, invokers = [] } = {}) => {
      if (!/^[a-zA-Z0-9-_]{1,64}$/.test(name))
        throw new TypeError(`addFunction: ${name} is no name of a function`);
      if (!(timeout >= 1 && timeout <= 900))
        throw new TypeError(`addFunction: ${timeout} s is no timeout; Lambda takes 1 to 900`);
      const arn = `arn:aws:lambda:${region}:${accountId}:function:${name}`;
      const added = { name, arn, code, timeout, invokers: new Set(invokers) };
      models.write({ functions: withEntry(models.now().functions, name, added) });
      return arn;
    },
  };
}
