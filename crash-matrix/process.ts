/**
 * One process over a world and a journal that outlive it. Every call that it makes goes through a gate, at which a
 * fault may wait for it. When it is killed nothing of it is left: no call of it is answered, no sleep ends, and what it
 * holds in the journal is let go as it would be of a process that is gone.
 */
import {
  type Adapter,
  type Clock,
  createHandfast,
  fromValue,
  type Journal,
  type MemoryWorld,
  type Prober,
} from "@handfast/core";
import { keys } from "../packages/core/test/fixtures/certificates.ts";
import { type CallKind, errorOf, type Fault, timeoutMs } from "./faults.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import { secondMark } from "./watched-world.ts";

/** A call as it was made: what the matrix is enumerated from. */
export interface Call {
  readonly kind: CallKind;
  /** Which call of its kind this is, from 1. */
  readonly nth: number;
  /** Calls that are alike tell the same story: only the first of them is struck. */
  readonly alike: string;
  /** Whether it has several steps. */
  readonly isBatch: boolean;
}

export interface ProcessParts {
  readonly clock: VirtualClock;
  readonly world: MemoryWorld;
  readonly journal: Journal;
  readonly adapters: (world: MemoryWorld) => readonly Adapter[];
  readonly prober: Prober;
  /** Tells one process of a cell from the others. */
  readonly number: number;
  readonly fault?: Fault | undefined;
}

interface Held {
  close(): Promise<void>;
}

/** What a call does, and what of it is done when it is cut short in the middle. */
interface Work<T> {
  whole(): Promise<T>;
  readonly half?: (() => Promise<unknown>) | undefined;
}

const writing: Readonly<Record<string, CallKind>> = { open: "open", append: "append", put: "put" };

export class Process {
  readonly calls: Call[] = [];
  readonly handfast: ReturnType<typeof createHandfast<readonly Adapter[], "a1" | "b1">>;
  /** Resolves when the process is killed. */
  readonly death: Promise<"killed">;
  readonly #parts: ProcessParts;
  readonly #counts = new Map<CallKind, number>();
  readonly #held = new Set<Held>();
  readonly #seenPuts = new Set<string>();
  /** Grows with every call that changes something: reads in between see the same. */
  #progress = 0;
  #isAlive = true;
  #die: (how: "killed") => void = () => {};
  #wasStruck = false;
  /** Providers that have gone silent. */
  readonly #silent = new Set<string>();

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    this.death = new Promise((resolve) => {
      this.#die = resolve;
    });
    let random = parts.number * 1_000;
    this.handfast = createHandfast<readonly Adapter[], "a1" | "b1">({
      adapters: parts.adapters(this.#own(parts.world)).map((adapter) => this.#gated(adapter)),
      journal: this.#gatedObject(parts.journal),
      secrets: { a1: fromValue(keys.a1), b1: fromValue(keys.b1) },
      prober: (request) => this.#call("probe", "", { whole: () => parts.prober(request) }),
      proof: { times: 1, atMostMs: 30_000 },
      clock: this.#clock(),
      random: (count) => {
        random += 1;
        return Buffer.from(random.toString(16).padStart(count * 2, "0"), "hex");
      },
    });
  }

  get wasStruck(): boolean {
    return this.#wasStruck;
  }

  /** What comes of some work, or that the process was killed over it. */
  async outlive<T>(work: () => Promise<T>): Promise<T | "killed"> {
    return await Promise.race([work(), this.death]);
  }

  /** Ends the process here and now. */
  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#parts.clock.forgetSleepers();
    for (const held of this.#held) void held.close();
    this.#die("killed");
  }

  async #call<T>(
    kind: CallKind | "probe" | "other",
    label: string,
    work: Work<T>,
    provider = "",
  ): Promise<T> {
    if (!this.#isAlive) return await never();
    this.#parts.clock.touch();
    if (kind === "probe" || kind === "other") return await this.#answer(work.whole);
    const nth = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, nth);
    const changes = kind === "perform" || kind === "append" || kind === "open";
    const alike = changes ? `${kind} ${nth}` : `${kind} ${label} ${this.#progress}`;
    this.calls.push({ kind, nth, alike, isBatch: work.half !== undefined });
    if (changes) this.#progress += 1;
    const { fault } = this.#parts;
    if (fault?.call !== kind || fault.nth !== nth) return await this.#answer(work.whole);
    return await this.#strike(fault, work, provider);
  }

  /** The answer of a call; never, when the process died in the meantime. */
  async #answer<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      return this.#isAlive ? answer : await never();
    } catch (error) {
      if (!this.#isAlive) return await never();
      throw error;
    }
  }

  async #strike<T>(fault: Fault, { whole, half }: Work<T>, provider: string): Promise<T> {
    this.#wasStruck = true;
    if (fault.kind.endsWith("-halfway")) await half?.();
    if (fault.kind.endsWith("-after")) await whole();
    if (fault.kind.startsWith("killed")) this.kill();
    if (!this.#isAlive) return await never();
    if (fault.kind.startsWith("timed-out")) return await this.#waitInVain(fault.call, provider);
    throw errorOf(fault);
  }

  /** The provider has gone silent, and stays so as long as this process lives. */
  async #waitInVain(call: CallKind, provider: string): Promise<never> {
    this.#silent.add(provider);
    await this.#clock().sleep(timeoutMs);
    throw errorOf({ call, nth: 0, kind: "timed-out-before" });
  }

  #clock(): Clock {
    const { clock } = this.#parts;
    return {
      now: () => clock.now(),
      sleep: (ms, signal) => (this.#isAlive ? clock.sleep(ms, signal) : never()),
    };
  }

  /** The world as this process reaches it: not at all once it is dead. */
  #own(world: MemoryWorld): MemoryWorld {
    return new Proxy(world, {
      get: (target, name) => {
        if (!this.#isAlive) throw new Error("a dead process reached for the world");
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #gated(adapter: Adapter): Adapter {
    const { definition, facts } = adapter;
    const { world } = this.#parts;
    const ask = <T>(kind: "read" | "perform", label: string, work: Work<T>): Promise<T> => {
      const isSilent = this.#silent.has(facts.name);
      const inVain: Work<T> = { whole: () => this.#waitInVain(kind, facts.name) };
      return this.#call(kind, label, isSilent ? inVain : work, facts.name);
    };
    const perform: typeof definition.perform = async (steps, context) => {
      for (const { step } of steps) makeSecond(world, step, context.idempotencyKey);
      return await definition.perform(steps, context);
    };
    return {
      facts,
      definition: {
        ...definition,
        read: (targets, context) =>
          ask("read", `${facts.name} ${targets.map(({ key }) => key).join()}`, {
            whole: () => definition.read(targets, context),
          }),
        perform: (steps, context) => {
          const some = steps.slice(0, Math.floor(steps.length / 2));
          return ask("perform", "", {
            whole: () => perform(steps, context),
            half: some.length === 0 ? undefined : () => perform(some, context),
          });
        },
      },
    } as Adapter;
  }

  /** A journal, or what it handed out, with every method behind the gate: also those that a later port may have. */
  #gatedObject<T extends object>(inner: T): T {
    let last: Promise<unknown> = Promise.resolve();
    return new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (isPort(value)) return this.#gatedObject(value);
        if (typeof value !== "function") return value;
        const call = (...given: unknown[]): Promise<unknown> =>
          this.#call(writing[String(name)] ?? "other", this.#labelOf(name, given), {
            whole: async () => this.#hold(await value.apply(target, given)),
          });
        if (name !== "append") return call;
        // the port: entries are written in the order of the calls, and after a failure none is written any more
        return (...given: unknown[]): Promise<unknown> => {
          last = last.then(() => call(...given));
          last.catch(() => undefined);
          return last;
        };
      },
    });
  }

  /** Puts of new bytes, and of bytes that lie there already, are the only two kinds. */
  #labelOf(name: string | symbol, [bytes]: readonly unknown[]): string {
    if (name !== "put" || !(bytes instanceof Uint8Array)) return "";
    const text = Buffer.from(bytes).toString("base64");
    const isKnown = this.#seenPuts.has(text);
    this.#seenPuts.add(text);
    return isKnown ? "known" : "new";
  }

  #hold(value: unknown): unknown {
    if (typeof value !== "object" || value === null || !("close" in value)) return value;
    this.#held.add(value as Held);
    return this.#gatedObject(value);
  }
}

/** Whether a value is an object of functions, as the journal's blobs are, and no list and no signal. */
function isPort(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/**
 * The provider gives out objects by the caller's token, as many do: asked again under the same token it answers with
 * the same object, asked under another it makes a second one.
 */
function makeSecond(
  world: MemoryWorld,
  step: { readonly object: string; readonly effect: string; readonly action: unknown },
  token: string,
): void {
  const { from } = step.action as { readonly from: unknown };
  const there = world.get(step.object);
  if (step.effect !== "none" || from !== null || there === undefined) return;
  if (world.makers.get(step.object) !== token) world.set(`${step.object}${secondMark}${token}`, there);
}
