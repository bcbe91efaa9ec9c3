/** What a `*.bench.ts` file exports as `bench`. */
export interface Bench {
  /** What is typed after `pnpm bench`; the file's name. */
  readonly name: string;
  readonly cases: readonly BenchCase[];
}

export interface BenchCase {
  /** What is measured, with its size. */
  readonly name: string;
  /** The unit of both measurements. */
  readonly unit: string;
  /** What it is measured against, in the same run: absolute times say little on another machine. */
  readonly against: string;
  /** The most that the measurement may be, as a multiple of what it is measured against. */
  readonly target: number;
  /** Makes what both sides need, once; returns the two sides. */
  prepare(): Promise<Sides>;
  /** Rounds of both sides in turn. @default 5 */
  readonly rounds?: number | undefined;
}

/** Two measurements in one unit. Each does the work once and returns how much it took. */
export interface Sides {
  readonly ours: () => Promise<number>;
  readonly against: () => Promise<number>;
}

/**
 * Milliseconds of processor time that some work takes, of all threads: for work that waits for nothing. Unlike the
 * clock on the wall it does not count what else the machine is doing.
 */
export async function cpuTime(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
