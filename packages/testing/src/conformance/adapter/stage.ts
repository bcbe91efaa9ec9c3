import {
  type Adapter,
  type Digest,
  type ErasedDefinition,
  Evidence,
  type Face,
  fromValue,
  isHandfastError,
  type Outcome,
  type Performed,
  readCertificate,
  readCrl,
  readPem,
  resolveSecret,
  type Secret,
  type Seen,
  type Step,
  type StepCheck,
  sha256,
  type Target,
  type Wanted,
} from "@handfast/core";
import { expect } from "vitest";
import type { AdapterWorld, ConformanceIssuer } from "./adapter-world.ts";
import { viaJson } from "./plain.ts";
import { mismatch, type Side, type Wish, type Wishes, wishesOf } from "./wishes.ts";

/** A move that was planned from what was read. */
export interface PlannedMove {
  readonly target: Target<unknown>;
  readonly from: unknown;
  readonly to: unknown;
  readonly steps: readonly Step<unknown>[];
}

const pollMs = 1_000;

/** A world with what core would have around it: evidence, secrets, and the few things that it does with an adapter. */
export class Stage {
  readonly issuers: readonly [ConformanceIssuer, ConformanceIssuer];
  readonly world: AdapterWorld;
  readonly adapter: Adapter;
  readonly definition: ErasedDefinition;
  readonly targets: readonly Target<unknown>[];
  readonly sides: readonly [Side, Side];
  readonly wishes: Wishes;
  /** Bytes that the suite gave, and those that the adapter kept. */
  readonly bytes = new Map<Digest, Uint8Array>();
  readonly kept = new Set<Digest>();
  readonly facts: Evidence = new Evidence(this.bytes);
  #moves = 0;

  constructor(issuers: readonly [ConformanceIssuer, ConformanceIssuer], world: AdapterWorld) {
    this.issuers = issuers;
    this.world = world;
    this.adapter = world.adapter;
    this.definition = world.adapter.definition;
    this.targets = world.targets.map((target, index) => ({ key: `target-${index}`, target }));
    this.sides = [this.#sideOf(issuers[0], "a"), this.#sideOf(issuers[1], "b")];
    this.wishes = wishesOf(this.adapter.facts, this.sides);
  }

  /** One of the targets. There are two or more. */
  target(index = 0): Target<unknown> {
    const target = this.targets[index];
    if (target === undefined) throw new TypeError("a world needs two targets or more");
    return target;
  }

  async read(
    targets: readonly Target<unknown>[] = this.targets,
    signal: AbortSignal = new AbortController().signal,
    adapter: Adapter = this.adapter,
    only?: "progress",
  ): Promise<readonly Seen<unknown>[]> {
    const seen = await adapter.definition.read(targets, {
      clock: this.world.clock,
      signal,
      only,
      keep: async (content) => {
        const digest = sha256(content);
        this.bytes.set(digest, content);
        this.kept.add(digest);
        return { sha256: digest, size: content.byteLength };
      },
    });
    expect(seen.length, "answers of read").toBe(targets.length);
    return viaJson(seen);
  }

  async look(
    target: Target<unknown> = this.target(),
    adapter: Adapter = this.adapter,
  ): Promise<Seen<unknown>> {
    return (await this.read([target], undefined, adapter))[0] as Seen<unknown>;
  }

  /** What is seen by somebody who waits for writes. */
  async lookForProgress(target: Target<unknown>): Promise<Seen<unknown>> {
    return (await this.read([target], undefined, this.adapter, "progress"))[0] as Seen<unknown>;
  }

  async face(target: Target<unknown> = this.target()): Promise<Face> {
    return this.faceOf(target, (await this.look(target)).now);
  }

  faceOf({ target }: Target<unknown>, state: unknown): Face {
    return viaJson(this.definition.face(target, state));
  }

  /** The state for a wish; undefined when the adapter says why it can't be had. */
  tryRealise({ target }: Target<unknown>, { wanted, name }: Wish, base: unknown): unknown {
    const realised = viaJson(this.definition.realise(target, wanted, base, this.facts));
    if ("state" in realised) return realised.state;
    expect(realised.findings.length, `findings of realise for ${name}`).toBeGreaterThan(0);
    return undefined;
  }

  /** The state for a wish that the adapter must be able to grant. */
  realise(target: Target<unknown>, wish: Wish, base: unknown): unknown {
    const realised = viaJson(this.definition.realise(target.target, wish.wanted, base, this.facts));
    if ("state" in realised) return realised.state;
    const reasons = realised.findings.map(({ code, message }) => `${code}: ${message}`);
    return expect.fail(`realise can't give ${wish.name}: ${reasons.join("; ")}`);
  }

  /** The steps between two states; a blocking finding fails the test. */
  steps({ target }: Target<unknown>, from: unknown, to: unknown): readonly Step<unknown>[] {
    const { steps, findings } = viaJson(this.definition.steps(target, from, to));
    const blockers = findings.filter(({ severity }) => severity === "blocker");
    expect(blockers, "blocking findings of steps").toEqual([]);
    return steps;
  }

  /** The state after steps, without performing them. */
  fold({ target }: Target<unknown>, from: unknown, steps: readonly Step<unknown>[]): unknown {
    return steps.reduce((state, step) => viaJson(this.definition.after(target, state, step)), from);
  }

  /** Plans a wish from what is seen now. */
  async plan(wish: Wish, target: Target<unknown> = this.target()): Promise<PlannedMove> {
    const from = (await this.look(target)).now;
    const to = this.realise(target, wish, from);
    return { target, from, to, steps: this.steps(target, from, to) };
  }

  async perform(target: Target<unknown>, step: Step<unknown>, attempt: string): Promise<Outcome> {
    const [outcome] = await this.performAll([{ target, step }], attempt);
    return outcome as Outcome;
  }

  async performAll(
    steps: readonly { readonly target: Target<unknown>; readonly step: Step<unknown> }[],
    attempt: string,
  ): Promise<readonly Outcome[]> {
    const outcomes = await this.performEach(steps, attempt);
    const failed = outcomes.find((outcome) => isHandfastError(outcome));
    if (failed !== undefined) throw failed;
    return outcomes as readonly Outcome[];
  }

  /** The same, where some may fail and others not. */
  async performEach(
    steps: readonly { readonly target: Target<unknown>; readonly step: Step<unknown> }[],
    attempt: string,
  ): Promise<readonly Performed[]> {
    const outcomes = await this.definition.perform(steps, {
      clock: this.world.clock,
      signal: new AbortController().signal,
      idempotencyKey: sha256(`${attempt} ${steps.map(({ step }) => step.key).join()}`).slice(0, 32),
      bytes: async (digest) =>
        this.facts.bytes.get(digest) ?? expect.fail(`perform asks for ${digest}, which nobody gave`),
      secret: (secret) => this.#secret(secret),
    });
    expect(outcomes.length, "outcomes of perform").toBe(steps.length);
    return outcomes.map((outcome) => (isHandfastError(outcome) ? outcome : viaJson(outcome)));
  }

  async check(target: Target<unknown>, step: Step<unknown>): Promise<StepCheck> {
    return this.definition.check(target.target, step, await this.look(target));
  }

  /** Waits until a step is in effect, as the executor does. */
  async settle(target: Target<unknown>, step: Step<unknown>): Promise<void> {
    const { settles } = step;
    if (settles.by === "call") return;
    const { clock } = this.world;
    const deadline = clock.now() + settles.atMostMs;
    for (;;) {
      const where = await this.check(target, step);
      if (where === "done") break;
      expect(typeof where, `check of "${step.summary}": ${JSON.stringify(where)}`).toBe("string");
      if (clock.now() >= deadline) expect.fail(`"${step.summary}" is ${where} after ${settles.atMostMs} ms`);
      await clock.sleep(Math.min(pollMs, deadline - clock.now()));
    }
    if (settles.by === "time") await clock.sleep(Math.max(0, deadline - clock.now()));
  }

  /** Performs steps one after the other, each until it is in effect. Answers with what they made. */
  async carryOut({ target, steps }: Pick<PlannedMove, "target" | "steps">): Promise<{
    readonly made: readonly string[];
    readonly removed: readonly string[];
  }> {
    const made: string[] = [];
    const removed: string[] = [];
    this.#moves += 1;
    const attempt = `move ${this.#moves}`;
    for (const step of steps) {
      const outcome = await this.perform(target, step, attempt);
      made.push(...(outcome.made ?? []));
      removed.push(...(outcome.removed ?? []));
      await this.settle(target, step);
    }
    return { made, removed };
  }

  /** Plans a wish and carries it out. */
  async move(
    wish: Wish,
    target: Target<unknown> = this.target(),
  ): Promise<PlannedMove & { made: readonly string[] }> {
    const planned = await this.plan(wish, target);
    return { ...planned, made: (await this.carryOut(planned)).made };
  }

  /** Fails unless a target shows what was wanted, and nothing is left to do. */
  async expectAt(target: Target<unknown>, wanted: Wanted, to: unknown): Promise<void> {
    const { now } = await this.look(target);
    expect(
      mismatch(this.faceOf(target, now), wanted),
      "the face differs from what was wanted",
    ).toBeUndefined();
    expect(this.steps(target, now, to), "steps that are left").toEqual([]);
  }

  /** All that exists at the provider, sorted; undefined where the world can't tell. */
  async inventory(): Promise<readonly string[] | undefined> {
    return (await this.world.inventory?.())?.toSorted();
  }

  #sideOf({ anchor, crl, chain, key }: ConformanceIssuer, name: string): Side {
    const keep = (pem: string, label: "CERTIFICATE" | "X509 CRL"): readonly string[] =>
      readPem(pem, label, `issuer ${name}`).map((der) => {
        const digest = (label === "CERTIFICATE" ? readCertificate(der) : readCrl(der)).sha256;
        this.bytes.set(digest, der);
        return digest;
      });
    const [root] = keep(anchor, "CERTIFICATE");
    const [certificate, ...rest] = keep(chain, "CERTIFICATE");
    const [list] = crl === undefined ? [] : keep(crl, "X509 CRL");
    if (root === undefined || certificate === undefined || key === "") {
      throw new TypeError(`issuer ${name} needs an anchor, a chain and a key`);
    }
    const secret = { key: `key-${name}`, spki: this.facts.certificate(certificate).spki };
    return { name, anchor: root, crl: list, shows: { certificate, chain: rest, secret } };
  }

  #secret({ key, spki }: Secret): Promise<string> {
    const index = this.sides.findIndex(({ shows }) => shows.secret.key === key);
    const pem = this.issuers[index]?.key ?? expect.fail(`perform asks for a key named ${key}`);
    return resolveSecret(fromValue(pem), spki);
  }
}
