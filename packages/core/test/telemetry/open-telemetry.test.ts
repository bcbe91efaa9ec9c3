import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createHandfast,
  fromValue,
  memoryPresenter,
  memoryVerifier,
  type Prober,
  type Telemetry,
} from "../../src/index.ts";
import { openTelemetry } from "../../src/telemetry/open-telemetry.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { digest } from "../fixtures/evidence.ts";
import { passing, shop } from "../fixtures/shop.ts";

const exporter = new InMemorySpanExporter();
let metrics: InMemoryMetricExporter;
let reader: PeriodicExportingMetricReader;

beforeEach(() => {
  exporter.reset();
  metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
  api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
});

afterEach(async () => {
  await reader.shutdown();
  for (const one of [api.context, api.trace, api.metrics]) one.disable();
});

function instance(telemetry: Telemetry | undefined, prober: Prober = passing) {
  const made = shop();
  const active: (string | undefined)[] = [];
  const verifier = memoryVerifier(made.world, { modes: ["off", "request", "required"], atMostMs: 5_000 });
  const perform: typeof verifier.definition.perform = async (...call) => {
    active.push(api.trace.getActiveSpan()?.spanContext().spanId);
    return await verifier.definition.perform(...call);
  };
  const handfast = createHandfast({
    adapters: [
      { ...verifier, definition: { ...verifier.definition, perform } },
      memoryPresenter(made.world, { atMostMs: 5_000 }),
    ],
    journal: made.journal,
    secrets: { "edge-key": fromValue(keys.a1) },
    prober,
    telemetry,
    clock: made.clock,
  });
  const spec = handfast.parseSpec({
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["marked.example.com"], shows: "edge" } },
    links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/healthz" } }],
  });
  return { ...made, handfast, spec, active };
}

const named = (name: string): readonly ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => span.name === name);
const parentOf = ({ parentSpanContext }: ReadableSpan): string | undefined => parentSpanContext?.spanId;

async function metricsText(): Promise<string> {
  await reader.forceFlush();
  return JSON.stringify(metrics.getMetrics().map(({ scopeMetrics }) => scopeMetrics));
}

describe("openTelemetry", () => {
  it("makes spans of run, steps and calls, each inside the other and inside the caller's own", async () => {
    const { handfast, spec, active } = instance(openTelemetry({ api }));
    const plan = await handfast.plan(spec);
    exporter.reset();
    const report = await api.trace.getTracer("caller").startActiveSpan("deploy", async (span) => {
      const ran = await handfast.apply(plan);
      span.end();
      return ran;
    });
    expect(report.status).toBe("done");
    const [deploy] = named("deploy");
    const [run] = named("handfast.run");
    expect(parentOf(run as ReadableSpan)).toBe(deploy?.spanContext().spanId);
    expect(run?.attributes).toMatchObject({
      "handfast.run.id": report.runId,
      "handfast.run.kind": "apply",
      "handfast.outcome": "done",
    });
    const steps = named("handfast.step");
    expect(steps).toHaveLength(plan.steps.length);
    for (const step of steps) expect(parentOf(step)).toBe(run?.spanContext().spanId);
    const performs = named("handfast.call").filter(
      ({ attributes }) =>
        attributes["handfast.operation"] === "perform" &&
        attributes["handfast.adapter"] === "memory.verifier",
    );
    // inside an adapter the span of the call is the active one, whatever else runs at the same time
    expect(active.toSorted()).toEqual(performs.map((span) => span.spanContext().spanId).toSorted());
    const ids = new Map(
      steps.map((span) => [span.spanContext().spanId, span.attributes["handfast.step.kind"]]),
    );
    for (const span of performs) expect(ids.get(parentOf(span) ?? "")).toBe("write");
    const proofs = named("handfast.call").filter(
      ({ attributes }) => attributes["handfast.operation"] === "prove",
    );
    expect(proofs.length).toBeGreaterThan(2);
    for (const span of proofs) expect(ids.get(parentOf(span) ?? "")).toBe("prove");
  });

  it("marks what failed by its code alone, and counts proofs by their verdict", async () => {
    const { handfast, spec } = instance(openTelemetry({ api }), async () => ({
      verdict: "failed",
      reason: "the token was hunter2",
      evidence: {},
    }));
    const report = await handfast.apply(await handfast.plan(spec));
    expect(report.status).toBe("failed");
    const step = named("handfast.step").find(({ attributes }) => attributes["error.type"] === "PROOF_FAILED");
    expect(step?.status).toEqual({ code: api.SpanStatusCode.ERROR, message: "PROOF_FAILED" });
    expect(named("handfast.run")[0]?.attributes).toMatchObject({ "handfast.outcome": "failed" });
    expect(named("handfast.run")[0]?.status).toEqual({ code: api.SpanStatusCode.ERROR, message: "failed" });
    const text = await metricsText();
    expect(text).toContain("handfast.proofs");
    expect(text).toContain("PROOF_FAILED");
    expect(text + JSON.stringify(named("handfast.step").map(({ attributes }) => attributes))).not.toContain(
      "hunter2",
    );
  });

  it("labels an error of any name as one of a few", async () => {
    const error = Object.assign(new Error("no"), { name: "CN=alice" });
    const watched = openTelemetry({ api });
    const call = { operation: "read", count: 1, about: [] } as const;
    await expect(watched.call(call, () => Promise.reject(error))).rejects.toBe(error);
    expect(named("handfast.call").map(({ attributes }) => attributes["error.type"])).toEqual(["other"]);
    expect(await metricsText()).not.toContain("alice");
  });

  it("tells nothing of names, subjects, serial numbers or addresses", async () => {
    const { handfast, spec } = instance(openTelemetry({ api }));
    await handfast.apply(await handfast.plan(spec));
    const spans = JSON.stringify(
      exporter
        .getFinishedSpans()
        .map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );
    const points = await metricsText();
    expect(points).toContain("handfast.step.duration");
    const text = spans + points;
    for (const secret of [
      "marked.example.com",
      "Root A",
      "healthz",
      digest.a1,
      digest.a1.slice(0, 12),
      "PRIVATE KEY",
    ])
      expect(text).not.toContain(secret);
    expect(text).toContain("memory.verifier");
  });

  it("puts names onto spans when it is told to, and never onto metrics", async () => {
    const { handfast, spec } = instance(openTelemetry({ api, names: true }));
    await handfast.apply(await handfast.plan(spec));
    expect(JSON.stringify(named("handfast.step").map(({ attributes }) => attributes))).toContain(
      "marked.example.com",
    );
    expect(await metricsText()).not.toContain("marked.example.com");
  });

  it("tells of a part that was resumed, and of the run that another takes back", async () => {
    let isMute = true;
    const { handfast, spec } = instance(openTelemetry({ api }), async (request) =>
      isMute ? { verdict: "inconclusive", reason: "nobody there", evidence: {} } : await passing(request),
    );
    const held = await handfast.apply(await handfast.plan(spec));
    isMute = false;
    await handfast.resume(held.runId);
    await handfast.rollback(held.runId);
    expect(named("handfast.run").map(({ attributes }) => attributes)).toMatchObject([
      { "handfast.outcome": "held", "handfast.run.resumed": false },
      { "handfast.outcome": "done", "handfast.run.resumed": true },
      { "handfast.run.kind": "rollback", "handfast.run.of": held.runId },
    ]);
  });
});

describe("telemetry of whatever make", () => {
  const throwing = (): never => {
    throw new Error("no collector");
  };
  const cases: readonly (readonly [string, Telemetry])[] = [
    ["throws at once", { run: throwing, step: throwing, call: throwing }],
    [
      "rejects after the work",
      {
        run: async (_, start) => await start(throwing).then(throwing),
        step: async (_, start) => await start(throwing).then(throwing),
        call: async (_, start) => await start(throwing).then(throwing),
      },
    ],
    [
      "never ends",
      {
        run: (_, start) => start(throwing).then(() => new Promise(() => {})),
        step: (_, start) => start(throwing).then(() => new Promise(() => {})),
        call: (_, start) => start(throwing).then(() => new Promise(() => {})),
      },
    ],
    [
      "starts the work later",
      {
        run: async (_, start) => await Promise.resolve().then(() => start(throwing)),
        step: async (_, start) => await Promise.resolve().then(() => start(throwing)),
        call: async (_, start) => await Promise.resolve().then(() => start(throwing)),
      },
    ],
    [
      "starts the work twice",
      {
        run: (_, start) => Promise.all([start(throwing), start(throwing)]).then(([one]) => one),
        step: (_, start) => Promise.all([start(throwing), start(throwing)]).then(([one]) => one),
        call: (_, start) => Promise.all([start(throwing), start(throwing)]).then(([one]) => one),
      },
    ],
  ];
  it.each(cases)("that %s changes nothing of a run", async (_, telemetry) => {
    const [watched, plain] = [instance(telemetry), instance(undefined)];
    const [report, due] = await Promise.all(
      [watched, plain].map(async ({ handfast, spec }) => await handfast.apply(await handfast.plan(spec))),
    );
    expect(report?.status).toBe("done");
    expect(report?.steps.map(({ id, status, attempts }) => [id, status, attempts])).toEqual(
      due?.steps.map(({ id, status, attempts }) => [id, status, attempts]),
    );
    expect(watched.world.get("listener/shop")).toEqual(plain.world.get("listener/shop"));
    expect(watched.active).toHaveLength(plain.active.length);
  });
});
