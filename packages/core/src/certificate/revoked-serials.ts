import type { RevokedEntries } from "./revoked-entries.ts";

/** What the methods of ES sets take. */
interface SetLike<T> {
  readonly size: number;
  has(value: T): boolean;
  keys(): Iterator<T>;
}

/**
 * The serials of a CRL as a set that nobody can change. The strings are made when somebody asks; what a set of its own
 * is made of (`union` and its like) is a real one.
 */
export class RevokedSerials implements ReadonlySet<string> {
  readonly #entries: RevokedEntries;

  constructor(entries: RevokedEntries) {
    this.#entries = entries;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether a serial is among them, in any of the spellings that `normaliseSerial` takes; false for what is none. */
  has(serial: string): boolean {
    if (typeof serial !== "string") return false;
    try {
      return this.#entries.has(serial);
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  }

  forEach(
    visit: (value: string, again: string, set: ReadonlySet<string>) => void,
    thisArgument?: unknown,
  ): void {
    for (const serial of this) visit.call(thisArgument, serial, serial, this);
  }

  [Symbol.iterator](): SetIterator<string> {
    return this.#entries.serials();
  }

  keys(): SetIterator<string> {
    return this.#entries.serials();
  }

  values(): SetIterator<string> {
    return this.#entries.serials();
  }

  *entries(): SetIterator<[string, string]> {
    for (const serial of this) yield [serial, serial];
  }

  union<U>(other: SetLike<U>): Set<string | U> {
    return new Set<string | U>([...this, ...eachOf(other)]);
  }

  intersection<U>(other: SetLike<U>): Set<string & U> {
    const isBoth = (serial: string): serial is string & U => other.has(serial as never);
    return new Set([...this].filter(isBoth));
  }

  difference<U>(other: SetLike<U>): Set<string> {
    return new Set([...this].filter((serial) => !other.has(serial as never)));
  }

  symmetricDifference<U>(other: SetLike<U>): Set<string | U> {
    const strange = [...eachOf(other)].filter((value) => !this.has(value as never));
    return new Set<string | U>([...this.difference(other), ...strange]);
  }

  isSubsetOf(other: SetLike<unknown>): boolean {
    if (this.size > other.size) return false;
    for (const serial of this) if (!other.has(serial)) return false;
    return true;
  }

  isSupersetOf(other: SetLike<unknown>): boolean {
    if (this.size < other.size) return false;
    for (const value of eachOf(other)) if (!this.has(value as never)) return false;
    return true;
  }

  isDisjointFrom(other: SetLike<unknown>): boolean {
    for (const serial of this) if (other.has(serial)) return false;
    return true;
  }
}

/** The values of what is like a set; its keys are an iterator, and need not be iterable. */
function* eachOf<T>(other: SetLike<T>): Generator<T, void, undefined> {
  const values = other.keys();
  for (let next = values.next(); next.done !== true; next = values.next()) yield next.value;
}
