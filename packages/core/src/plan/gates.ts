/** Gates between waves: what belongs to a later wave waits until an earlier one is through and has baked. */
import { countOf } from "./plain-text.ts";
import type { PlanStep } from "./plan.ts";
import { sayDuration } from "./say-duration.ts";

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
 * known what belongs to the wave, and the gates become steps at the end. A wave in which nothing moves has a gate where
 * a verifier that it has a link to is narrowed, and there is something to wait for: a bake, or checks.
 */
export class Gates {
  readonly #waves: PlannedWave[];
  readonly #ordered: number;
  readonly #waveOf: ReadonlyMap<string, number>;
  readonly #of = new Map<number, string[]>();
  /** What gates wait for besides their own steps. */
  readonly #behind = new Map<number, string[]>();

  constructor(waves: readonly PlannedWave[]) {
    const isPlain = waves.length < 2 && waves.every(isBare);
    this.#waves = isPlain ? [] : [...waves];
    this.#ordered = this.#waves.length;
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
    return wave > 0 && wave < this.#ordered ? [this.gateOf(wave - 1)] : [];
  }

  /** All gates that are behind one that `before` names: who waits for it has waited for these. */
  allBefore(wave: number): readonly string[] {
    return wave < this.#ordered ? Array.from({ length: Math.max(0, wave) }, (_, at) => this.gateOf(at)) : [];
  }

  /** Whether the gate takes time, so that what was proved before it says little behind it. */
  takesTime(gate: string): boolean {
    const { bakeMs, checks = [] } = this.#waves[Number(gate.slice("gate ".length))] as PlannedWave;
    return bakeMs > 0 || checks.length > 0;
  }

  /** One wave in place of several that can't be kept apart: the longest bake, all checks, the fewest failures. */
  merge(waves: ReadonlySet<number>): number {
    const all = [...waves].toSorted((a, b) => a - b).map((wave) => this.#waves[wave] as PlannedWave);
    const checks = new Set(all.flatMap((wave) => wave.checks ?? []));
    this.#waves.push({
      name: all.map(({ name }) => name).join(" and "),
      members: new Set(all.flatMap(({ members }) => [...members])),
      bakeMs: Math.max(0, ...all.map(({ bakeMs }) => bakeMs)),
      maxFailures: Math.min(...all.map(({ maxFailures }) => maxFailures)),
      ...(checks.size === 0 ? {} : { checks: [...checks] }),
    });
    return this.#waves.length - 1;
  }

  /** A wave in which nothing moves here is waited for all the same, and begins behind these steps. */
  hold(wave: number, behind: readonly string[]): void {
    if (!this.takesTime(this.gateOf(wave))) return;
    this.add(wave, []);
    this.#behind.set(wave, [...(this.#behind.get(wave) ?? []), ...behind]);
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
      const named = Number(id.slice("gate ".length));
      for (let wave = named; wave >= 0; wave -= 1) {
        if (this.#of.has(wave)) return [this.gateOf(wave)];
        if (named >= this.#ordered) break;
      }
      return [];
    });
    return [...new Set(resolved)];
  }

  #gate(index: number, of: readonly string[]): PlanStep {
    const { name, bakeMs, maxFailures, checks } = this.#waves[index] as PlannedWave;
    const bake = bakeMs === 0 ? "" : `, then bake for ${sayDuration(bakeMs)}`;
    const watched = checks === undefined ? "" : `, watched by ${checks.join(", ")}`;
    return {
      id: this.gateOf(index),
      after: [...new Set([...of, ...(this.#behind.get(index) ?? []), ...this.before(index)])],
      kind: "wave",
      phase: "wave",
      summary: `wave ${name} is through with at most ${countOf(maxFailures, "failure")}${bake}${watched}`,
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
