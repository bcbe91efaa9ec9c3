/** One text that several processes change by compare-and-swap only. What leases are kept in. */
export interface Register {
  /** Names the place for a person: a file, an object of a store. */
  readonly where: string;
  /**
   * The text, and what names this state of it; undefined when nothing was ever written.
   *
   * @throws HandfastError `FILE_UNREADABLE`
   */
  read(): Promise<StoredText | undefined>;
  /** What names the state that it has now; cheaper than to read it. */
  version(): Promise<string | undefined>;
  /**
   * Puts a text in place of the version that was read; undefined: of nothing. Answers with what names the new state;
   * undefined when it is not that version any more. It may say so of a swap that was done too: when its own answer was
   * lost, and somebody went on from it since. So whoever is refused looks for its own mark before it tries again.
   *
   * @param text never the same twice
   * @throws HandfastError `JOURNAL_UNWRITABLE`: then it is not known whether it was done
   */
  swap(version: string | undefined, text: string): Promise<string | undefined>;
}

/** A text, and what names this state of it: the next state has another name. */
export interface StoredText {
  readonly version: string;
  readonly text: string;
}
