/** `@handfast/core/telemetry`: spans and metrics of runs, for OpenTelemetry. */
import type * as Api from "@opentelemetry/api";
import { isHandfastError } from "../errors.ts";
import type { Telemetry, TellingWork, WorkResult } from "./telemetry.ts";

/** What {@link openTelemetry} is made of. */
export interface OpenTelemetryOptions {
  /** The module `@opentelemetry/api` that your SDK is registered with. */
  readonly api: typeof Api;
  /**
   * Puts names of your spec (endpoints, links, waves) onto spans. Hostnames stand in them. Metrics never have them.
   *
   * @default false
   */
  readonly names?: boolean | undefined;
}

/** Seconds, from a call on loopback to a deployment of CloudFront. */
const boundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/**
 * Tells OpenTelemetry of runs: spans `handfast.run`, `handfast.step` and `handfast.call` inside each other and inside
 * whatever span is active, and the metrics `handfast.run.duration`, `handfast.step.duration`, `handfast.call.duration`
 * (histograms, in seconds) and `handfast.proofs` (a counter). What an adapter's client reports by itself stands inside the
 * call's span. Metrics carry kinds, phases, adapters, outcomes and error codes: no name, no subject, no serial number, no
 * address. An error is its code alone.
 *
 * @example
 * ```ts
 * import * as api from "@opentelemetry/api";
 * import { createHandfast, fileJournal } from "@handfast/core";
 * import { openTelemetry } from "@handfast/core/telemetry";
 *
 * export const handfast = createHandfast({
 *   adapters: [],
 *   journal: fileJournal(".handfast"),
 *   telemetry: openTelemetry({ api }),
 * });
 * ```
 */
export function openTelemetry({ api, names = false }: OpenTelemetryOptions): Telemetry {
  const tracer = api.trace.getTracer("@handfast/core");
  const meter = api.metrics.getMeter("@handfast/core");
  const histogram = (name: string, description: string): Api.Histogram =>
    meter.createHistogram(name, {
      unit: "s",
      description,
      advice: { explicitBucketBoundaries: boundaries },
    });
  const durations = {
    run: histogram("handfast.run.duration", "From the start of a run, or its resumption, to its end"),
    step: histogram("handfast.step.duration", "From the start of a step until it is in effect, or failed"),
    call: histogram(
      "handfast.call.duration",
      "One call to a provider, a prober, a check or a reader of logs",
    ),
  };
  const proofs = meter.createCounter("handfast.proofs", { description: "Answers of probers and checks" });

  /** One span around some work, and one point of its duration. */
  const watch = <T>(
    what: keyof typeof durations,
    labels: Api.Attributes,
    more: Api.Attributes,
    start: TellingWork<T>,
  ): Promise<T> =>
    tracer.startActiveSpan(`handfast.${what}`, { attributes: { ...labels, ...more } }, async (span) => {
      const began = performance.now();
      let told: WorkResult = {};
      const end = (outcome: string, code: string | undefined): void => {
        const result = {
          "handfast.outcome": outcome,
          ...(code === undefined ? {} : { "error.type": code }),
        };
        span.setAttributes(result);
        const failed = code !== undefined || outcome === "failed" || outcome === "held";
        if (failed) span.setStatus({ code: api.SpanStatusCode.ERROR, message: code ?? outcome });
        span.end();
        durations[what].record((performance.now() - began) / 1_000, { ...labels, ...result });
        if (what === "call" && told.outcome !== undefined)
          proofs.add(1, { ...labels, "handfast.outcome": told.outcome });
      };
      try {
        const value = await start((result) => {
          told = { ...told, ...result };
        });
        end(told.outcome ?? "done", told.code);
        return value;
      } catch (error) {
        end("failed", isHandfastError(error) ? error.code : errorName(error));
        throw error;
      }
    });

  return {
    run: ({ runId, kind, of, resumed, steps }, start) =>
      watch(
        "run",
        { "handfast.run.kind": kind, "handfast.run.resumed": resumed },
        {
          "handfast.run.id": runId,
          "handfast.run.steps": steps,
          ...(of === undefined ? {} : { "handfast.run.of": of }),
        },
        start,
      ),
    step: ({ runId, step, kind, phase, adapter, about }, start) =>
      watch(
        "step",
        {
          "handfast.step.kind": kind,
          "handfast.step.phase": phase,
          ...(adapter === undefined ? {} : { "handfast.adapter": adapter }),
        },
        {
          "handfast.run.id": runId,
          "handfast.step.id": step,
          ...(names ? { "handfast.about": about } : {}),
        },
        start,
      ),
    call: ({ operation, adapter, count, about }, start) =>
      watch(
        "call",
        {
          "handfast.operation": operation,
          ...(adapter === undefined ? {} : { "handfast.adapter": adapter }),
        },
        { "handfast.count": count, ...(names ? { "handfast.about": [...about] } : {}) },
        start,
      ),
  };
}

/** A name may be anything, and a label must not: JavaScript's own, and those of fetch. */
const knownErrors: ReadonlySet<string> = new Set([
  "Error",
  "TypeError",
  "RangeError",
  "SyntaxError",
  "ReferenceError",
  "AggregateError",
  "AbortError",
  "TimeoutError",
]);

/** The class of what was thrown: its text may hold anything. */
function errorName(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  return knownErrors.has(name) ? name : "other";
}
