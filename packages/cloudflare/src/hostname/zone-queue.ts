/** Runs the writes of each zone one after the other: Cloudflare answers 409 to two at once. */
export class ZoneQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` after everything that was given for the same zone, whether that went well or not. */
  run<T>(zone: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(zone) ?? Promise.resolve();
    const result = before.then(work, work);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(zone, settled);
    void settled.then(() => {
      if (this.#last.get(zone) === settled) this.#last.delete(zone);
    });
    return result;
  }
}
