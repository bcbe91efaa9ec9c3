import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DescribeTrustStoresCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  canonicalText,
  fileJournal,
  fromValue,
  type MtlsPlan,
  type Report,
  type RunEvent,
} from "@handfast/core";
import { type Faults, faults } from "@handfast/testing";
import { type Pki, type Stack, startStack } from "../stack.ts";
import { writeSpec } from "./write-spec.ts";

/** A stack that visitors come to from its start to its end, and none of them may fail. */
export interface VisitedStack extends AsyncDisposable {
  readonly stack: Stack;
  readonly storm: Faults;
  /** An instance as another process would make it: nothing in common but the journal on the disk. */
  instance(key?: string): ReturnType<Stack["handfast"]>;
  /** The plan of the rollout as things are now. */
  plan(): Promise<MtlsPlan>;
  /** What the endpoints do now, as text to compare. */
  effect(): Promise<string>;
  /** Applies the rollout, and stops it by its signal at the first event that is like this. */
  applyUntil(isMoment: (event: RunEvent) => boolean): Promise<Report>;
  /** How many things there are at the providers, whoever made them. */
  stored(): Promise<{ readonly certificates: number; readonly stores: number }>;
}

/** Starts one. When it is disposed of, it throws if a visitor was failed, or if there were none. */
export async function visitedStack(pki: Pki, speed: number): Promise<VisitedStack> {
  const storm = faults();
  const stack = await startStack(pki, { speed, faults: storm });
  const folder = await mkdtemp(join(tmpdir(), "handfast-visited-"));
  // time flies on this clock, and so would the time of a lease
  const journal = fileJournal(folder, { clock: stack.clock, leaseMs: 30 * 60_000 });
  const visitors = stack.visitors(50);
  const instance = (key = pki.leafKey) => stack.handfast({ journal, key: fromValue(key) });
  const plan = async (): Promise<MtlsPlan> => {
    const handfast = instance();
    return await handfast.plan(handfast.parseSpec(writeSpec(stack)));
  };
  return {
    stack,
    storm,
    instance,
    plan,
    effect: async () => {
      const handfast = instance();
      return canonicalText((await handfast.status(handfast.parseSpec(writeSpec(stack)))).endpoints);
    },
    applyUntil: async (isMoment) => {
      const controller = new AbortController();
      const onEvent = (event: RunEvent): void => {
        if (isMoment(event)) controller.abort();
      };
      return await instance().apply(await plan(), { signal: controller.signal, onEvent });
    },
    stored: async () => {
      const { endpoints, region, credentials, token, zone } = stack;
      const elbv2 = new ElasticLoadBalancingV2Client({ region, credentials, endpoint: endpoints.elbv2 });
      const { TrustStores = [] } = await elbv2.send(new DescribeTrustStoresCommand({}));
      elbv2.destroy();
      const url = `${endpoints.cloudflare}/zones/${zone}/origin_tls_client_auth/hostnames/certificates`;
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      const { result } = (await answer.json()) as {
        readonly result: readonly { readonly status: string }[];
      };
      const certificates = result.filter(({ status }) => status === "active").length;
      return { certificates, stores: TrustStores.length };
    },
    [Symbol.asyncDispose]: async () => {
      const { ok, failures } = await visitors.stop();
      await stack.close();
      await rm(folder, { recursive: true, force: true });
      if (failures.length > 0) throw new Error(`visitors failed: ${JSON.stringify(failures.slice(0, 5))}`);
      if (ok < 20) throw new Error(`only ${ok} visitors came, which shows nothing`);
    },
  };
}
