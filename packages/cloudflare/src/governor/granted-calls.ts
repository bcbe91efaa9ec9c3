/** When calls were let go: as many as the longest window needs. */
export class GrantedCalls {
  #times: number[] = [];
  #total = 0;

  /** How many there were, ever. */
  get total(): number {
    return this.#total;
  }

  /** Notes calls, and forgets those from before `forgetBefore`. Times never fall. */
  add(calls: number, at: number, forgetBefore: number): void {
    const first = this.#indexOf(forgetBefore);
    // cutting off the front costs as much as what stays, so it is done when it halves the list
    if (first > 64 && first > this.#times.length / 2) this.#times = this.#times.slice(first);
    for (let call = 0; call < calls; call += 1) this.#times.push(at);
    this.#total += calls;
  }

  /** How many were let go at `time` or later. */
  since(time: number): number {
    return this.#times.length - this.#indexOf(time);
  }

  /** Index of the first that is not before `time`. */
  #indexOf(time: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] as number) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
