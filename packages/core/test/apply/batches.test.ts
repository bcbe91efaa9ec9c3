import { describe, expect, it } from "vitest";
import {
  createHandfast,
  fromValue,
  type MemoryPresenterOptions,
  MemoryWorld,
  type MemoryWorldOptions,
  memoryJournal,
  memoryPresenter,
  memoryVerifier,
  type Prober,
} from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { passing, refusal } from "../fixtures/shop.ts";
import { sleepersClock } from "../fixtures/sleepers-clock.ts";

const isAssociation = (object: string): boolean => object.startsWith("association/");

interface FleetOptions extends Pick<MemoryPresenterOptions, "batch"> {
  readonly hostnames: number;
  readonly refuse?: MemoryWorldOptions["refuse"];
  readonly prober?: Prober;
  readonly maxFailures?: number;
  readonly concurrency?: number;
}

/** Many hostnames behind one verifier, on a clock on which what waits together waits at the same time. */
function fleet({ hostnames, batch, refuse, prober = passing, maxFailures = 0, concurrency }: FleetOptions) {
  const clock = sleepersClock();
  const world = new MemoryWorld({ clock, refuse });
  world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const journal = memoryJournal({ clock });
  const instance = () =>
    createHandfast({
      adapters: [memoryVerifier(world), memoryPresenter(world, { batch, atMostMs: 5_000 })],
      journal,
      secrets: { "edge-key": fromValue(keys.a1) },
      prober,
      clock,
      concurrency,
    });
  const handfast = instance();
  const spec = handfast.spec({
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: {
      edge: {
        adapter: "memory.presenter",
        hostnames: Array.from({ length: hostnames }, (_, at) => `h${at}`),
        shows: "edge",
      },
    },
    links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }],
    waves: [{ name: "all", from: ["edge"], maxFailures }],
  });
  return { handfast, instance, journal, spec, world };
}

/** Which hostnames are associated. */
const associated = (world: MemoryWorld): readonly string[] => world.names("association/");

describe("apply, of steps that go together", () => {
  it.each([
    { hostnames: 1, batch: 3, calls: 1 },
    { hostnames: 3, batch: 3, calls: 1 },
    { hostnames: 7, batch: 3, calls: 3 },
    { hostnames: 40, batch: 100, calls: 1 },
    { hostnames: 4, batch: undefined, calls: 4 },
  ])(
    "makes $calls call(s) for $hostnames hostnames, $batch at most in one, as the plan said",
    async ({ hostnames, batch, calls }) => {
      const { handfast, spec, world } = fleet({ hostnames, batch });
      const plan = await handfast.plan(spec);
      const report = await handfast.apply(plan);
      expect(report.status).toBe("done");
      expect(associated(world)).toHaveLength(hostnames);
      const others = plan.steps.filter(
        (step) => step.kind === "write" && !isAssociation(step.step.object),
      ).length;
      expect(world.calls.performs).toBe(calls + others);
      expect(plan.estimate.calls.memory).toBe(calls + others);
    },
  );

  it("writes every intent down before the call, and every outcome after it", async () => {
    const { handfast, spec, world, journal } = fleet({ hostnames: 5, batch: 5 });
    const order: string[] = [];
    const open = journal.open.bind(journal);
    journal.open = async (run, claim) => {
      const writer = await open(run, claim);
      return {
        ...writer,
        append: async (entry) => {
          const written = await writer.append(entry);
          order.push(entry.kind);
          return written;
        },
      };
    };
    world.watch(() => order.push("write"));
    const plan = await handfast.plan(spec);
    await handfast.apply(plan);
    const parts = ["step-intended", "write", "step-done"].map((kind) =>
      Array<string>(5).fill(kind).join(" "),
    );
    expect(order.join(" ")).toContain(parts.join(" "));
  });

  it("fails alone what is refused alone, within the budget of its wave", async () => {
    const { handfast, spec, world } = fleet({
      hostnames: 6,
      batch: 6,
      maxFailures: 2,
      refuse: (object) => {
        if (object === "association/h2" || object === "association/h4") throw refusal("REMOTE_REJECTED");
      },
    });
    const report = await handfast.apply(await handfast.plan(spec));
    expect(report.status).toBe("held");
    expect(associated(world)).toEqual(["h0", "h1", "h3", "h5"].map((name) => `association/${name}`));
    const failed = report.steps.filter(({ error }) => error !== undefined);
    expect(failed.map(({ summary, error }) => [summary, error?.code])).toEqual([
      ["create association/h2", "REMOTE_REJECTED"],
      ["create association/h4", "REMOTE_REJECTED"],
    ]);
    expect(failed.every(({ attempts }) => attempts === 1)).toBe(true);
    expect(world.get("listener/shop")).toMatchObject({ mode: "request" });
  });

  it("stops the run when more of a batch are refused than its wave allows", async () => {
    const { handfast, spec } = fleet({
      hostnames: 6,
      batch: 6,
      maxFailures: 1,
      refuse: (object) => {
        if (object === "association/h2" || object === "association/h4") throw refusal("REMOTE_REJECTED");
      },
    });
    expect((await handfast.apply(await handfast.plan(spec))).status).toBe("failed");
  });

  it("tries those again together that failed for a moment, and nobody else", async () => {
    const busy = new Set(["association/h1", "association/h3"]);
    const { handfast, spec, world } = fleet({
      hostnames: 5,
      batch: 5,
      refuse: (object) => {
        if (busy.delete(object)) throw refusal("REMOTE_UNAVAILABLE");
      },
    });
    const plan = await handfast.plan(spec);
    const report = await handfast.apply(plan);
    expect(report.status).toBe("done");
    const attempts = report.steps.filter(({ summary }) => summary.includes("association/"));
    expect(attempts.map((step) => step.attempts)).toEqual([1, 2, 1, 2, 1]);
    expect(world.calls.performs).toBe((plan.estimate.calls.memory ?? 0) + 1);
  });

  it("reads what became of each when the answer to a half-done batch is lost", async () => {
    let cut = 3;
    const { handfast, spec, world } = fleet({
      hostnames: 6,
      batch: 6,
      refuse: (object) => {
        if (isAssociation(object) && --cut === -1)
          throw refusal("REMOTE_UNAVAILABLE", { outcomeUnknown: true });
      },
    });
    const writes: string[] = [];
    const set = world.set.bind(world);
    world.set = (object, value) => {
      set(object, value);
      writes.push(object);
    };
    const report = await handfast.apply(await handfast.plan(spec));
    expect(report.status).toBe("done");
    expect(writes.filter(isAssociation)).toEqual(Array.from({ length: 6 }, (_, at) => `association/h${at}`));
    const steps = report.steps.filter(({ summary }) => summary.includes("association/"));
    expect(steps.map(({ found, attempts }) => [found === true, attempts])).toEqual([
      ...Array<unknown>(3).fill([true, 1]),
      ...Array<unknown>(3).fill([false, 2]),
    ]);
  });

  it("looks at the lease once, right before the call, and makes none when it is gone", async () => {
    const { handfast, spec, world, journal } = fleet({ hostnames: 4, batch: 4 });
    const plan = await handfast.plan(spec);
    const open = journal.open.bind(journal);
    let checks = 0;
    journal.open = async (run, claim) => {
      const writer = await open(run, claim);
      return {
        ...writer,
        check: async () => {
          checks += 1;
          if (world.get("certificate/none") === undefined && checks === 4) throw refusal("REMOTE_REJECTED");
          await writer.check();
        },
      };
    };
    const report = await handfast.apply(plan);
    expect(report.status).toBe("failed");
    expect(checks).toBe(4);
    expect(associated(world)).toEqual([]);
  });

  it("holds one slot for a batch, and lets other calls go meanwhile", async () => {
    const { handfast, spec, world } = fleet({ hostnames: 30, batch: 30, concurrency: 1 });
    expect((await handfast.apply(await handfast.plan(spec))).status).toBe("done");
    expect(associated(world)).toHaveLength(30);
  });

  it("leaves alone what waits for its turn when it is told to stop", async () => {
    const { handfast, spec, world } = fleet({ hostnames: 9, batch: 3 });
    const stop = new AbortController();
    world.watch(() => {
      if (associated(world).length === 3) stop.abort();
    });
    const report = await handfast.apply(await handfast.plan(spec), { signal: stop.signal });
    expect(report.status).toBe("aborted");
    expect(associated(world)).toHaveLength(3);
    const resumed = await handfast.resume(report.runId);
    expect(resumed.status).toBe("done");
    expect(associated(world)).toHaveLength(9);
  });
});
