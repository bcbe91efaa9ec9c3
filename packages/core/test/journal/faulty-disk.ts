import type { FileHandle } from "node:fs/promises";
import { type Disk, nodeDisk } from "../../src/journal/disk.ts";

/** What to do at a call: nothing, fail with a system error, or write half of the bytes and fail then. */
export type Fault = { readonly code: string; readonly half?: boolean } | undefined;

/** Decides at each call that reaches the disk. `call` is e.g. `link` or `handle.datasync`; `nth` counts from 1. */
export type Faults = (call: string, nth: number) => Fault;

/** An error as Node makes it. */
function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: made by a test, ${call} '/somewhere'`), { code, syscall: call });
}

/** The machine's disk with faults of a test's choice. */
export function faultyDisk(faults: Faults): Disk {
  let count = 0;
  const wrap = <T extends object>(target: T, prefix: string): T =>
    new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function" || typeof name !== "string") return value;
        return async (...given: unknown[]): Promise<unknown> => {
          count += 1;
          const call = `${prefix}${name}`;
          const fault = faults(call, count);
          // A close that fails has closed all the same.
          if (fault !== undefined && name === "close") await value.apply(target, given);
          if (fault?.half === true) await value.call(target, halve(given[0]));
          if (fault !== undefined) throw systemError(fault.code, name);
          const result: unknown = await value.apply(target, given);
          return call === "open" ? wrap(result as FileHandle, "handle.") : result;
        };
      },
    });
  return wrap({ ...nodeDisk }, "");
}

function halve(bytes: unknown): Uint8Array {
  const whole = bytes instanceof Uint8Array ? bytes : Buffer.from(String(bytes));
  return whole.subarray(0, whole.byteLength / 2);
}
