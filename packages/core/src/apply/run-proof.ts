import { readCertificate } from "../certificate/read-certificate.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import type { LinkProbe, PlanStep } from "../plan/plan.ts";
import type { ProofRequest, ProofResult } from "../prove/prober.ts";
import type { RunContext } from "./run-context.ts";
import { untilStopped } from "./until-stopped.ts";
import { beginStep, endStep } from "./write-down.ts";

const pauseMs = 500;

/**
 * One proof: fresh handshakes until enough in a row passed, or the time is up. A link that fails at first may only be
 * late: some node still runs the old value.
 */
export async function runProof(
  context: RunContext,
  step: Extract<PlanStep, { kind: "prove" }>,
): Promise<void> {
  const { clock, signal } = context;
  await beginStep(context, step);
  const deadline = clock.now() + step.atMostMs;
  let passed = 0;
  let last: ProofResult;
  for (;;) {
    last = await orInconclusive(context, "prober", () => prove(context, step));
    passed = last.verdict === "passed" ? passed + 1 : 0;
    context.emit(step, { kind: "proof", verdict: last.verdict, reason: last.reason, passed, of: step.times });
    if (passed >= step.times) break;
    if (last.verdict !== "passed" && clock.now() >= deadline) break;
    await clock.sleep(pauseMs, signal);
  }
  const { verdict, reason, evidence } = last;
  await endProof(context, step, `prove ${step.link}`, {
    verdict,
    reason,
    evidence: { ...evidence, passedInARow: passed },
  });
}

/**
 * Writes down what came of a proof, and ends its step.
 *
 * @throws HandfastError `PROOF_FAILED`, `PROOF_INCONCLUSIVE`
 */
export async function endProof(
  context: RunContext,
  step: PlanStep,
  what: string,
  { verdict, reason, evidence }: ProofResult,
): Promise<void> {
  await context.writer.append({ kind: "proof", step: step.id, verdict, reason, evidence });
  if (verdict === "passed") {
    await endStep(context, step);
    return;
  }
  const failed = verdict === "failed";
  throw new HandfastError(
    failed ? "PROOF_FAILED" : "PROOF_INCONCLUSIVE",
    failed
      ? `${what} failed: ${reason}; the run stops here, so mend it and resume, or roll back`
      : `${what} was inconclusive: ${reason}; the run stops here, so look at it yourself, then resume or roll back`,
    { step: step.id, facts: step.kind === "prove" ? { link: step.link } : {} },
  );
}

/** A proof changes nothing, so whatever breaks in one leaves nothing unknown but the proof. */
export async function orInconclusive(
  { signal }: RunContext,
  who: string,
  proving: () => Promise<ProofResult>,
): Promise<ProofResult> {
  try {
    return await proving();
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = isHandfastError(error) ? error.message : `the ${who} threw what it should have told`;
    return { verdict: "inconclusive", reason, evidence: {} };
  }
}

async function prove(context: RunContext, step: Extract<PlanStep, { kind: "prove" }>): Promise<ProofResult> {
  const probe = context.plan.links.find(({ key }) => key === step.link)?.probe;
  const asked = step.by === "direct" ? probe?.direct : probe;
  if (context.prober === undefined || asked?.url === undefined) {
    return {
      verdict: "inconclusive",
      reason:
        asked?.url === undefined
          ? "the plan has no probe for the link"
          : "no prober was given to createHandfast",
      evidence: {},
    };
  }
  const proving = context.prober({
    link: step.link,
    url: step.port === undefined ? asked.url : atPort(asked.url, step.port),
    servername: step.by === "direct" ? probe?.direct?.servername : undefined,
    due: step.due,
    echo: step.by === "direct" ? undefined : probe?.echo,
    expect: step.due === "refused" ? undefined : asked.expect,
    certificate: step.certificate,
    serial:
      step.certificate === undefined
        ? undefined
        : readCertificate(await context.bytes(step.certificate)).serial,
    // who must be refused is who shows nothing
    show: step.due === "refused" ? undefined : await shownBy(context, asked.show),
    signal: context.signal,
  });
  return await untilStopped(proving, context.stopNow, `prove ${step.link}`);
}

function atPort(url: string, port: number): string {
  const moved = new URL(url);
  moved.port = String(port);
  return moved.href;
}

async function shownBy(context: RunContext, show: LinkProbe["show"]): Promise<ProofRequest["show"]> {
  if (show === undefined) return undefined;
  const chain = await Promise.all(show.chain.map((digest) => context.bytes(digest)));
  return { chain, key: () => context.secret(show.secret) };
}
