/** The acts of a certificate's life, each under traffic, none of which may fail a request. */
import { type Report, type RunEvent, renderReport } from "@handfast/core";
import type { Screen } from "./demo-screen.ts";
import { type Proof, showHandshakes } from "./handshakes.ts";
import { type Generations, startWorld, type Wanted, type World } from "./traffic-world.ts";

/** What became of the visitors' requests during one act. */
export interface ActFigures {
  readonly name: string;
  readonly served: number;
  readonly failed: number;
}

/** What the acts came to. */
export interface ActsFigures {
  readonly acts: readonly ActFigures[];
  /** Handshakes of the partner whom no link names: before the revocation, after it, and when it was taken back. */
  readonly handshakes: readonly Proof[];
  /** Whether a way back without consent keeps what was revoked revoked. */
  readonly staysRevoked: boolean;
  /** Whether the endpoints do what they did before, and the load balancer asks nobody for a certificate. */
  readonly restored: boolean;
  /** Whether the providers hold what they held before, once all runs are retired. */
  readonly clearedUp: boolean;
}

/** All who can look beside the prober over the link do. */
const everybody = { check: "application", direct: true } as const;
const rollout: Wanted = { generation: 0, ...everybody, logs: { mayRefuse: 0 } };
const rotation: Wanted = { generation: 1, ...everybody, logs: { mayRefuse: 0 } };

/** Plays them one after the other, and tells the screen. */
export async function playActs(screen: Screen, made: Generations): Promise<ActsFigures> {
  await using world = await startWorld(made, 25);
  const { visitors, spec } = world;
  const handfast = world.instance();
  const acts: ActFigures[] = [];
  const handshakes: Proof[] = [];
  const onEvent = screen.progress(visitors.counts);
  const act = async (name: string, play: (onEvent: (event: RunEvent) => void) => Promise<Report>) => {
    screen.title(name);
    const { ok, failed } = visitors.counts();
    const report = await play(onEvent);
    const after = visitors.counts();
    acts.push({ name, served: after.ok - ok, failed: after.failed - failed });
    if (report.status === "done") return report.runId;
    screen.block(renderReport(report, screen));
    throw new Error(`${name} ended ${report.status}`);
  };
  const apply = (name: string, wanted: Wanted) =>
    act(name, async () => await handfast.apply(await handfast.plan(spec(wanted)), { onEvent }));
  const meetPartner = async (due: "served" | "refused", when: string): Promise<void> => {
    const partner = { name: `the partner, ${when}`, due, result: await world.shake(made.partner) };
    const [leaf, key] = [made.leaves[1], made.keys[1]];
    const ours = { name: "the certificate of the edge", due: "served", seen: leaf.pem } as const;
    const result = await world.shake({ chain: leaf.chain, key });
    screen.line();
    handshakes.push(...showHandshakes(screen, [partner, { ...ours, result }]));
  };

  const [before, held] = [await world.effect(), world.inventory()];
  const rolledOut = await apply("Rollout: off to required", rollout);
  const rotated = await apply("Rotation of the CA and of the leaf", rotation);
  await meetPartner("served", "whom no link names, before its revocation");
  // the partner was seen in the log, and is the one that this is about
  const revoking: Wanted = { ...rotation, crls: made.crl, logs: { mayRefuse: 10 } };
  const revoked = await apply("Revocation of the partner's certificate", revoking);
  await meetPartner("refused", "revoked");
  const { findings } = await handfast.plan({ rollback: revoked });
  const kept = findings.find(({ code }) => code === "ratchet-kept");
  if (kept !== undefined) screen.line(`\n  rollback: ${kept.message}; ${kept.mend}`);
  await act("Rollback of the revocation, with consent", () =>
    handfast.rollback(revoked, { mayUnrevoke: true, onEvent }),
  );
  await meetPartner("served", "let in again");
  await act("Rollback of the rotation", () => handfast.rollback(rotated, { onEvent }));
  await act("Rollback of the rollout", () => handfast.rollback(rolledOut, { onEvent }));
  const restored = (await world.effect()) === before && (await asksNobody(world));
  await world.clearUp();
  return {
    acts,
    handshakes,
    staysRevoked: kept !== undefined,
    restored,
    clearedUp: world.inventory() === held,
  };
}

async function asksNobody(world: World): Promise<boolean> {
  const { verdict, asked } = await world.shake(undefined);
  return verdict === "accepted" && asked === false;
}
