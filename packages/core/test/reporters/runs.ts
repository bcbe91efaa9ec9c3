/** Runs in memory, each to another end, with what a reporter would have been told of them. */
import type { Clock, MtlsPlan, Report, RunEvent } from "../../src/index.ts";
import { jsonLinesReporter, type TimedEvent, timedEventSchema } from "../../src/reporters/index.ts";
import { jumpingClock, passing, refusal, shop, wavedSpec } from "../fixtures/shop.ts";

export type End = "done" | "failed" | "held" | "aborted" | "taken back";
export const ends: readonly End[] = ["done", "failed", "held", "aborted", "taken back"];

export interface Ran {
  readonly plan: MtlsPlan;
  readonly report: Report;
  readonly events: readonly RunEvent[];
  /** The same as lines of JSON. */
  readonly lines: readonly string[];
}

/** Runs five hostnames in two waves. Each provider call and each wait is on a clock that jumps. */
export async function runTo(end: End): Promise<Ran> {
  const clock = jumpingClock();
  const made = shop({
    clock,
    lagMs: 4_000,
    prober: async (request) => {
      await clock.sleep(1_000);
      if (end === "held" && request.link.includes("r2"))
        return { verdict: "inconclusive", reason: "no answer within 5 s", evidence: { reason: "timeout" } };
      return end === "failed" && request.link.includes("r2")
        ? { verdict: "failed", reason: "HTTP 525", evidence: { status: 525, protocol: "TLSv1.3" } }
        : passing(request);
    },
    refuse: throttleOnce(end),
  });
  const plan = await made.handfast.plan(wavedSpec(made.handfast));
  const stop = new AbortController();
  const events: RunEvent[] = [];
  const lines: string[] = [];
  const json = jsonLinesReporter({ write: (line) => lines.push(line), clock });
  const report = await made.handfast.apply(plan, {
    signal: stop.signal,
    onFailure: end === "taken back" ? "roll-back" : "stay",
    onEvent: (event) => {
      events.push(event);
      json.onEvent(event);
      if (end === "aborted" && event.kind === "step-settled" && event.phase === "prove") stop.abort();
    },
  });
  return { plan, report, events, lines };
}

/** One hostname is throttled at first; one is refused where the run is to be taken back. */
function throttleOnce(end: End): NonNullable<NonNullable<Parameters<typeof shop>[0]>["refuse"]> {
  let isThrottled = true;
  return (object, value) => {
    if (value === undefined) return;
    if (object === "association/c2" && isThrottled) {
      isThrottled = false;
      throw refusal("REMOTE_RATE_LIMITED", { retryAfterMs: 4_000 });
    }
    if (end === "taken back" && object === "association/r2") throw refusal("REMOTE_REJECTED");
  };
}

export function timedEvents({ lines }: Ran): readonly TimedEvent[] {
  return lines.map((line) => timedEventSchema.parse(JSON.parse(line)));
}

/** A clock that stands until it is told how late it is. */
export class StandingClock implements Clock {
  #at: number;
  readonly #sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();

  constructor(at: number) {
    this.#at = at;
  }

  now(): number {
    return this.#at;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { due: this.#at + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    await promise.finally(() => this.#sleepers.delete(sleeper));
  }

  /** Wakes all that are due until then, one time after the other. */
  async turnTo(at: number): Promise<void> {
    for (;;) {
      const [next] = [...this.#sleepers].filter(({ due }) => due <= at).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#at = Math.max(this.#at, next.due);
      this.#sleepers.delete(next);
      next.wake();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#at = Math.max(this.#at, at);
  }
}

/** What a terminal shows of what was written: lines, and the two control codes by which the live part is drawn anew. */
export class Terminal {
  readonly isTTY = true;
  columns: number;
  readonly rows = 24;
  readonly writes: string[] = [];
  readonly lines: string[] = [];

  constructor(columns = 100) {
    this.columns = columns;
  }

  write(text: string): boolean {
    this.writes.push(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal reads
    const [, up, rest = text] = /^\u001b\[(\d+)F\u001b\[0J(.*)$/s.exec(text) ?? [];
    if (up !== undefined) this.lines.splice(this.lines.length - Number(up));
    this.lines.push(...rest.split("\n").slice(0, -1));
    return true;
  }
}

const nasty = [
  "<script>alert(1)</script>",
  `"><img src=x onerror='alert(1)'>`,
  '"]; click n0 "javascript:alert(1)"',
  "`code` | pipe\n# new\r\nline **bold** [link](https://evil.example)",
  "\u001b[2J\u001b]0;title\u0007 red \u009b31m",
  "]]> --> </style></svg></title> &amp; &#39;",
  `\u202egnp.exe \${{ secrets.KEY }} @team $x$ ~~~`,
  "日本語のホスト名🚀".repeat(40),
  "x".repeat(5_000),
] as const;

/** The same run, with names and messages as nobody would wish them. */
export function disfigured({ plan, report, ...rest }: Ran): Ran {
  const at = (index: number): string => nasty[index % nasty.length] ?? "";
  const error = { code: "REMOTE_REJECTED", who: "operator" } as const;
  const findings = nasty.map((text) => ({
    code: text,
    severity: "warning" as const,
    target: "shop",
    message: `shop will refuse: ${text}`,
    mend: text,
  }));
  return {
    ...rest,
    plan: { ...plan, findings, steps: plan.steps.map((step, index) => ({ ...step, summary: at(index) })) },
    report: {
      ...report,
      findings,
      made: nasty,
      steps: report.steps.map((step, index) => ({
        ...step,
        summary: at(index),
        about: at(index),
        status: index % 3 === 0 ? "failed" : step.status,
        error: { ...error, message: at(index), details: { provider: { message: at(index + 1) } } },
      })),
      proofs: nasty.map((text, index) => ({
        link: text,
        step: report.steps[index]?.id ?? "",
        verdict: "failed",
        reason: text,
        evidence: { [text]: text, tlsError: text, alert: 48 },
      })),
    },
  };
}

/** A run of as many steps, most of them settled: hostnames in batches, each proved. */
export function largeRun({ plan, report }: Ran, count: number): Pick<Ran, "plan" | "report"> {
  const from = Date.parse(report.startedAt);
  const write = plan.steps.find((step) => step.kind === "write" && step.phase === "present");
  const prove = plan.steps.find((step) => step.kind === "prove");
  if (write === undefined || prove?.kind !== "prove") throw new TypeError("the run has no such steps");
  const steps = Array.from({ length: count }, (_, index): MtlsPlan["steps"][number] => {
    const host = `h${Math.floor(index / 2)}.example.com`;
    const after = index % 2 === 1 ? [`t${index - 1}`] : index >= 200 ? [`t${index - 199}`] : [];
    return index % 2 === 0
      ? { ...write, id: `t${index}`, after, summary: `associate ${host}` }
      : {
          ...prove,
          id: `t${index}`,
          after,
          link: `edge/${host} -> shop`,
          summary: `prove that ${host} is served`,
        };
  });
  const done = steps.map(({ id, phase, summary }, index) => ({
    id,
    phase,
    summary,
    status: index % 97 === 5 ? ("failed" as const) : ("settled" as const),
    attempts: 1,
    startedAt: new Date(from + index * 300).toISOString(),
    doneAt: new Date(from + index * 300 + 500).toISOString(),
    endedAt: new Date(from + index * 300 + 5_000).toISOString(),
    ...(index % 97 === 5
      ? {
          error: {
            code: "PROOF_FAILED" as const,
            message: "HTTP 525 ".repeat(30),
            who: "operator" as const,
            details: {},
          },
        }
      : {}),
  }));
  const proofs = steps.flatMap((step) =>
    step.kind === "prove"
      ? [
          {
            link: step.link,
            step: step.id,
            verdict: "failed" as const,
            reason: "HTTP 525",
            evidence: { status: 525, protocol: "TLSv1.3", local: "127.0.0.1:2000" },
          },
        ]
      : [],
  );
  return { plan: { ...plan, steps }, report: { ...report, status: "failed", steps: done, proofs } };
}
