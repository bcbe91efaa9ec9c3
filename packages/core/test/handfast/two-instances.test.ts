import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type Adapter,
  type Clock,
  createHandfast,
  fromValue,
  isHandfastError,
  type Journal,
  type JournalStore,
  MemoryWorld,
  memoryPresenter,
  memoryVerifier,
  storeJournal,
} from "../../src/index.ts";
import { certificates, keys } from "../fixtures/certificates.ts";
import { now } from "../fixtures/evidence.ts";
import { passing } from "../fixtures/shop.ts";
import { Oracle } from "../plan/world.ts";

const leaseMs = 30_000;

/** A clock for several: when nobody has anything to do it jumps to the first who is to be woken. */
class SharedClock {
  at = now;
  onTurn: () => void = () => {};
  readonly #sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();
  #isPumping = false;

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const leave = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const sleeper = { due: this.at + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", leave, { once: true });
      void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#sleepers.size > 0) {
      for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const next = [...this.#sleepers].toSorted((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.at = Math.max(this.at, next.due);
      this.onTurn();
      next.wake();
    }
    this.#isPumping = false;
  }
}

/** A process that may stand still for a while, with a clock of its own that is some time off. */
class Host {
  readonly clock: Clock;
  readonly #shared: SharedClock;
  #thawed: Promise<void> = Promise.resolve();

  constructor(shared: SharedClock, offMs: number) {
    this.#shared = shared;
    this.clock = {
      now: () => shared.at + offMs,
      sleep: async (ms, signal) => {
        await shared.sleep(ms, signal);
        await this.#thawed;
      },
    };
  }

  /** Everything stands still from now on, for so long. A call that is under way comes to its end at the provider. */
  freeze(ms: number): void {
    this.#thawed = this.#shared.sleep(ms);
  }

  around<P extends readonly unknown[], R>(call: (...given: P) => Promise<R>): (...given: P) => Promise<R> {
    return async (...given) => {
      await this.#thawed;
      const answer = await call(...given);
      await this.#thawed;
      return answer;
    };
  }

  /** Reads may be late at both ends. A write is not held back: once it was begun, it reaches the provider. */
  adapter<A extends Adapter>(adapter: A): A {
    const { definition } = adapter;
    const perform: typeof definition.perform = async (...given) => {
      const answer = await definition.perform(...given);
      await this.#thawed;
      return answer;
    };
    return { ...adapter, definition: { ...definition, read: this.around(definition.read), perform } };
  }

  /** A journal of its own over a store that all share. */
  journal(store: JournalStore, name: string): Journal {
    const slow: JournalStore = {
      where: store.where,
      list: this.around(store.list),
      read: this.around(store.read),
      version: this.around(store.version),
      swap: this.around(store.swap),
      putBytes: this.around(store.putBytes),
      getBytes: this.around(store.getBytes),
    };
    const processes = { self: { host: name, pid: 1 }, look: () => ({ runs: true }) };
    return storeJournal(slow, { clock: this.clock, leaseMs, callMs: 3_600_000, processes });
  }
}

/** What two hosts can both reach. */
function sharedStore(): JournalStore {
  const texts = new Map<string, { version: string; text: string }>();
  const bytes = new Map<string, Uint8Array>();
  let writes = 0;
  return {
    where: "shared",
    list: async (prefix) => [...texts.keys()].filter((name) => name.startsWith(prefix)),
    read: async (name) => texts.get(name),
    version: async (name) => texts.get(name)?.version,
    swap: async (name, version, text) => {
      if (texts.get(name)?.version !== version) return undefined;
      writes += 1;
      texts.set(name, { version: String(writes), text });
      return String(writes);
    },
    putBytes: async (name, given) => void bytes.set(name, given),
    getBytes: async (name) => bytes.get(name),
  };
}

interface Part {
  readonly offMs: number;
  readonly startsMs: number;
  readonly mode: "off" | "required";
  readonly shows: "edge" | "other";
  /** After how many events it stands still, and for how long. */
  readonly freezeAt: number;
  readonly freezeMs: number;
}

const part: fc.Arbitrary<Part> = fc.record({
  offMs: fc.constantFrom(0, 300_000, -300_000),
  startsMs: fc.integer({ min: 0, max: 40_000 }),
  mode: fc.constantFrom("off", "required"),
  shows: fc.constantFrom("edge", "other"),
  freezeAt: fc.integer({ min: 0, max: 30 }),
  freezeMs: fc.constantFrom(0, 5_000, 20_000, 45_000, 90_000, 300_000),
});

it("two instances that work on the same endpoints refuse nobody, and one of them wins, whatever stands still", async () => {
  let evictions = 0;
  let refusals = 0;
  await fc.assert(
    fc.asyncProperty(part, part, async (one, other) => {
      const shared = new SharedClock();
      const world = new MemoryWorld({
        clock: { now: () => shared.at, sleep: (ms, signal) => shared.sleep(ms, signal) },
        nodes: 2,
        lag: (node) => node * 2_000,
      });
      world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
      const oracle = new Oracle(world, [{ name: "h -> shop", association: "h", listener: "shop" }]);
      shared.onTurn = () => oracle.look();
      const store = sharedStore();

      const work = async ({ offMs, startsMs, mode, shows, freezeAt, freezeMs }: Part): Promise<string> => {
        const host = new Host(shared, offMs);
        const handfast = createHandfast({
          adapters: [
            host.adapter(memoryVerifier(world, { modes: ["off", "request", "required"], atMostMs: 4_000 })),
            host.adapter(memoryPresenter(world, { atMostMs: 4_000 })),
          ],
          journal: host.journal(store, `host ${offMs} ${startsMs}`),
          secrets: { a: fromValue(keys.a1), b: fromValue(keys.b1) },
          prober: passing,
          clock: host.clock,
        });
        const spec = handfast.spec({
          // each trusts only its own: the two are of no use to each other
          trust: { edge: { anchors: shows === "edge" ? certificates.a : certificates.b } },
          identities: {
            edge: { chain: certificates.a1, key: { secret: "a" } },
            other: { chain: certificates.b1, key: { secret: "b" } },
          },
          verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode, trust: "edge" } },
          presenters: { edge: { adapter: "memory.presenter", hostnames: ["h"], shows } },
          links: [{ from: "edge", to: "shop", probe: { url: "https://{hostname}/" } }],
        });
        await shared.sleep(startsMs);
        let events = 0;
        for (let tries = 0; tries < 12; tries += 1) {
          try {
            const report = await handfast.apply(await handfast.plan(spec), {
              onEvent: () => {
                events += 1;
                if (events === freezeAt && freezeMs > 0) host.freeze(freezeMs);
              },
            });
            if (report.status === "done") return "done";
          } catch (error) {
            if (!isHandfastError(error)) throw error;
            expect(["JOURNAL_HELD", "PLAN_STALE", "PLAN_BLOCKED", "PLAN_NO_PATH"]).toContain(error.code);
            if (error.message.includes("not heard of")) evictions += 1;
            refusals += 1;
          }
          await shared.sleep(15_000);
        }
        return "gave up";
      };

      const ends = await Promise.all([work(one), work(other)]);
      expect(oracle.refusals).toEqual([]);
      expect(ends).toContain("done");
      expect(oracle.isServed("h -> shop")).toBe(true);
    }),
    { numRuns: 120, seed: 20261121, endOnFailure: true },
  );
  // or the schedules show nothing
  expect(refusals).toBeGreaterThan(50);
  expect(evictions).toBeGreaterThan(3);
});
