import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/guardrails/policy.ts";
import {
  type Adapter,
  createHandfast,
  digestOf,
  fromValue,
  type Journal,
  memoryJournal,
  memoryPresenter,
  memoryVerifier,
  type PermissionAnswer,
} from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { digest } from "../fixtures/evidence.ts";
import { passing, resealed, shop } from "../fixtures/shop.ts";

type Shop = ReturnType<typeof shop>;

function specOf({ handfast }: Pick<Shop, "handfast">, listener = "shop", hostname = "h") {
  return handfast.spec({
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener, mode: "required", trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: [hostname], shows: "edge" } },
    links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }],
  });
}

/** Another instance over the same world and journal, with what a test wants to be different. */
function another(
  { world, clock, journal }: Shop,
  more: {
    readonly verifier?: (adapter: Adapter) => Adapter;
    readonly policies?: readonly Policy[];
    readonly approval?: { readonly needed: number };
    readonly journal?: Journal;
  } = {},
) {
  const { verifier = (adapter) => adapter, ...options } = more;
  return createHandfast({
    adapters: [
      verifier(
        memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 5_000 }),
      ) as ReturnType<typeof memoryVerifier>,
      memoryPresenter(world, { atMostMs: 5_000 }),
    ],
    journal,
    secrets: { "edge-key": fromValue(keys.a1) },
    prober: passing,
    clock,
    ...options,
  });
}

const asking =
  (answer: PermissionAnswer, asked: unknown[] = []) =>
  (adapter: Adapter): Adapter =>
    ({
      ...adapter,
      definition: {
        ...adapter.definition,
        permissions: () => [{ allow: "memory:Write", on: "listener/shop" }],
        checkPermissions: async (permissions: readonly unknown[]) => {
          asked.push(permissions);
          return answer;
        },
      },
    }) as Adapter;

describe("apply, before its first step", () => {
  it("refuses a plan that lay too long, by its date and not by that of a run that goes on", async () => {
    const made = shop({ planValidMs: 60_000 });
    const plan = await made.handfast.plan(specOf(made));
    expect(Date.parse(plan.expiresAt) - Date.parse(plan.createdAt)).toBe(60_000);
    const stop = new AbortController();
    const begun = await made.handfast.apply(plan, {
      signal: stop.signal,
      onEvent: ({ kind }) => kind === "step-waiting" && stop.abort(),
    });
    await made.clock.sleep(3_600_000);
    const { writes } = made.world.calls;
    await expect(made.handfast.apply(plan)).rejects.toMatchObject({ code: "PLAN_EXPIRED" });
    expect(made.world.calls.writes).toBe(writes);
    expect((await made.handfast.resume(begun.runId)).status).toBe("done");
  });

  it("is not stale by what stands beside its endpoints, and is by what they stand on", async () => {
    const made = shop();
    const plan = await made.handfast.plan(specOf(made));
    made.world.set("store/of-a-neighbour", { kind: "store", anchors: [digest.b], crls: [] });
    made.world.set("certificate/of-a-neighbour", { kind: "certificate" });
    expect((await made.handfast.apply(plan)).status).toBe("done");
    const next = await made.handfast.plan({ rollback: (await made.handfast.runs())[0]?.runId ?? "" });
    made.world.set("listener/shop", { kind: "listener", mode: "request", store: null, ignoreExpiry: false });
    await expect(made.handfast.apply(next)).rejects.toMatchObject({
      code: "PLAN_STALE",
      details: { target: "shop" },
    });
  });

  it("refuses a plan that was made for another scope", async () => {
    const made = shop();
    const scoped =
      (bucket: string) =>
      (adapter: Adapter): Adapter =>
        ({ ...adapter, facts: { ...adapter.facts, scope: { region: "here", bucket } } }) as Adapter;
    const plan = await another(made, { verifier: scoped("one") }).plan(specOf(made));
    expect(plan.scopes["memory.verifier"]).toEqual({ region: "here", bucket: "one" });
    await expect(another(made, { verifier: scoped("two") }).apply(plan)).rejects.toThrow(
      /bucket one.*has two/,
    );
    expect((await another(made, { verifier: scoped("one") }).apply(plan)).status).toBe("done");
  });

  it("asks for the permissions of the plan, and refuses when one is missing, not when nobody can tell", async () => {
    const made = shop();
    const needed = { allow: "memory:Write", on: "listener/shop" };
    const asked: unknown[] = [];
    const refusing = another(made, { verifier: asking({ refused: [needed], unknown: [] }, asked) });
    const plan = await refusing.plan(specOf(made));
    expect(plan.permissions["memory.verifier"]).toEqual([needed]);
    const { writes } = made.world.calls;
    await expect(refusing.apply(plan)).rejects.toMatchObject({
      code: "PERMISSION_MISSING",
      message: expect.stringContaining("memory:Write on listener/shop"),
    });
    expect(asked).toEqual([[needed]]);
    expect(made.world.calls.writes).toBe(writes);
    const unsure = another(made, { verifier: asking({ refused: [], unknown: [needed] }) });
    expect((await unsure.apply(plan)).status).toBe("done");
  });

  it("asks the policies when it plans and again when it starts, but not on the way back", async () => {
    const made = shop();
    let frozen = false;
    const freeze: Policy = ({ kind }) =>
      frozen && kind === "apply" ? [{ code: "frozen", severity: "blocker", message: "year's end" }] : [];
    const handfast = another(made, { policies: [freeze] });
    const plan = await handfast.plan(specOf(made));
    expect(plan.findings.map(({ code }) => code)).not.toContain("frozen");
    frozen = true;
    await expect(handfast.apply(plan)).rejects.toMatchObject({ code: "POLICY_REFUSED" });
    const said = await handfast.plan(specOf(made));
    expect(said.findings.map(({ code }) => code)).toContain("frozen");
    const { digest: carried, ...rest } = said;
    expect(digestOf(rest)).toBe(carried);
    frozen = false;
    const { runId } = await handfast.apply(plan);
    frozen = true;
    expect((await handfast.rollback(runId)).status).toBe("done");
  });

  it("needs as many approvals of this very plan as the rule says, and writes them down", async () => {
    const made = shop();
    const handfast = another(made, { approval: { needed: 1 } });
    const plan = await handfast.plan(specOf(made));
    await expect(handfast.apply(plan)).rejects.toMatchObject({ code: "APPROVAL_MISSING" });
    const at = new Date(made.clock.now()).toISOString();
    const elsewhere = { plan: "0".repeat(64), by: "ops", at };
    await expect(handfast.apply(plan, { approvals: [elsewhere] })).rejects.toMatchObject({
      code: "APPROVAL_MISSING",
    });
    const approvals = [{ plan: plan.digest, by: "ops", at }];
    const { runId } = await handfast.apply(plan, { approvals });
    expect((await made.journal.read(runId))[0]).toMatchObject({ kind: "run-started", approvals });
    expect((await handfast.rollback(runId)).status).toBe("done");
  });

  it("refuses a retire plan that would take what is needed, whoever made its digest", async () => {
    const made = shop();
    const first = await made.handfast.apply(await made.handfast.plan(specOf(made)));
    const { store } = made.world.get("listener/shop") as { store: string };
    const retire = await made.handfast.plan({ retire: first.runId });
    expect(retire.steps).toEqual([]);
    const taking = resealed({
      ...retire,
      steps: [
        {
          id: "s1",
          after: [],
          kind: "write",
          phase: "retire",
          summary: "delete the store in use",
          target: "shop",
          step: {
            key: "delete",
            object: `store/${store}`,
            action: { set: `store/${store}`, from: made.world.get(`store/${store}`) as never, to: null },
            effect: "remove",
            back: { never: "gone" },
            settles: { by: "call" },
            cost: { budget: "memory", calls: 1 },
            summary: "delete the store in use",
          },
        },
      ],
    });
    await expect(made.handfast.apply(taking)).rejects.toMatchObject({ code: "PLAN_STALE" });
    expect(made.world.get(`store/${store}`)).toBeDefined();
  });
});

describe("two specs", () => {
  it("exclude each other by the objects that they share, and not otherwise", async () => {
    const made = shop();
    made.world.set("listener/api", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
    const other = another(made);
    const sharing = await other.plan(specOf(made, "shop", "h2"));
    const apart = await other.plan(specOf(made, "api", "h3"));
    const outcomes: Promise<unknown>[] = [];
    const report = await made.handfast.apply(await made.handfast.plan(specOf(made)), {
      onEvent: ({ kind }) => {
        if (kind !== "run-started") return;
        outcomes.push(
          other.apply(sharing).catch((error: unknown) => error),
          other.apply(apart).catch((error: unknown) => error),
        );
      },
    });
    expect(report.status).toBe("done");
    const [first, second] = await Promise.all(outcomes);
    expect(first).toMatchObject({
      code: "JOURNAL_HELD",
      details: { object: "listener/shop", run: report.runId },
    });
    // both prepare the store and the certificate that are named by their content
    expect(second).toMatchObject({ code: "JOURNAL_HELD", details: { run: report.runId } });
    expect((await other.apply(await other.plan(specOf(made, "api", "h3")))).status).toBe("done");
  });
});

describe("a damaged run", () => {
  it("is listed as such, hides no other, and is planned over only by consent", async () => {
    const store = memoryJournal();
    const made = shop({ journal: store });
    const { runId } = await made.handfast.apply(await made.handfast.plan(specOf(made)));
    const damaged: Journal = {
      ...store,
      read: async (run) => {
        const entries = await store.read(run);
        if (run !== runId) return entries;
        const { HandfastError } = await import("../../src/errors.ts");
        throw new HandfastError("JOURNAL_CORRUPT", "read run failed [line=2]: the line is not JSON", {
          run,
          line: 2,
        });
      },
    };
    const handfast = another(made, { journal: damaged });
    expect(await handfast.runs()).toMatchObject([
      { runId, status: "damaged", error: { code: "JOURNAL_CORRUPT" } },
    ]);
    await expect(handfast.plan(specOf(made))).rejects.toMatchObject({
      code: "JOURNAL_CORRUPT",
      message: expect.stringContaining(`ignoreRuns: ["${runId}"]`),
    });
    expect((await handfast.plan(specOf(made), { ignoreRuns: [runId] })).steps).toEqual([]);
  });
});

describe("createHandfast and its calls", () => {
  it.each([
    { concurrency: 0 },
    { concurrency: Number.NaN },
    { planValidMs: Number.NaN },
    { proof: { times: 0 } },
  ])("refuse %j before anything is done", (options) => {
    const { world, clock } = shop();
    const make = () =>
      createHandfast({ adapters: [memoryVerifier(world)], journal: memoryJournal(), clock, ...options });
    expect(make).toThrow(TypeError);
  });

  it.each([
    ["stopNow", { stopNow: {} as AbortSignal }],
    ["approvals", { approvals: {} as never }],
    ["onFailure", { onFailure: "rollback" as never }],
  ])("refuse a senseless %s before a run is begun", async (name, options) => {
    const made = shop();
    const plan = await made.handfast.plan(specOf(made));
    await expect(made.handfast.apply(plan, options)).rejects.toThrow(name);
    expect(await made.handfast.runs()).toEqual([]);
  });

  it("say by code that they were stopped before they began", async () => {
    const made = shop();
    const plan = await made.handfast.plan(specOf(made));
    const stopped = made.handfast.apply(plan, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "ABORTED" });
    expect(await made.handfast.runs()).toEqual([]);
  });

  it.each([{}, { runId: "x", entries: [] }, { runId: "x", entries: [{ kind: "run-resumed" }] }])(
    "refuse %j for the record of a break-glass",
    async (rubbish) => {
      const made = shop();
      await expect(made.handfast.record(rubbish as never)).rejects.toMatchObject({ code: "PLAN_INVALID" });
      expect(await made.handfast.runs()).toEqual([]);
    },
  );
});
