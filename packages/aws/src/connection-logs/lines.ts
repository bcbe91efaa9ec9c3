import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const lineFeed = 0x0a;

/** What is read of a file at most. */
export interface LineLimits {
  /** Bytes in a line; undefined stands for one that has more. */
  readonly line: number;
  /** Called for bytes as they come, uncompressed; false ends the reading: a few bytes of gzip may hold gigabytes. */
  spend(bytes: number): boolean;
}

/** A line that is so many times as long as one may be is no line: what follows it is not looked for. */
const mostFold = 32;

/**
 * The lines of a file that may be compressed with gzip, as they come: neither the file nor a long line is ever held whole.
 * Throws what the source throws, and zlib's error (`Z_…`) where the compression breaks off.
 *
 * @returns true when that was all of it
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  { line: most, spend }: LineLimits,
): AsyncGenerator<string | undefined, boolean> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array): void => {
    size += part.byteLength;
    if (size <= most) parts.push(part);
    else parts = [];
  };
  const take = (): string | undefined => {
    const line = size > most ? undefined : new TextDecoder().decode(Buffer.concat(parts)).replace(/\r$/, "");
    parts = [];
    size = 0;
    return line;
  };
  for await (const chunk of await unzipped(source)) {
    if (!spend(chunk.byteLength) || size > most * mostFold) return false;
    let begin = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, begin)) {
      add(chunk.subarray(begin, end));
      begin = end + 1;
      yield take();
    }
    // a copy: zlib fills the same memory again
    if (begin < chunk.byteLength) add(chunk.slice(begin));
  }
  if (size > 0) yield take();
  return true;
}

/** Whether an error says that a file is not the gzip that it began as. */
export function isTorn(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

/** Told by the first two bytes (RFC 1952, 2.3.1), whatever the file is called. */
async function unzipped(source: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const chunks = source[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array();
  while (head.byteLength < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = joined(head, chunks);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return whole;
  // the callback is for nobody: a failure reaches whoever reads the answer
  return pipeline(Readable.from(whole, { objectMode: true }), createGunzip(), () => undefined);
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
