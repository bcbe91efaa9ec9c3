import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileJournal } from "@handfast/core";
import { startProviders } from "../../providers.ts";
import { type Instance, startInstance } from "./instance.ts";
import type { Place } from "./kill-child.ts";
import type { Materials } from "./materials.ts";
import { epochClock } from "./scaled-epoch.ts";
import { type Scenario, specOf } from "./scenarios.ts";
import { makeWire } from "./wire.ts";
import { judgeOf, quick, type Scene, secretsOf } from "./world.ts";

/** A scene that other processes work in, on a journal on the disk. */
export interface KillScene extends Scene, AsyncDisposable {
  readonly place: Place;
  /** The folder of the journal that the last reset gave. */
  folder(): string;
}

/** How many times faster than real all processes live. */
const factor = 200;
const settleMs = 6_000;

/** Starts the providers as plain HTTP servers, and rolls out what the scenario starts from. */
export async function startKillScene(scenario: Scenario, materials: Materials): Promise<KillScene> {
  const epoch = Date.now();
  const clock = epochClock(epoch, factor);
  const wire = makeWire();
  const providers = await startProviders({ clock, faults: wire, ...quick });
  const judge = judgeOf(providers, materials, settleMs - 1_000);
  const root = await mkdtemp(join(tmpdir(), "handfast-killed-"));
  const instances: Instance[] = [];
  let folders = 0;
  let folder = join(root, "past");
  let source = folder;
  await mkdir(folder);
  const instance: Scene["instance"] = (journal, { timeoutMs = 20_000 } = {}) => {
    const secrets = secretsOf(materials);
    const made = startInstance({ providers, journal, secrets, maxAttempts: 1, timeoutMs, settleMs });
    instances.push(made);
    return made;
  };
  const plan: Scene["plan"] = async ({ handfast }, wish) =>
    await handfast.plan(handfast.parseSpec(specOf(wish, materials, providers)));
  const open = () => fileJournal(folder, { clock, leaseMs: 30_000 * factor });
  if (scenario.base !== undefined) {
    const first = instance(open());
    const report = await first.handfast.apply(await plan(first, scenario.base));
    if (report.status !== "done") throw new Error(`the base ended ${report.status}`);
    await clock.sleep(settleMs);
  }
  const copy = async (): Promise<string> => {
    folders += 1;
    const copied = join(root, `journal-${folders}`);
    await cp(folder === source ? source : folder, copied, { recursive: true });
    return copied;
  };
  const snapshot = () => [providers.cloud.snapshot(), providers.flare.snapshot()];
  let restore = snapshot();
  const { region, bucket, cloud, token, endpoints, credentials } = providers;
  return {
    providers,
    wire,
    judge,
    instance,
    plan,
    place: {
      epoch,
      factor,
      settleMs,
      region,
      bucket,
      accountId: cloud.accountId,
      token,
      endpoints,
      credentials,
      keys: materials.keys,
    },
    folder: () => folder,
    reset: async () => {
      for (const put of restore) put();
      folder = source;
      folder = await copy();
      return open();
    },
    keep: async () => {
      source = await copy();
      restore = snapshot();
    },
    pass: (ms) => clock.sleep(ms),
    [Symbol.asyncDispose]: async () => {
      judge.close();
      for (const one of instances) one[Symbol.dispose]();
      await providers.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
