/** What is told of work while it goes on. `openTelemetry` of `@handfast/core/telemetry` makes spans and metrics of it. */
import type { MtlsPlan, Phase, PlanStep } from "../plan/plan.ts";

/** One part of a run, from its start or its resumption to its end. */
export interface RunWork {
  readonly runId: string;
  readonly kind: MtlsPlan["kind"];
  /** The run that it takes back or retires. */
  readonly of?: string | undefined;
  readonly resumed: boolean;
  readonly steps: number;
}

/** One step of a run. */
export interface StepWork {
  readonly runId: string;
  readonly step: string;
  readonly kind: PlanStep["kind"];
  readonly phase: Phase;
  /** Of a step that writes. */
  readonly adapter?: string | undefined;
  /** Key of the endpoint, link or wave that it is about: a name of the user's. */
  readonly about: string;
}

/** One call to something outside. */
export interface CallWork {
  /** `read`, `perform` and `permissions` are an adapter's; the others are given to `createHandfast`. */
  readonly operation: "read" | "perform" | "permissions" | "prove" | "check" | "logs";
  /** Of an adapter's calls. */
  readonly adapter?: string | undefined;
  /** How many targets or steps one call is about. */
  readonly count: number;
  /** Their keys, the link, the check: names of the user's. */
  readonly about: readonly string[];
}

/** What came of some work, as far as it is known before it ends; what is thrown tells of itself. */
export interface WorkResult {
  /** Of runs: how it ended. Of steps: what became of it. Of proofs: the verdict. */
  readonly outcome?: string | undefined;
  /** Code of the error behind it. */
  readonly code?: string | undefined;
}

/** Work that may say what came of it. */
export type TellingWork<T> = (tell: (result: WorkResult) => void) => Promise<T>;

/**
 * Watches runs, steps and calls. Each method must start the work before it returns, and may be around it: a span that is
 * active in the meantime. What it throws is ignored, and what it returns is not waited for.
 */
export interface Telemetry {
  run<T>(work: RunWork, start: TellingWork<T>): Promise<T>;
  step<T>(work: StepWork, start: TellingWork<T>): Promise<T>;
  call<T>(work: CallWork, start: TellingWork<T>): Promise<T>;
}

const silent = (): void => {};

const nobody: Telemetry = {
  run: (_work, start) => start(silent),
  step: (_work, start) => start(silent),
  call: (_work, start) => start(silent),
};

/** Telemetry whose own mistakes change nothing: the work is started once, whatever the watcher does. */
export function guardTelemetry(given: Telemetry | undefined): Telemetry {
  if (given === undefined) return nobody;
  const guarded =
    <W>(watch: <T>(work: W, start: TellingWork<T>) => Promise<T>) =>
    <T>(work: W, start: TellingWork<T>): Promise<T> => {
      let started: Promise<T> | undefined;
      const once: TellingWork<T> = (tell) => {
        started ??= start((result) => {
          try {
            tell(result);
          } catch {
            // a watcher's mistake is not the run's
          }
        });
        return started;
      };
      try {
        watch(work, once).catch(silent);
      } catch {
        // as above
      }
      // a watcher that begins later finds it begun
      return started ?? once(silent);
    };
  return {
    run: guarded((work, start) => given.run(work, start)),
    step: guarded((work, start) => given.step(work, start)),
    call: guarded((work, start) => given.call(work, start)),
  };
}
