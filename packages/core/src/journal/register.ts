/** One text that several processes change by compare-and-swap only. What leases are kept in. */
export interface Register {
  /** Names the place for a person: a file, an object of a store. */
  readonly where: string;
  /**
   * The text, and what names this state of it; undefined when nothing was ever written.
   *
   * @throws HandfastError `FILE_UNREADABLE`, `REMOTE_*`
   */
  read(): Promise<{ readonly version: string; readonly text: string } | undefined>;
  /** What names the state that it has now; cheaper than to read it. */
  version(): Promise<string | undefined>;
  /**
   * Puts a text in place of the version that was read; undefined: of nothing. False when it is not that any more. A
   * swap whose answer was lost is known again by its text, which is never the same twice.
   *
   * @throws HandfastError `JOURNAL_UNWRITABLE`, `REMOTE_*`: then it is not known whether it was done
   */
  swap(version: string | undefined, text: string): Promise<boolean>;
}

/** A register that lives as long as the process. */
export function memoryRegister(): Register {
  let count = 0;
  let now: string | undefined;
  const versionNow = (): string | undefined => (now === undefined ? undefined : String(count));
  return {
    where: "memory",
    read: async () => (now === undefined ? undefined : { version: String(count), text: now }),
    version: async () => versionNow(),
    swap: async (version, text) => {
      if (version !== versionNow()) return false;
      count += 1;
      now = text;
      return true;
    },
  };
}
