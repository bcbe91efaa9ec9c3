import { describe, expect, it } from "vitest";
import {
  createHandfast,
  fromValue,
  type Journal,
  memoryJournal,
  memoryPresenter,
  memoryVerifier,
  type RunEvent,
} from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { refusal, shop } from "../fixtures/shop.ts";

type Shop = ReturnType<typeof shop>;

function specOf({ handfast }: Pick<Shop, "handfast">, mode: "required" | "off" = "required") {
  return handfast.spec({
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: {
      shop: { adapter: "memory.verifier", listener: "shop", mode, trust: "edge" },
      api: { adapter: "memory.verifier", listener: "api", mode, trust: "edge" },
    },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["h"], shows: "edge" } },
    links: [
      { from: "edge", to: "shop", probe: { url: "https://{hostname}/" } },
      { from: "edge", to: "api", probe: { url: "https://{hostname}/api" } },
    ],
  });
}

function shopWithApi(options: Parameters<typeof shop>[0] = {}): Shop {
  const made = shop(options);
  made.world.set("listener/api", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  return made;
}

async function required(made: Shop): Promise<void> {
  expect((await made.handfast.apply(await made.handfast.plan(specOf(made)))).status).toBe("done");
  expect(made.world.get("listener/shop")).toMatchObject({ mode: "required" });
}

/** A journal whose store is down from some moment on. */
function failing(journal: Journal, isDown: () => boolean, how: "refuses" | "hangs" = "refuses"): Journal {
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isDown()) return await work();
    if (how === "hangs") return await new Promise<T>(() => {});
    throw refusal("REMOTE_UNAVAILABLE");
  };
  return {
    open: (run, claim) => guard(() => journal.open(run, claim)),
    read: (run) => guard(() => journal.read(run)),
    runs: () => guard(() => journal.runs()),
    blobs: {
      put: (bytes) => guard(() => journal.blobs.put(bytes)),
      get: (digest) => guard(() => journal.blobs.get(digest)),
    },
  };
}

describe("breakGlass", () => {
  it("opens every verifier, is recorded with its date, and is taken back to the very modes before", async () => {
    const made = shopWithApi();
    await required(made);
    const comeBackBy = "2030-01-01T08:00:00.000Z";
    const report = await made.handfast.breakGlass(specOf(made), { comeBackBy });
    expect(report).toMatchObject({
      recorded: true,
      fenced: [],
      comeBackBy,
      verifiers: [
        { key: "shop", before: "required", now: "off", status: "open", reopened: 0 },
        { key: "api", before: "required", now: "off", status: "open", reopened: 0 },
      ],
    });
    expect((await made.handfast.runs())[0]).toMatchObject({
      runId: report.runId,
      kind: "break-glass",
      status: "done",
      comeBackBy,
    });
    const open = async () => (await made.handfast.status(specOf(made))).findings.map(({ code }) => code);
    expect(await open()).toContain("break-glass-open");
    const back = await made.handfast.rollback(report.runId);
    expect(back.status).toBe("done");
    expect(await open()).not.toContain("break-glass-open");
    expect(back.proofs.length).toBeGreaterThan(1);
    for (const name of ["shop", "api"])
      expect(made.world.get(`listener/${name}`)).toMatchObject({ mode: "required" });
  });

  it.each(["refuses", "hangs"] as const)("works while the journal %s, and is recorded later", async (how) => {
    let isDown = false;
    const store = memoryJournal();
    const made = shopWithApi({ journal: failing(store, () => isDown, how) });
    await required(made);
    isDown = true;
    const report = await made.handfast.breakGlass(specOf(made));
    expect(report).toMatchObject({
      recorded: false,
      notRecorded: { code: expect.any(String) },
      notFenced: { code: expect.any(String) },
    });
    expect(report.verifiers.map(({ status }) => status)).toEqual(["open", "open"]);
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "off" });
    isDown = false;
    const { record } = JSON.parse(JSON.stringify(report)) as typeof report;
    if (record === undefined) return expect.fail("nothing to record");
    await made.handfast.record(record);
    expect((await made.handfast.rollback(report.runId)).status).toBe("done");
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "required" });
  });

  it("puts a run out that is under way, and nothing narrows behind it", async () => {
    const made = shopWithApi();
    const plan = await made.handfast.plan(specOf(made));
    let broken: ReturnType<typeof made.handfast.breakGlass> | undefined;
    const running = made.handfast.apply(plan, {
      onEvent: (event: RunEvent) => {
        if (event.kind === "step-settled" && event.phase === "present")
          broken ??= made.handfast.breakGlass(specOf(made));
      },
    });
    await expect(running).rejects.toMatchObject({ code: "JOURNAL_HELD" });
    const report = await broken;
    const [, live] = await made.handfast.runs();
    expect(report?.fenced).toEqual([live?.runId]);
    expect(live).toMatchObject({ kind: "apply", status: "aborted" });
    // nor does it go on behind it later
    await expect(made.handfast.resume(live?.runId ?? "")).rejects.toMatchObject({
      code: "RUN_STATE",
      details: { facts: { breakGlass: report?.runId } },
    });
    for (const name of ["shop", "api"]) {
      const { mode } = made.world.get(`listener/${name}`) as { mode: string };
      expect(["off", "request"]).toContain(mode);
    }
  });

  it("opens again what somebody narrows under its eyes", async () => {
    const made = shopWithApi();
    await required(made);
    const before = made.world.get("listener/shop");
    let isNarrowed = false;
    const stop = made.world.watch(() => {
      if ((made.world.get("listener/shop") as { mode: string }).mode !== "off") return;
      stop();
      void made.clock.sleep(1).then(() => {
        isNarrowed = true;
        made.world.set("listener/shop", before);
      });
    });
    const report = await made.handfast.breakGlass(specOf(made));
    expect(isNarrowed).toBe(true);
    expect(report.verifiers[0]).toMatchObject({ key: "shop", now: "off", status: "open", reopened: 1 });
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "off" });
  });

  it("opens the others when one can't be opened, and says which and why", async () => {
    let isStuck = false;
    const made = shopWithApi({
      refuse: (object) => {
        if (isStuck && object === "listener/api") throw refusal("REMOTE_REJECTED");
      },
    });
    await required(made);
    isStuck = true;
    const report = await made.handfast.breakGlass(specOf(made));
    expect(report.verifiers).toMatchObject([
      { key: "shop", status: "open" },
      { key: "api", status: "failed", now: "required", error: { code: "REMOTE_REJECTED" } },
    ]);
    expect((await made.handfast.runs())[0]).toMatchObject({ kind: "break-glass", status: "failed" });
  });

  it("refuses a verifier that the spec does not have, before anything is changed", async () => {
    const made = shopWithApi();
    const { writes } = made.world.calls;
    await expect(made.handfast.breakGlass(specOf(made), { verifiers: ["shp"] })).rejects.toMatchObject({
      code: "SPEC_INVALID",
    });
    expect(made.world.calls.writes).toBe(writes);
  });

  it("takes an image of a verifier that can't be read at first, and goes back to it", async () => {
    const made = shopWithApi();
    await required(made);
    const get = made.world.get.bind(made.world);
    let refused = 0;
    made.world.get = (object) => {
      if (object === "listener/api" && refused < 2) {
        refused += 1;
        throw refusal("REMOTE_RATE_LIMITED");
      }
      return get(object);
    };
    const report = await made.handfast.breakGlass(specOf(made));
    expect(report.notRecorded).toBeUndefined();
    expect(report.verifiers.map(({ status, before }) => [status, before])).toEqual([
      ["open", "required"],
      ["open", "required"],
    ]);
    expect((await made.handfast.rollback(report.runId)).status).toBe("done");
    expect(made.world.get("listener/api")).toMatchObject({ mode: "required" });
  });

  it.each([
    ["never answers", async (): Promise<never> => await new Promise(() => {})],
    [
      "throws what nobody knows",
      async (): Promise<never> => {
        throw new Error("token tk-9");
      },
    ],
  ])("is not held back by a provider that %s", async (_, read) => {
    const made = shopWithApi();
    await required(made);
    const spec = specOf(made);
    const broken = memoryVerifier(made.world, { modes: ["off", "request", "required"], atMostMs: 5_000 });
    const definition: typeof broken.definition = {
      ...broken.definition,
      read: (targets, context) =>
        targets.some(({ key }) => key === "api") ? read() : broken.definition.read(targets, context),
    };
    const handfast = createHandfast({
      adapters: [{ ...broken, definition }, memoryPresenter(made.world, { atMostMs: 5_000 })],
      journal: made.journal,
      secrets: { "edge-key": fromValue(keys.a1) },
      clock: made.clock,
    });
    const report = await handfast.breakGlass(spec, { tryForMs: 20_000 });
    expect(report.verifiers).toMatchObject([
      { key: "shop", status: "open" },
      { key: "api", status: "failed" },
    ]);
    expect(made.world.get("listener/shop")).toMatchObject({ mode: "off" });
    expect(JSON.stringify(report)).not.toContain("tk-9");
    expect(report.recorded).toBe(true);
  });

  it("holds nothing that a slow journal gave it too late", async () => {
    const store = memoryJournal();
    let answer = Promise.withResolvers<void>();
    let isSlow = false;
    const slow: Journal = {
      ...store,
      open: async (run, claim) => {
        if (isSlow) await answer.promise;
        return await store.open(run, claim);
      },
    };
    const made = shopWithApi({ journal: slow });
    await required(made);
    isSlow = true;
    const report = await made.handfast.breakGlass(specOf(made));
    expect(report).toMatchObject({ recorded: false, notRecorded: { code: "JOURNAL_UNWRITABLE" } });
    isSlow = false;
    answer.resolve();
    answer = Promise.withResolvers();
    await new Promise((resolve) => setImmediate(resolve));
    if (report.record === undefined) return expect.fail("nothing to record");
    await made.handfast.record(report.record);
    expect((await made.handfast.rollback(report.runId)).status).toBe("done");
  });

  it("leaves a run as it ended whose lease was never let go", async () => {
    const made = shopWithApi();
    await required(made);
    const [done] = await made.handfast.runs();
    await made.journal.open(done?.runId ?? "", { writes: ["listener/shop"] });
    const report = await made.handfast.breakGlass(specOf(made));
    expect(report.fenced).toEqual([done?.runId]);
    expect((await made.handfast.runs())[1]).toMatchObject({ runId: done?.runId, status: "done" });
  });

  it("leaves no trace of a run that it put out before it had begun", async () => {
    const made = shopWithApi();
    await required(made);
    const writer = await made.journal.open("20260101T000000000Z-abcdef", { writes: ["listener/shop"] });
    const report = await made.handfast.breakGlass(specOf(made));
    expect(report.fenced).toEqual(["20260101T000000000Z-abcdef"]);
    await expect(writer.append({ kind: "run-resumed" })).rejects.toMatchObject({ code: "JOURNAL_HELD" });
    expect((await made.handfast.runs()).map(({ status }) => status)).toEqual(["done", "done"]);
    expect((await made.handfast.rollback(report.runId)).status).toBe("done");
  });

  it.each([
    ["tryForMs", { tryForMs: Number.NaN }],
    ["watchMs", { watchMs: Number.POSITIVE_INFINITY }],
    ["watchMs", { watchMs: -1 }],
    ["comeBackBy", { comeBackBy: "soon" }],
  ])("refuses a senseless %s", async (name, options) => {
    const made = shopWithApi();
    await expect(made.handfast.breakGlass(specOf(made), options)).rejects.toThrow(name);
  });
});
