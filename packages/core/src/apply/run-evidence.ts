import { Evidence } from "../accept/evidence.ts";
import type { Digest, Shown } from "../adapter/contract.ts";
import type { PlanStep } from "../plan/plan.ts";
import { judgeConnections } from "../prove/judge-connections.ts";
import { judgeReading } from "../prove/judge-reading.ts";
import type { ProofResult } from "../prove/prober.ts";
import { readReading } from "../prove/read-reading.ts";
import { inconclusive, verdictOf } from "./ask.ts";
import type { RunContext } from "./run-context.ts";
import { endProof, pauseWhileNotHeld } from "./run-proof.ts";
import { watchedTime } from "./watched-time.ts";
import { beginStep } from "./write-down.ts";

type EvidenceStep = Extract<PlanStep, { kind: "evidence" }>;

/** Logs come in files of five minutes, and late. */
const pauseMs = 60_000;
/** A reader has at least so long, however short the step may wait. */
const shortestReadMs = 60_000;

/** Looks into a verifier's connection logs until they tell enough, or the time is up. */
export async function runEvidence(context: RunContext, step: EvidenceStep): Promise<void> {
  const { clock, answerMs } = context;
  await beginStep(context, step);
  const begun = clock.now();
  const time = watchedTime(clock);
  for (;;) {
    const left = step.atMostMs - time.ms();
    const limitMs = Math.min(answerMs.log, Math.max(left, shortestReadMs));
    const result = await time.during(limitMs, () => look(context, step, { begun, limitMs }));
    const { verdict, reason } = result;
    context.emit(step, { kind: "proof", verdict, reason, passed: verdict === "passed" ? 1 : 0, of: 1 });
    if (verdict !== "inconclusive" || time.ms() >= step.atMostMs) {
      await endProof(context, step, `look into the connection logs of ${step.target}`, result);
      return;
    }
    await pauseWhileNotHeld(context, time, Math.min(pauseMs, step.atMostMs - time.ms()));
  }
}

async function look(
  context: RunContext,
  step: EvidenceStep,
  { begun, limitMs }: { readonly begun: number; readonly limitMs: number },
): Promise<ProofResult> {
  const { clock, plan, logs, signal } = context;
  const log = logs.get(step.logs);
  const endpoint = plan.endpoints[step.target];
  if (log === undefined || endpoint === undefined)
    return inconclusive(`createHandfast was given no reader of logs named ${step.logs}`);
  const to = clock.now();
  const since = step.newerThan.map((id) => context.settledAt(id) ?? to);
  const from = Math.min(to, Math.max(to - step.sinceMs, context.loggedSince(step.target) ?? 0, ...since));
  const { target } = endpoint;
  const who = `reader of logs ${step.logs}`;
  return await verdictOf(
    { clock, signal, who, limitMs },
    async (signal) => log({ verifier: step.target, target, from, to, signal }),
    async (answer) => {
      const reading = readReading(answer);
      if (typeof reading === "string") return inconclusive(`the ${who} gave no reading: ${reading}`);
      const verdicts = judgeConnections(reading, await courtOf(context, step));
      return judgeReading(step, reading, verdicts, { from, to: Math.max(from, begun) });
    },
  );
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

/**
 * The leaves that the plan knows: what its presenters show now and will show, what its probes show, and what populations
 * may.
 */
function leavesOf({ plan, adapters }: RunContext): readonly Digest[] {
  const probed = plan.links.flatMap(({ from, probe }) => [
    ...[probe?.show, probe?.direct?.show].flatMap((show) => show?.chain.slice(0, 1) ?? []),
    ...("credentials" in from ? from.credentials : []).flatMap(({ shown }) => leafIn(shown)),
  ]);
  const presented = Object.values(plan.endpoints).flatMap(({ adapter, target, before, goal }) => {
    const known = adapters.get(adapter);
    if (known?.facts.role !== "presenter") return [];
    return [before.now, ...(goal === undefined ? [] : [goal])].flatMap((state) => {
      const face = known.definition.face(target, state);
      return face.role === "presenter" ? leafIn(face.shows) : [];
    });
  });
  // of what was there before, the bytes may be known to nobody
  return [...new Set([...probed, ...presented.filter((digest) => Object.hasOwn(plan.blobs, digest))])];
}

function leafIn(shown: Shown | undefined): readonly Digest[] {
  return typeof shown === "object" && "certificate" in shown ? [shown.certificate] : [];
}
