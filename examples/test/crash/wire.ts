import type { Fault, FaultCall, Faults } from "@handfast/testing";

/** What happens to one call on the wire. */
export const wireFaults = [
  "cut-before",
  "cut-after",
  "error-before",
  "error-after",
  "timeout-before",
  "timeout-after",
  "throttled",
  "refused",
  "outage",
  "died-before",
  "died-after",
] as const;

export type WireFault = (typeof wireFaults)[number];

/** The n-th call that arrives at any of the simulators, counted from 0, is hit. */
export interface WireBlow {
  readonly call: number;
  readonly fault: WireFault;
  /** Ends the process that calls. */
  readonly kill: () => void;
}

/** Counts the calls on the wire over all services, and hits the one that it is told to. */
export interface Wire extends Faults {
  /** Counts from 0 again, and hits this call. */
  arm(blow?: WireBlow): void;
  /** Lets everything through, from now on. */
  disarm(): void;
  /** The operations since it was armed, in order of arrival. */
  readonly operations: readonly string[];
  /** The operation that was hit; undefined when none was. */
  hit(): string | undefined;
}

/** Never ends on the clock of the services: the answer is not given, the caller hangs up. */
export const withheld = Number.POSITIVE_INFINITY;

/** A wire that lets everything through until it is armed. */
export function makeWire(): Wire {
  let blow: WireBlow | undefined;
  let hit: string | undefined;
  let operations: string[] = [];
  let numbers = new WeakMap<FaultCall, number>();
  const strike = (call: FaultCall, moment: "before" | "after"): readonly Fault[] => {
    const number = numbers.get(call);
    if (blow === undefined || number === undefined || number < blow.call) return [];
    if (number > blow.call) return blow.fault === "outage" && moment === "before" ? [{ kind: "cut" }] : [];
    const [kind, when = "before"] = blow.fault.split("-");
    if (when !== moment) return [];
    hit = nameOf(call);
    if (kind === "died") blow.kill();
    return [faultOf(kind, call)];
  };
  return {
    arm: (given) => {
      blow = given;
      hit = undefined;
      operations = [];
      numbers = new WeakMap();
    },
    disarm: () => {
      blow = undefined;
    },
    get operations() {
      return operations;
    },
    hit: () => hit,
    add: () => {
      throw new TypeError("a wire has no rules");
    },
    clear: () => undefined,
    meet: (call, moment) => {
      if (moment === "before") {
        numbers.set(call, operations.length);
        operations.push(nameOf(call));
      }
      return strike(call, moment);
    },
  };
}

function nameOf({ service, operation }: FaultCall): string {
  return `${service} ${operation.replace("/zones/{zone_id}", "")}`;
}

function faultOf(kind: string | undefined, { service }: FaultCall): Fault {
  if (kind === "timeout") return { kind: "delay", ms: withheld };
  if (kind === "throttled") return { kind: "throttle" };
  if (kind === "refused") {
    const code = { s3: "AccessDenied", elbv2: "AccessDenied" }[service] ?? "10000";
    return { kind: "refuse", status: 403, code };
  }
  if (kind === "error") {
    const code = { s3: "InternalError", elbv2: "InternalFailure" }[service] ?? "1000";
    return { kind: "refuse", status: 500, code };
  }
  return { kind: "cut" };
}
