/** Gates between waves: what belongs to a later wave waits until an earlier one is through and has baked. */
import type { PlanStep } from "./plan.ts";

/** A wave as the orderer needs it. */
export interface PlannedWave {
  readonly name: string;
  /** Keys of presenter members and populations. */
  readonly members: ReadonlySet<string>;
  readonly bakeMs: number;
  readonly maxFailures: number;
  /** Names of checks. */
  readonly checks?: readonly string[] | undefined;
}

/**
 * Components are planned one after the other, and a wave spans all of them: so steps name a wave's gate before it is
 * known what belongs to the wave, and the gates become steps at the end. A wave in which nothing moves has no gate.
 */
export class Gates {
  readonly #waves: readonly PlannedWave[];
  readonly #waveOf: ReadonlyMap<string, number>;
  readonly #of = new Map<number, string[]>();

  constructor(waves: readonly PlannedWave[]) {
    const isPlain = waves.length < 2 && waves.every(isBare);
    this.#waves = isPlain ? [] : waves;
    this.#waveOf = new Map(
      this.#waves.flatMap(({ members }, index) => [...members].map((key): [string, number] => [key, index])),
    );
  }

  /** Place of the wave that an endpoint is in; -1 when it is in none. */
  waveOf(key: string): number {
    return this.#waveOf.get(key) ?? -1;
  }

  /** The gate behind a wave, to be named in "after". */
  gateOf(wave: number): string {
    return `gate ${wave}`;
  }

  /** Gates that a member of a wave has to wait for. */
  before(wave: number): readonly string[] {
    return wave > 0 ? [this.gateOf(wave - 1)] : [];
  }

  /** Steps that belong to a wave: its gate waits for them. */
  add(wave: number, steps: readonly string[]): void {
    if (wave < 0) return;
    const known = this.#of.get(wave);
    if (known === undefined) this.#of.set(wave, [...steps]);
    else known.push(...steps);
  }

  /** The steps with the gates among them, each after those that it waits for, numbered in that order. */
  close(steps: readonly PlanStep[]): readonly PlanStep[] {
    if (this.#of.size === 0) return steps.map((step) => ({ ...step, after: this.#resolve(step.after) }));
    const gates = [...this.#of].map(([wave, of]) => this.#gate(wave, of));
    const all = [...steps, ...gates].map((step) => ({ ...step, after: this.#resolve(step.after) }));
    const sorted = inOrder(all);
    const ids = new Map(sorted.map(({ id }, index) => [id, `s${index + 1}`]));
    const rename = (list: readonly string[]): string[] => list.flatMap((id) => ids.get(id) ?? []);
    return sorted.map((step) => {
      const renamed = { ...step, id: ids.get(step.id) as string, after: rename(step.after) };
      if (renamed.kind === "evidence") return { ...renamed, newerThan: rename(renamed.newerThan) };
      return renamed.kind === "wave" ? { ...renamed, of: rename(renamed.of) } : renamed;
    });
  }

  /** A wave without a gate has let nobody wait: whoever names it waits for the one before. */
  #resolve(after: readonly string[]): string[] {
    const resolved = after.flatMap((id) => {
      if (!id.startsWith("gate ")) return [id];
      for (let wave = Number(id.slice("gate ".length)); wave >= 0; wave -= 1)
        if (this.#of.has(wave)) return [this.gateOf(wave)];
      return [];
    });
    return [...new Set(resolved)];
  }

  #gate(index: number, of: readonly string[]): PlanStep {
    const { name, bakeMs, maxFailures, checks } = this.#waves[index] as PlannedWave;
    const bake = bakeMs === 0 ? "" : `, then bake for ${Math.round(bakeMs / 1000)} s`;
    const watched = checks === undefined ? "" : `, watched by ${checks.join(", ")}`;
    return {
      id: this.gateOf(index),
      after: [...new Set([...of, ...this.before(index)])],
      kind: "wave",
      phase: "wave",
      summary: `wave ${name} is through with at most ${maxFailures} failures${bake}${watched}`,
      wave: name,
      of: [...of],
      bakeMs,
      maxFailures,
      ...(checks === undefined ? {} : { checks: [...checks] }),
    };
  }
}

function isBare({ bakeMs, maxFailures, checks = [] }: PlannedWave): boolean {
  return bakeMs + maxFailures + checks.length === 0;
}

/** Each step behind those that it waits for, else as they come. */
function inOrder(steps: readonly PlanStep[]): readonly PlanStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const sorted = new Set<PlanStep>();
  const opened = new Set<PlanStep>();
  const stack = steps.toReversed();
  for (let step = stack.at(-1); step !== undefined; step = stack.at(-1)) {
    if (opened.has(step)) {
      stack.pop();
      sorted.add(step);
      continue;
    }
    opened.add(step);
    const waiting = step.after
      .flatMap((id) => byId.get(id) ?? [])
      .filter((other) => !sorted.has(other) && !opened.has(other));
    stack.push(...waiting.toReversed());
  }
  return [...sorted];
}
