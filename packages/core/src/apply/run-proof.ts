import { readCertificate } from "../certificate/read-certificate.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import type { LinkProbe, PlanStep } from "../plan/plan.ts";
import type { ProofRequest, ProofResult } from "../prove/prober.ts";
import { inconclusive, verdictOf } from "./ask.ts";
import { tallyOf } from "./proof-tally.ts";
import type { RunContext } from "./run-context.ts";
import { type WatchedTime, watchedTime } from "./watched-time.ts";
import { beginStep, endStep } from "./write-down.ts";

type Prove = Extract<PlanStep, { kind: "prove" }>;

const pauseMs = 500;

/**
 * One proof: fresh handshakes until enough in a row passed, or the time is up. A link that fails at first may only be
 * late: some node still runs the old value. Time in which others were probed does not count, and who was begun goes
 * before who was not: so that of a thousand links whose prober hangs, the first are known soon.
 */
export async function runProof(context: RunContext, step: Prove): Promise<void> {
  const { clock, signal, held, proofSlots, answerMs } = context;
  await beginStep(context, step);
  const tally = tallyOf(step.times);
  const time = watchedTime(clock);
  const since = clock.now();
  const probe = async (): Promise<ProofResult> => {
    // once the run is held, only what has told something yet is heard to its end: it may be a failure
    if (!tally.isTelling) held.throwIfAborted();
    return await time.during(answerMs.prober, () => prove(context, step, since));
  };
  for (let place: "first" | "last" = "last"; ; place = "first") {
    const result = await proofSlots.use(probe, place);
    tally.add(result);
    const { verdict, reason } = result;
    const { passedInARow: passed, needed: of } = tally;
    context.emit(step, { kind: "proof", verdict, reason, passed, of });
    if (tally.isOver || (verdict !== "passed" && time.ms() >= step.atMostMs)) break;
    await time.sleep(pauseMs, signal);
  }
  await endProof(context, step, `prove ${step.link}`, tally.verdict());
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
  const next = !failed
    ? "the run stops here, so look at it yourself, then resume or roll back"
    : context.noteFailure(step)
      ? "its wave may have it, so the run goes on, and nothing that needs it is done; mend it and resume, or roll back"
      : "the run stops here, so mend it and resume, or roll back";
  throw new HandfastError(
    failed ? "PROOF_FAILED" : "PROOF_INCONCLUSIVE",
    `${what} ${failed ? "failed" : "was inconclusive"}: ${reason}; ${next}`,
    { step: step.id, facts: step.kind === "prove" ? { link: step.link } : {} },
  );
}

/**
 * A pause between two looks. Once the run is held by another step it ends at once, so that one last look is had; after
 * that, it throws: who only waits has not to be waited for.
 */
export async function pauseWhileNotHeld(
  { signal, held }: RunContext,
  time: WatchedTime,
  ms: number,
): Promise<void> {
  held.throwIfAborted();
  try {
    await time.sleep(ms, AbortSignal.any([signal, held]));
  } catch (error) {
    if (signal.aborted || !held.aborted) throw error;
  }
}

async function prove(context: RunContext, step: Prove, since: number): Promise<ProofResult> {
  const { clock, signal, answerMs, prober } = context;
  if (prober === undefined) return inconclusive("no prober was given to createHandfast");
  let request: Omit<ProofRequest, "signal"> | undefined;
  try {
    // before anybody is asked: to read what is kept beside the journal is not the prober's time
    request = await requestOf(context, step, since);
  } catch (error) {
    signal.throwIfAborted();
    return inconclusive(isHandfastError(error) ? error.message : "the plan's request could not be made");
  }
  if (request === undefined) return inconclusive("the plan has no probe for the link");
  const asked = request;
  const asking = { clock, signal, who: "prober", limitMs: answerMs.prober };
  return await verdictOf(asking, async (signal) => prober({ ...asked, signal }));
}

async function requestOf(
  context: RunContext,
  step: Prove,
  since: number,
): Promise<Omit<ProofRequest, "signal"> | undefined> {
  const probe = context.plan.links.find(({ key }) => key === step.link)?.probe;
  const asked = step.by === "direct" ? probe?.direct : probe;
  if (asked?.url === undefined) return undefined;
  const certificate =
    step.certificate === undefined ? undefined : readCertificate(await context.bytes(step.certificate));
  const shown = await shownBy(context, asked.show);
  // who must be refused is who shows nothing
  const isRefused = step.due === "refused";
  return {
    link: step.link,
    by: step.by,
    url: step.port === undefined ? asked.url : atPort(asked.url, step.port),
    servername: step.by === "direct" ? probe?.direct?.servername : undefined,
    due: step.due,
    echo: step.by === "direct" ? undefined : probe?.echo,
    expect: isRefused ? undefined : asked.expect,
    certificate: step.certificate,
    serial: certificate?.serial,
    issuer: certificate?.issuer,
    since,
    show: isRefused ? undefined : shown,
    // a way back may end where what stands for the presenter is refused too: then it controls nothing
    control: isRefused && isServedAt(context.plan.steps, step) ? shown : undefined,
  };
}

/** Whether the plan proves at the same place that what stands for the presenter is served. */
function isServedAt(steps: readonly PlanStep[], { id, link, port, after }: Prove): boolean {
  const place = after.toSorted().join(" ");
  return steps.some(
    (other) =>
      other.kind === "prove" &&
      other.by === "direct" &&
      other.due === "served" &&
      other.link === link &&
      other.port === port &&
      (after.includes(other.id) || other.after.includes(id) || other.after.toSorted().join(" ") === place),
  );
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
