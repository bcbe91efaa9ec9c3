import { Evidence } from "../accept/evidence.ts";
import type { Digest } from "../adapter/contract.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { ConnectionLogReading } from "../prove/connection-log.ts";
import { type ConnectionVerdicts, judgeConnections } from "../prove/judge-connections.ts";
import type { ProofResult } from "../prove/prober.ts";
import type { RunContext } from "./run-context.ts";
import { endProof, orInconclusive } from "./run-proof.ts";
import { untilStopped } from "./until-stopped.ts";
import { beginStep } from "./write-down.ts";

type EvidenceStep = Extract<PlanStep, { kind: "evidence" }>;

/** Logs come in files of five minutes, and late. */
const pauseMs = 60_000;

/** Looks into a verifier's connection logs until they tell enough, or the time is up. */
export async function runEvidence(context: RunContext, step: EvidenceStep): Promise<void> {
  const { clock, signal } = context;
  await beginStep(context, step);
  const deadline = clock.now() + step.atMostMs;
  let last: ProofResult;
  for (;;) {
    last = await orInconclusive(context, "reader of logs", () => look(context, step));
    const { verdict, reason } = last;
    context.emit(step, { kind: "proof", verdict, reason, passed: verdict === "passed" ? 1 : 0, of: 1 });
    if (verdict !== "inconclusive" || clock.now() >= deadline) break;
    await clock.sleep(Math.min(pauseMs, deadline - clock.now()), signal);
  }
  await endProof(context, step, `look into the connection logs of ${step.target}`, last);
}

async function look(context: RunContext, step: EvidenceStep): Promise<ProofResult> {
  const { clock, plan, logs, stopNow, signal } = context;
  const log = logs.get(step.logs);
  const endpoint = plan.endpoints[step.target];
  if (log === undefined || endpoint === undefined) {
    const reason = `createHandfast was given no reader of logs named ${step.logs}`;
    return { verdict: "inconclusive", reason, evidence: {} };
  }
  const to = clock.now();
  const begun = step.newerThan.map((id) => context.settledAt(id) ?? to);
  const from = Math.max(to - step.sinceMs, ...begun);
  const { target } = endpoint;
  const reading = await untilStopped(
    log({ verifier: step.target, target, from, to, signal }),
    stopNow,
    step.summary,
  );
  return judgeReading(step, reading, judgeConnections(reading, await courtOf(context, step)));
}

/** The verdict of a look. Counts only: what a log tells of persons stays in the log. */
function judgeReading(
  { atLeast, mayRefuse, unknown }: EvidenceStep,
  { complete, from, to, unreadable }: ConnectionLogReading,
  { accepted, refused, unknown: untold, others }: ConnectionVerdicts,
): ProofResult {
  const total = accepted + refused + untold;
  const evidence = {
    connections: total,
    refused,
    unknown: untold,
    unreadable,
    complete,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  };
  const whyOf = (verdict: "refused" | "unknown"): string =>
    [...new Set(others.filter((one) => one.verdict === verdict).map(({ why }) => why))]
      .slice(0, 3)
      .join("; ");
  const seen = `of ${total} connections since ${evidence.from}`;
  if (refused > mayRefuse)
    return {
      verdict: "failed",
      reason: `${seen} ${refused} would be refused: ${whyOf("refused")}`,
      evidence,
    };
  if (total < atLeast)
    return {
      verdict: "inconclusive",
      reason: `only ${total} connections were logged since ${evidence.from}, ${atLeast} are needed`,
      evidence,
    };
  if (!complete)
    return {
      verdict: "inconclusive",
      reason: `a part of the log could not be read; ${seen} ${refused} would be refused`,
      evidence,
    };
  if (untold > 0 && unknown === "hold")
    return {
      verdict: "inconclusive",
      reason: `${seen} it can't be told of ${untold}: ${whyOf("unknown")}`,
      evidence,
    };
  return { verdict: "passed", reason: `${seen} ${refused} would be refused`, evidence };
}

async function courtOf(context: RunContext, { before, face, target }: EvidenceStep) {
  const { plan, adapters, clock } = context;
  const lists = [before.anchors, before.crls, face.anchors, face.crls];
  const leaves = leavesOf(context);
  const digests = new Set([...lists.flatMap((list) => ("known" in list ? list.known : [])), ...leaves]);
  const bytes = await Promise.all(
    [...digests].map(async (digest): Promise<[Digest, Uint8Array]> => [digest, await context.bytes(digest)]),
  );
  const facts = new Evidence(new Map(bytes));
  const adapter = adapters.get(plan.endpoints[target]?.adapter ?? "");
  if (adapter?.facts.role !== "verifier") throw new TypeError(`plan has no verifier ${target}`);
  const known = leaves.map((digest) => facts.certificate(digest));
  return { before, face, rules: adapter.facts, facts, known, at: clock.now() };
}

/** The leaves that the plan speaks of by name: what its probes show, and what populations may. */
function leavesOf({ plan }: RunContext): readonly Digest[] {
  const shown = plan.links.flatMap(({ from, probe }) => [
    ...[probe?.show, probe?.direct?.show].flatMap((show) => show?.chain.slice(0, 1) ?? []),
    ...("credentials" in from ? from.credentials : []).flatMap(({ shown }) =>
      typeof shown === "object" && "certificate" in shown ? [shown.certificate] : [],
    ),
  ]);
  return [...new Set(shown)];
}
