import type { Clock, Journal } from "@handfast/core";

/** A process that can die: at once, without a word, and nobody is told but whoever asks. */
export interface Mortal {
  isDead(): boolean;
  die(): void;
  /** Resolves when it has died. */
  readonly died: Promise<void>;
  /** What the process awaits: it never comes back once the process is dead. */
  outlive<T>(work: () => Promise<T>): Promise<T>;
  clock(clock: Clock): Clock;
  /** The journal on its side. What it holds is let go of at its death, as by the operating system. */
  journal(journal: Journal): Journal;
  fetch(): typeof globalThis.fetch;
}

/** Starts one that lives. */
export function startMortal(): Mortal {
  const end = new AbortController();
  const open = new Set<{ close(): Promise<void> }>();
  let tell = (): void => undefined;
  const died = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const never = <T>(): Promise<T> => new Promise(() => undefined);
  const outlive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (end.signal.aborted) return never();
    try {
      const result = await work();
      return end.signal.aborted ? await never() : result;
    } catch (error) {
      if (end.signal.aborted) return never();
      throw error;
    }
  };
  return {
    isDead: () => end.signal.aborted,
    die: () => {
      if (end.signal.aborted) return;
      end.abort();
      for (const writer of open) void writer.close().catch(() => undefined);
      tell();
    },
    died,
    outlive,
    clock: (clock) => ({
      now: () => clock.now(),
      sleep: (ms, signal) =>
        outlive(() =>
          clock.sleep(ms, signal === undefined ? end.signal : AbortSignal.any([signal, end.signal])),
        ),
    }),
    journal: (journal) => ({
      open: (run, claim) =>
        outlive(async () => {
          const writer = await journal.open(run, claim);
          open.add(writer);
          const close = () => outlive(() => writer.close());
          return {
            fence: writer.fence,
            evicted: writer.evicted,
            lost: writer.lost,
            check: () => outlive(() => writer.check()),
            append: (entry) => outlive(() => writer.append(entry)),
            close,
            [Symbol.asyncDispose]: close,
          };
        }),
      read: (run) => outlive(() => journal.read(run)),
      runs: () => outlive(() => journal.runs()),
      blobs: {
        put: (bytes) => outlive(() => journal.blobs.put(bytes)),
        get: (digest) => outlive(() => journal.blobs.get(digest)),
      },
    }),
    fetch: () => (input, init) => outlive(() => fetch(input, init)),
  };
}
