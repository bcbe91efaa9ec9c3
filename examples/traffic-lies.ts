/** What a prober that lies can do, and who catches it: each lie in a world of its own, under traffic. */
import type { Prober, Report } from "@handfast/core";
import { type Lie, lyingOverLinks, lyingProber } from "./lying-probers.ts";
import { balancerUrl, type Generations, startWorld, type Wanted, type World } from "./traffic-world.ts";

/** One lie, told in one world. */
interface Tale {
  readonly lie: Lie;
  readonly act: "rollout" | "rotation";
  /** What is wrong there. */
  readonly world: string;
  /** Who else looks. */
  readonly witness: string;
  readonly wanted?: Omit<Wanted, "generation">;
  /** Makes wrong what is wrong, before the act, or at its first step of a phase. */
  readonly spoil?: (world: World, at: "before" | "present" | "end") => void;
  /** Whether only requests over the link are lied about. */
  readonly isHonestDirectly?: boolean;
}

/** What came of it. */
export interface TaleFigures extends Pick<Tale, "lie" | "act" | "world" | "witness"> {
  readonly served: number;
  readonly failed: number;
  readonly status: Report["status"];
  /** Where it stopped, and what it said there. */
  readonly stoppedAt: string | null;
  readonly code: string | null;
  readonly message: string | null;
  /** How the world came back to what it was. */
  readonly back: Back;
  /** Whether the endpoints then do what they did before, and visitors are served. */
  readonly asBefore: boolean;
  /** Whether the providers hold what they held before, once all runs are retired. */
  readonly clearedUp: boolean;
}

type Back =
  | "by itself"
  | "by hand"
  | "by hand, with evenIfMoved"
  | "half-way by itself, the rest with an honest prober";

const nobody = "nobody";
const fine = "all is well";
const deafEdge = {
  act: "rollout",
  world: "the edge never shows the certificate, whatever its API says",
  spoil: (world, at) => at === "before" && world.deafen("edge"),
} satisfies Partial<Tale>;
const deafBalancer = {
  act: "rotation",
  world: "the load balancer never trusts the new CA, whatever its API says",
  spoil: (world, at) => at === "before" && world.deafen("balancer"),
} satisfies Partial<Tale>;

const tales: readonly Tale[] = [
  { lie: "too kind", act: "rollout", world: fine, witness: nobody },
  {
    lie: "too kind",
    act: "rollout",
    world: "Cloudflare gives the association up, and says so",
    witness: "the provider's own status, which every step waits for",
    spoil: ({ stack }, at) => {
      if (at === "present") stack.flare.setDeployments(stack.zone, "time-out");
      if (at === "end") stack.flare.setDeployments(stack.zone, "succeed");
    },
  },
  {
    lie: "too kind",
    ...deafEdge,
    witness: "a check that counts what visitors get",
    wanted: { check: "visitors" },
  },
  {
    lie: "too kind",
    ...deafEdge,
    witness: "a check that counts what reaches the application",
    wanted: { check: "application" },
  },
  {
    lie: "too kind",
    ...deafEdge,
    witness: "the load balancer's connection log",
    wanted: { logs: { mayRefuse: 0 } },
  },
  { lie: "too kind", ...deafBalancer, witness: nobody },
  {
    lie: "too kind",
    ...deafBalancer,
    witness: "another prober, at the load balancer itself",
    wanted: { direct: true },
    isHonestDirectly: true,
  },
  { lie: "too strict", act: "rollout", world: fine, witness: nobody },
  { lie: "too strict", act: "rotation", world: fine, witness: nobody },
  { lie: "never sure", act: "rollout", world: fine, witness: nobody },
];

/** Tells all of them at once: most of their time is waiting. */
export async function tellLies(made: Generations): Promise<readonly TaleFigures[]> {
  return await Promise.all(tales.map((tale) => tell(tale, made)));
}

async function tell(tale: Tale, made: Generations): Promise<TaleFigures> {
  await using world = await startWorld(made, 120);
  const { visitors, spec } = world;
  const honest = world.instance();
  if (tale.act === "rotation") {
    const { status } = await honest.apply(await honest.plan(spec({ generation: 0 })));
    if (status !== "done") throw new Error(`the rollout before a rotation ended ${status}`);
  }
  const [before, held] = [await world.effect(), world.inventory()];
  const handfast = world.instance(proberOf(tale, world.honest));
  const plan = await handfast.plan(spec({ generation: tale.act === "rollout" ? 0 : 1, ...tale.wanted }));
  tale.spoil?.(world, "before");
  const start = visitors.counts();
  const report = await handfast.apply(plan, {
    onFailure: "roll-back",
    onEvent: (event) => {
      if (event.kind === "step-started" && event.phase === "present") tale.spoil?.(world, "present");
      if (event.kind === "run-ended") tale.spoil?.(world, "end");
    },
  });
  const { clock } = world.stack;
  // what was broken goes on to be so until somebody takes it back
  await clock.sleep(30_000);
  const back = await comeBack(report, world, handfast, (await world.effect()) === before);
  const { failed } = visitors.counts();
  await clock.sleep(30_000);
  const end = visitors.counts();
  const asBefore = (await world.effect()) === before && end.failed === failed;
  await world.clearUp();
  const stopped = report.steps.find(({ error }) => error !== undefined);
  return {
    lie: tale.lie,
    act: tale.act,
    world: tale.world,
    witness: tale.witness,
    served: end.ok - start.ok,
    failed: end.failed - start.failed,
    status: report.status,
    stoppedAt: stopped === undefined ? null : `${stopped.phase}: ${stopped.summary}`,
    code: stopped?.error?.code ?? null,
    message: stopped?.error?.message ?? null,
    back,
    asBefore,
    clearedUp: world.inventory() === held,
  };
}

function proberOf({ lie, isHonestDirectly }: Tale, honest: Prober): Prober {
  return isHonestDirectly === true ? lyingOverLinks(honest, lie, balancerUrl) : lyingProber(honest, lie);
}

/**
 * Whatever was not taken back by itself is taken back now, with the same prober where it is not in the way.
 *
 * @param isBack whether the endpoints do already what they did before
 */
async function comeBack(
  { runId, status, takenBack: [taken] = [], notTakenBack }: Report,
  world: World,
  handfast: ReturnType<World["instance"]>,
  isBack: boolean,
): Promise<Back> {
  if (taken !== undefined) {
    // its own proof at the end failed too: an honest one ends it
    if (taken.status !== "done") await world.instance().resume(taken.runId);
    return isBack ? "by itself" : "half-way by itself, the rest with an honest prober";
  }
  // a write that the provider gave up leaves a state that stands in no plan: somebody has to look at it
  const evenIfMoved = notTakenBack?.message.includes("moved-since") === true;
  await (status === "held" ? world.instance() : handfast).rollback(runId, { evenIfMoved });
  return evenIfMoved ? "by hand, with evenIfMoved" : "by hand";
}
