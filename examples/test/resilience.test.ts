import type { Report, RunEvent } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import type { FaultRule } from "@handfast/testing";
import { expect, test } from "vitest";
import { hostname, makePki } from "../stack.ts";
import { visitedStack } from "./visited-stack.ts";
import { writeSpec } from "./write-spec.ts";

const pki = await makePki("ec");

/** Every test has a stack of its own, since all are run at once: most of their time is waiting. */
const started = () => visitedStack(pki, 30);

const whileWaiting = (phase: string) => (event: RunEvent) =>
  event.kind === "step-waiting" && event.phase === phase;

const errorsOf = ({ steps }: Report): readonly string[] => steps.flatMap(({ error }) => error?.message ?? []);

const zone = "/zones/{zone_id}/origin_tls_client_auth/hostnames";
const refuse = (status: number, code: string) => ({ kind: "refuse", status, code }) as const;
const faultsDuringApply: readonly FaultRule[] = [
  { operation: "DescribeListeners", nth: 2, times: 2, fault: { kind: "throttle" } },
  { operation: "DescribeTrustStores", nth: 3, times: 2, fault: refuse(503, "ServiceUnavailable") },
  { operation: "PutObject", moment: "after", fault: refuse(500, "InternalError") },
  { operation: "CreateTrustStore", moment: "after", fault: { kind: "cut" } },
  { operation: "ModifyListener", moment: "after", fault: refuse(500, "InternalFailure") },
  { operation: "ModifyListener", nth: 2, fault: { kind: "throttle" } },
  { operation: "ModifyListener", nth: 3, moment: "after", fault: { kind: "cut" } },
  { operation: `POST ${zone}/certificates`, moment: "after", fault: { kind: "cut" } },
  { operation: `GET ${zone}/certificates`, nth: 3, times: 2, fault: refuse(502, "1000") },
  { operation: `PUT ${zone}`, fault: { kind: "throttle", retryAfterSeconds: 5 } },
  { operation: `PUT ${zone}`, moment: "after", fault: refuse(500, "1000") },
  { operation: `GET ${zone}`, nth: 2, times: 2, fault: { kind: "cut" } },
];

test.concurrent("apply comes through throttling, lost answers and cut connections, and rollback and retire after it", async () => {
  await using world = await started();
  const { storm, instance, plan, effect } = world;
  const before = await effect();
  const wanted = await plan();
  const inForce = faultsDuringApply.map((rule) => storm.add(rule));
  const report = await instance().apply(wanted);
  expect(errorsOf(report)).toEqual([]);
  expect(report.status).toBe("done");
  // each fault came, or the test shows nothing
  expect(inForce.map((fault) => fault.hits() > 0)).toEqual(faultsDuringApply.map(() => true));
  storm.clear();
  expect((await plan()).steps).toEqual([]);
  const back = await instance().rollback(report.runId);
  expect(back.status).toBe("done");
  expect(await effect()).toBe(before);
  const retired = await instance().retire(back.runId);
  expect(retired.status).toBe("done");
  expect(retired.steps.length).toBeGreaterThan(0);
});

test.concurrent("resume goes on with an apply that was stopped, and stopped again, at every kind of step", async () => {
  await using world = await started();
  const { instance, plan, applyUntil } = world;
  const stopped = await applyUntil(whileWaiting("prepare"));
  expect(stopped.status).toBe("aborted");
  for (const phase of ["present", "narrow"]) {
    const controller = new AbortController();
    const again = await instance().resume(stopped.runId, {
      signal: controller.signal,
      onEvent: (event) => whileWaiting(phase)(event) && controller.abort(),
    });
    expect(again.status).toBe("aborted");
  }
  const report = await instance().resume(stopped.runId);
  expect(report.status).toBe("done");
  expect(report.steps.every(({ status }) => status === "settled")).toBe(true);
  expect((await plan()).steps).toEqual([]);
  expect((await instance().rollback(stopped.runId)).status).toBe("done");
});

test.concurrent.for(["present", "narrow"])(
  "rollback brings an apply back that was stopped at %s",
  async (phase) => {
    await using world = await started();
    const { instance, effect, applyUntil } = world;
    const before = await effect();
    const stopped = await applyUntil(whileWaiting(phase));
    expect(stopped.status).toBe("aborted");
    expect((await instance().rollback(stopped.runId)).status).toBe("done");
    expect(await effect()).toBe(before);
  },
);

test.concurrent("of two processes that apply one plan at once, one goes on, and every other is told of it", async () => {
  await using world = await started();
  const { instance, plan, effect } = world;
  const before = await effect();
  const wanted = await plan();
  const others: Promise<unknown>[] = [];
  const applied = () =>
    instance()
      .apply(wanted)
      .catch((error: unknown) => error);
  const onEvent = (event: RunEvent): void => {
    if (whileWaiting("present")(event) && others.length === 0) others.push(applied());
  };
  const both = await Promise.all([
    instance()
      .apply(wanted, { onEvent })
      .catch((error: unknown) => error),
    applied(),
  ]);
  const outcomes = [...both, ...(await Promise.all(others))];
  const done = outcomes.filter((one) => (one as { status?: string }).status === "done");
  const refused = outcomes.filter((one) => (one as { code?: string }).code !== undefined);
  expect([done.length, done.length + refused.length]).toEqual([1, outcomes.length]);
  for (const error of refused) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(JOURNAL_HELD|PLAN_STALE)$/) });
    expect(String(error)).toContain("nothing was changed");
  }
  expect((await plan()).steps).toEqual([]);
  expect((await instance().rollback((done[0] as { runId: string }).runId)).status).toBe("done");
  expect(await effect()).toBe(before);
});

test.concurrent("resume, rollback and retire of a run are refused while another process executes it, and it goes on", async () => {
  await using world = await started();
  const { instance, plan } = world;
  const refusals: Promise<unknown>[] = [];
  const report = await instance().apply(await plan(), {
    onEvent: (event) => {
      if (!whileWaiting("present")(event) || refusals.length > 0) return;
      for (const call of ["resume", "rollback", "retire"] as const)
        refusals.push(
          instance()
            [call](event.runId)
            .catch((error: unknown) => error),
        );
    },
  });
  const held = { code: "JOURNAL_HELD", who: "operator" };
  expect(await Promise.all(refusals)).toMatchObject([held, held, held]);
  expect(report.status).toBe("done");
});

test.concurrent("resume refuses a run that was rolled back, and changes nothing", async () => {
  await using world = await started();
  const { instance, effect, applyUntil } = world;
  const before = await effect();
  const stopped = await applyUntil((event) => event.kind === "step-settled" && event.phase === "prove");
  expect(stopped.status).toBe("aborted");
  expect((await instance().rollback(stopped.runId)).status).toBe("done");
  const error = await instance()
    .resume(stopped.runId)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "RUN_STATE", who: "caller" });
  expect(String(error)).toContain("it was rolled back, or somebody else changed it");
  expect(await effect()).toBe(before);
});

test.concurrent("retire keeps what a run that was stopped needs to go on", async () => {
  await using world = await started();
  const { stack, instance, plan } = world;
  const first = await instance().apply(await plan());
  const ec = { type: "ec", curve: "P-256" } as const;
  const [caKey, leafKey] = [await generateKey(ec), await generateKey(ec)];
  const ca = await createAuthority({ subject: "CN=example.com 2", key: caKey });
  const leaf = await ca.issue(await createCsr({ subject: `CN=${hostname}`, key: leafKey }));
  const handfast = instance(leafKey.export());
  const input = { trust: { edge: ca.trust }, identities: { edge: leaf.identity("edge-key") } };
  const spec = handfast.parseSpec(writeSpec(stack, input));
  const controller = new AbortController();
  const second = await handfast.apply(await handfast.plan(spec), {
    signal: controller.signal,
    onEvent: (event) => whileWaiting("widen")(event) && controller.abort(),
  });
  expect(second.status).toBe("aborted");
  expect((await instance().retire(first.runId)).steps).toEqual([]);
  expect((await handfast.resume(second.runId)).status).toBe("done");
});

test.concurrent("a second rollout changes the CA by way of the union, and retire keeps what is in use", async () => {
  await using world = await started();
  const { stack, instance, plan, effect, stored } = world;
  const first = await instance().apply(await plan());
  expect(first.status).toBe("done");
  const afterFirst = await effect();

  const ec = { type: "ec", curve: "P-256" } as const;
  const [caKey, leafKey] = [await generateKey(ec), await generateKey(ec)];
  const ca = await createAuthority({ subject: "CN=example.com 2", key: caKey });
  const leaf = await ca.issue(await createCsr({ subject: `CN=${hostname}`, key: leafKey }));
  const handfast = instance(leafKey.export());
  const input = { trust: { edge: ca.trust }, identities: { edge: leaf.identity("edge-key") } };
  const spec = handfast.parseSpec(writeSpec(stack, input));
  const rotation = await handfast.plan(spec);
  const writes = rotation.steps.filter(({ kind }) => kind === "write");
  expect(
    writes.map(({ phase, summary }) => `${phase}: ${summary.replaceAll(/(hf-)?\b[0-9a-f]{8,}\b/g, "…")}`),
  ).toEqual([
    "prepare: create trust store … with 2 CAs, through s3://shop-trust",
    "widen: set listener shop/… to verify with … (now verify with …)",
    "prepare: upload certificate … to the hostname store of zone …",
    `present: point ${hostname} to certificate …`,
    "prepare: create trust store … with 1 CA, through s3://shop-trust",
    "narrow: set listener shop/… to verify with … (now verify with …)",
  ]);
  const second = await handfast.apply(rotation);
  expect(second.status).toBe("done");
  expect(stack.flare.edgeSource(hostname).current().shows).toMatchObject({
    certificate: expect.stringContaining(leaf.pem.trim()),
  });
  expect((await handfast.plan(spec)).steps).toEqual([]);

  // the union served its turn; what the first run made is the second one's way back
  const retired = await instance().retire(first.runId);
  expect(retired.status).toBe("done");
  expect(await stored()).toEqual({ certificates: 2, stores: 2 });
  expect((await handfast.plan(spec)).steps).toEqual([]);
  const back = await instance().rollback(second.runId);
  expect(back.status).toBe("done");
  expect(await effect()).toBe(afterFirst);
  expect((await instance().retire(back.runId)).status).toBe("done");
  expect(await stored()).toEqual({ certificates: 1, stores: 1 });
  expect((await plan()).steps).toEqual([]);
});
